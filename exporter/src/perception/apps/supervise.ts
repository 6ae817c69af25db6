/**
 * All apps of one domain, from observation to observation: what a look shows is handed to each of them, and a boot of the guest
 * begins all of them anew. Pure; the state is plain data of bounded size.
 */
import { MOST_APPS_OF_A_DOMAIN, type AppDeclaration } from '../../config/apps.ts';
import { guestHealth, judgeGuest, newGuestHealth, type GuestHealth, type GuestHealthState } from './guest-health.ts';
import { guestTime, isNewBoot, type GuestTime } from './guest-time.ts';
import { judgeApp, newAppState, type AppInput, type AppState } from './judge.ts';
import { hasInit, type GuestLook, type ListLook, type UnknownLook } from './look.ts';
import { createMatcher, type Matcher } from './match.ts';
import { identity } from './members.ts';
import type { ProbeOutcome } from './probes.ts';
import type { AppVerdict } from './verdict.ts';

export type DomainInput =
  | { kind: 'look'; look: GuestLook }
  | { kind: 'probe'; app: string; outcome: ProbeOutcome }
  | { kind: 'rebooted'; atMs: number }
  /** `app` null: all of them, and the guest. */
  | { kind: 'muted'; app: string | null; atMs: number; untilMs: number; why: string }
  | { kind: 'unmuted'; app: string | null; atMs: number };

export interface DomainAppsState {
  time: GuestTime | null;
  /** The guest left this boot, but its memory may look like it until another kernel is there. */
  leftBoot: string | null;
  guest: GuestHealthState;
  /** The guest's own health is not judged until then: it is held or handled by us. Monotonic. */
  guestMutedUntilMs: number | null;
  apps: ReadonlyMap<string, AppState>;
}

export interface DomainVerdict {
  apps: ReadonlyMap<string, AppVerdict>;
  guest: GuestHealth;
}

export interface Supervised {
  readonly apps: readonly AppDeclaration[];
  readonly matcher: Matcher;
}

/** The apps that are declared for one domain; names are unique, the first of two rules. */
export function supervise(declared: readonly AppDeclaration[]): Supervised {
  const apps = new Map<string, AppDeclaration>();
  for (const app of declared) if (!apps.has(app.name) && apps.size < MOST_APPS_OF_A_DOMAIN) apps.set(app.name, app);
  return { apps: [...apps.values()], matcher: createMatcher([...apps.values()]) };
}

export function newDomainApps(): DomainAppsState {
  return { time: null, leftBoot: null, guest: newGuestHealth(), guestMutedUntilMs: null, apps: new Map() };
}

/** Takes in one observation. Apps that are no longer declared are forgotten, new ones begin. */
export function judgeDomain(supervised: Supervised, before: DomainAppsState, input: DomainInput): { state: DomainAppsState; verdict: DomainVerdict } {
  switch (input.kind) {
    case 'look':
      return input.look.kind === 'list' ? list(supervised, before, input.look) : unknown(supervised, before, input.look);
    case 'probe':
      return toApps(supervised, before, (name) => (name === input.app ? { kind: 'probe', ...input.outcome } : null), input.outcome.atMs);
    case 'rebooted': {
      const left = { ...before, leftBoot: before.time?.boot ?? before.leftBoot, guest: newGuestHealth() };
      return toApps(supervised, left, () => input, input.atMs);
    }
    case 'muted': {
      const { app, atMs, untilMs, why } = input;
      const held = app === null ? { ...before, guest: newGuestHealth(), guestMutedUntilMs: untilMs } : before;
      return toApps(supervised, held, (name) => (app === null || name === app ? { kind: 'muted', atMs, untilMs, why } : null), atMs);
    }
    case 'unmuted': {
      const { app, atMs } = input;
      const freed = app === null ? { ...before, guestMutedUntilMs: null } : before;
      return toApps(supervised, freed, (name) => (app === null || name === app ? { kind: 'unmuted', atMs } : null), atMs);
    }
  }
}

type Judged = ReturnType<typeof judgeDomain>;

function list(supervised: Supervised, before: DomainAppsState, look: ListLook): Judged {
  const nothing = (reason: string, text: string): Judged => unknown(supervised, before, { kind: 'unknown', atMs: look.atMs, reason, text, boot: look.boot, liveness: look.liveness });
  const time = guestTime(before.time, look);
  const hasTicked = before.time?.boot === look.boot && before.time.jiffies !== null && time.jiffies !== null && time.jiffies > before.time.jiffies;
  // A restart leaves memory as it was: the kernel that is seen in it may have ended.
  if (before.leftBoot === look.boot && !hasTicked) return nothing('not-up-yet', 'the guest restarts; what its memory shows is from before');
  if (!hasInit(look)) return nothing('not-up-yet', 'the guest has no first process yet');
  const isAnew = isNewBoot(before.time, time);
  const reset = isAnew ? toApps(supervised, before, () => ({ kind: 'rebooted', atMs: look.atMs }), look.atMs).state : before;
  const state = { ...reset, time, leftBoot: null, guest: isAnew ? newGuestHealth() : before.guest };
  const wasMember = memberships(state.apps);
  const matched = supervised.matcher.match(look.processes, (app, process) => wasMember.get(app)?.has(identity(process)) ?? false);
  const asInput = (name: string): AppInput | null => {
    const found = matched.get(name);
    return found === undefined ? null : { kind: 'list', atMs: look.atMs, ranMs: time.ranMs, upMs: time.upMs, matched: found, sockets: look.sockets };
  };
  return withGuest(toApps(supervised, state, asInput, look.atMs), look);
}

function unknown(supervised: Supervised, before: DomainAppsState, look: UnknownLook): Judged {
  const { atMs, reason, text } = look;
  return withGuest(
    toApps(supervised, before, () => ({ kind: 'unknown', atMs, reason, text }), atMs),
    before.leftBoot !== null && before.leftBoot === look.boot ? { ...look, liveness: null } : look,
  );
}

/** Processes of each app at its latest list, by identity. */
function memberships(apps: DomainAppsState['apps']): Map<string, Set<string>> {
  return new Map([...apps].map(([name, { members }]) => [name, new Set(members.map(identity))]));
}

/** Hands an input to each app; null: none to this one, whose verdict is asked for all the same. */
function toApps({ apps }: Supervised, before: DomainAppsState, inputOf: (name: string) => AppInput | null, atMs: number): Judged {
  const states = new Map<string, AppState>();
  const verdicts = new Map<string, AppVerdict>();
  for (const app of apps) {
    const { state, verdict } = judgeApp(app, before.apps.get(app.name) ?? newAppState(), inputOf(app.name) ?? { kind: 'passed', atMs });
    states.set(app.name, state);
    verdicts.set(app.name, verdict);
  }
  return { state: { ...before, apps: states }, verdict: { apps: verdicts, guest: guestHealth(before.guest) } };
}

function withGuest({ state, verdict }: Judged, look: GuestLook): Judged {
  const isMuted = state.guestMutedUntilMs !== null && look.atMs < state.guestMutedUntilMs;
  const guest = isMuted ? newGuestHealth() : judgeGuest(state.guest, look);
  return { state: { ...state, guest, guestMutedUntilMs: isMuted ? state.guestMutedUntilMs : null }, verdict: { ...verdict, guest: guestHealth(guest) } };
}
