/** One domain whose apps, or whose guest, are watched: what is declared, what was found, and when it is looked at again. */
import { probeName } from '../probe.ts';
import type { GuestHealth } from './guest-health.ts';
import type { DeclaredApp } from './declared.ts';
import type { WatchableDomain } from './hold.ts';
import type { GuestLook } from './look.ts';
import type { SeenResources } from './resources.ts';
import { judgeDomain, newDomainApps, supervise, type DomainAppsState, type DomainInput, type DomainVerdict, type Supervised } from './supervise.ts';
import type { AppVerdict } from './verdict.ts';
import type { AppStatus, GuestStatus } from './view.ts';

export interface Watched {
  domain: WatchableDomain;
  declared: readonly DeclaredApp[];
  supervised: Supervised;
  state: DomainAppsState;
  verdict: DomainVerdict;
  /** Monotonic time of the latest observation of each app. */
  atMs: Map<string, number>;
  /** The latest look, without its processes: they are many, and of no use any more. */
  latest: (Pick<GuestLook, 'kind' | 'atMs' | 'liveness'> & { resources: SeenResources | null; reason: string | null; text: string | null }) | null;
  /** In the latest list. */
  processes: number | null;
  lastListAtMs: number | null;
  /** Grows whenever what a look under way would show is of before something that it must not be taken for. */
  epoch: number;
  /** Monotonic time of the next look. */
  dueMs: number;
  /** Looks in a row that were refused for a lasting reason. */
  refusals: number;
  /** The lasting reason that was told of. */
  toldReason: string | null;
  /** The latest look gave a list: the next one takes little time. */
  isWarm: boolean;
}

export interface Judgement {
  /** Apps whose state, fault or basis is another one now, also those that are no longer declared. */
  changed: string[];
  health: GuestHealth;
}

const NOT_LOOKED_YET: AppVerdict = {
  state: 'unknown',
  fault: null,
  sinceMs: null,
  basis: null,
  evidence: [{ kind: 'unknown', reason: 'no-look', text: 'nobody has looked into the guest yet', forMs: 0 }],
  figures: null,
};

export function newWatched(domain: WatchableDomain, declared: readonly DeclaredApp[], dueMs: number): Watched {
  return {
    domain,
    declared,
    supervised: supervise(declared.map(({ app }) => app)),
    state: newDomainApps(),
    verdict: { apps: new Map(), guest: { panicked: null, frozen: null } },
    atMs: new Map(),
    latest: null,
    processes: null,
    lastListAtMs: null,
    epoch: 0,
    dueMs,
    refusals: 0,
    toldReason: null,
    isWarm: false,
  };
}

/** Takes in one observation. */
export function judge(watched: Watched, input: DomainInput): Judgement {
  const before = watched.verdict.apps;
  const { state, verdict } = judgeDomain(watched.supervised, watched.state, input);
  watched.state = state;
  watched.verdict = verdict;
  const atMs = input.kind === 'look' ? input.look.atMs : input.kind === 'probe' ? input.outcome.atMs : input.atMs;
  for (const name of verdict.apps.keys()) if (input.kind !== 'probe' || input.app === name) watched.atMs.set(name, atMs);
  if (input.kind === 'look') keep(watched, input.look);
  return { changed: changes(before, verdict.apps), health: verdict.guest };
}

function keep(watched: Watched, look: GuestLook): void {
  const { kind, atMs, liveness } = look;
  const isList = kind === 'list';
  watched.latest = { kind, atMs, liveness, resources: isList ? look.resources : null, reason: isList ? null : look.reason, text: isList ? null : look.text };
  watched.processes = isList ? look.processes.length : null;
  if (isList) watched.lastListAtMs = atMs;
}

/**
 * Takes in what is declared now. What is known of an app goes on as long as its declaration is the same.
 *
 * @returns apps that are no longer declared, or otherwise
 */
export function redeclare(watched: Watched, declared: readonly DeclaredApp[]): string[] {
  const before = new Map(watched.declared.map((one) => [one.app.name, one]));
  const isSame = declared.length === before.size && declared.every((one) => before.get(one.app.name)?.app === one.app && before.get(one.app.name)?.declaredBy === one.declaredBy);
  if (isSame) return [];
  const after = new Map(declared.map((one) => [one.app.name, one]));
  const ended = [...before].filter(([name, one]) => JSON.stringify(one) !== JSON.stringify(after.get(name))).map(([name]) => name);
  const apps = new Map(watched.state.apps);
  const verdicts = new Map(watched.verdict.apps);
  for (const name of ended) {
    apps.delete(name);
    verdicts.delete(name);
    watched.atMs.delete(name);
  }
  watched.declared = declared;
  watched.supervised = supervise(declared.map(({ app }) => app));
  watched.state = { ...watched.state, apps };
  watched.verdict = { ...watched.verdict, apps: verdicts };
  return ended;
}

export function appStatuses({ domain, declared, verdict, atMs }: Watched): AppStatus[] {
  return declared.map(({ app, declaredBy }) => ({
    host: domain.host,
    uuid: domain.uuid,
    domain: domain.name,
    app,
    declaredBy,
    verdict: verdict.apps.get(app.name) ?? NOT_LOOKED_YET,
    atMs: atMs.get(app.name) ?? 0,
  }));
}

/** See `AppsView.answeredAtMs`. */
export function probesAnsweredAtMs({ domain, declared, state }: Watched, name: string): number | null {
  const needed = new Set(declared.find(({ app }) => app.name === name)?.app.probes.map((probe) => probeName(probe, domain.name)));
  const answered = (state.apps.get(name)?.probes ?? []).filter((probe) => needed.has(probe.name) && probe.failures === 0);
  return needed.size === 0 || answered.length < needed.size ? null : Math.min(...answered.map(({ atMs }) => atMs));
}

export function guestStatus({ domain, latest, lastListAtMs, processes, verdict }: Watched): GuestStatus {
  const known = latest ?? { kind: 'unknown', liveness: null, resources: null, reason: 'no-look', text: 'nobody has looked into the guest yet' };
  return {
    host: domain.host,
    uuid: domain.uuid,
    domain: domain.name,
    reading: known.kind === 'list' ? 'ok' : 'unknown',
    reason: known.reason,
    text: known.text,
    lastListAtMs,
    processes,
    liveness: known.liveness,
    resources: known.resources,
    health: verdict.guest,
  };
}

function changes(before: ReadonlyMap<string, AppVerdict>, now: ReadonlyMap<string, AppVerdict>): string[] {
  const changed = [...now].filter(([name, verdict]) => isChanged(before.get(name) ?? NOT_LOOKED_YET, verdict)).map(([name]) => name);
  return [...changed, ...[...before.keys()].filter((name) => !now.has(name))];
}

function isChanged(before: AppVerdict, now: AppVerdict): boolean {
  return before.state !== now.state || before.fault !== now.fault || before.basis !== now.basis;
}
