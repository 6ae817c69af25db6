/**
 * Looks into guests, one loop for all domains: each at its own moment of the interval, one look at a time into each, a bounded number
 * in all. What is seen goes to the judge; why nothing is seen, too.
 */
import type { Clock } from '../../events/clock.ts';
import type { PerceptionEvent } from '../events.ts';
import type { ProberOptions } from '../prober.ts';
import { createAppProber, type AppProber } from './app-prober.ts';
import type { DeclaredApp } from './declared.ts';
import type { GuestHealth } from './guest-health.ts';
import { createHelperGate, type HelperGate } from './helper-gate.ts';
import type { WatchableDomain } from './hold.ts';
import { isLasting, type GuestLook } from './look.ts';
import { createMutes, type Mutes } from './mutes.ts';
import { phase } from '../phase.ts';
import { isOfTheHelper, noHelperOn, type GuestSource } from './source.ts';
import type { DomainInput } from './supervise.ts';
import { createAppsView } from './supervisor-view.ts';
import type { AppsView } from './view.ts';
import { judge, newWatched, redeclare, type Watched } from './watched.ts';

export interface SupervisorOptions {
  clock: Clock;
  source: GuestSource;
  intervalMs: number;
  /** Every domain that there is. */
  domains(): readonly WatchableDomain[];
  declared(domain: WatchableDomain): readonly DeclaredApp[];
  /** State, fault or basis of an app's verdict is another one, or the app is no longer declared. Called synchronously; must not throw. */
  onAppChanged(uuid: string, app: string): void;
  /** After each look as long as there is something to tell, and once more when there no longer is. Must not throw. */
  onGuestHealth(host: string, uuid: string, health: GuestHealth): void;
  onInfo(text: string): void;
  onWarning(text: string, error?: unknown): void;
  /** Runs one probe; for tests. */
  runProbe?: NonNullable<ProberOptions['run']>;
}

export interface Supervisor {
  readonly view: AppsView;
  start(): void;
  stop(): void;
  /** Domains or what is declared for them may be others. */
  refresh(): void;
  onPerception(event: PerceptionEvent): void;
  setInterval(intervalMs: number): void;
  /** An operation of our own on an app, or with `app` null on its domain, is under way. `untilMs`, monotonic: by then it is over in any case. */
  mute(uuid: string, app: string | null, untilMs: number, why: string): void;
  unmute(uuid: string, app: string | null): void;
}

/** All that the loop works on. */
export interface Loop {
  options: SupervisorOptions;
  intervalMs: number;
  known: Map<string, WatchableDomain>;
  watched: Map<string, Watched>;
  /** Looks that have not ended, by domain, also where the domain is no longer watched. */
  underWay: Map<string, { isWarm: boolean }>;
  gate: HelperGate;
  prober: AppProber;
  mutes: Mutes;
  readable: { domains: ReadonlySet<string>; dueMs: number; isUnderWay: boolean };
  refreshDueMs: number;
  lastRefreshMs: number;
  epochs: number;
  timer: { atMs: number; cancel(): void } | null;
  /** Something is due and waits for one of the places. */
  isWaiting: boolean;
  isRunning: boolean;
}

/** Looks at once, so that the helper has room for orders of people and for actions. */
const MOST_UNDER_WAY = 4;
/** Of them such as may take long: the guest is not open yet, or gives no list. */
const MOST_COLD = 2;
/** A helper ends what takes longer by itself. */
const LATE_MS = 20_000;
const LONGEST_REFUSED_MS = 60_000;
/** How often a verdict is told again why nobody looks. */
const IDLE_MS = 10_000;
const REFRESH_MS = 10_000;
/** Many events make one refresh. */
const LEAST_REFRESH_MS = 250;
const READABLE_MS = 30_000;
const LEAST_STEP_MS = 20;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const loop = newLoop(options);
  return {
    view: createAppsView(loop),
    start() {
      loop.isRunning = true;
      wake(loop, 0);
    },
    stop() {
      loop.isRunning = false;
      loop.timer?.cancel();
      loop.timer = null;
      loop.prober.stop();
    },
    refresh: () => refreshSoon(loop),
    onPerception: (event) => onPerception(loop, event),
    setInterval(intervalMs) {
      loop.intervalMs = intervalMs;
      const nowMs = options.clock.monotonicMs();
      for (const [uuid, watched] of loop.watched) if (!loop.underWay.has(uuid)) watched.dueMs = Math.min(watched.dueMs, nowMs + phase(uuid) * intervalMs);
      wake(loop, 0);
    },
    mute(uuid, app, untilMs, why) {
      loop.mutes.set(uuid, app, { untilMs, why });
      interrupt(loop, uuid, { kind: 'muted', app, atMs: options.clock.monotonicMs(), untilMs, why });
    },
    unmute(uuid, app) {
      loop.mutes.end(uuid, app);
      interrupt(loop, uuid, { kind: 'unmuted', app, atMs: options.clock.monotonicMs() });
    },
  };
}

function newLoop(options: SupervisorOptions): Loop {
  const { clock, intervalMs, onInfo, onWarning, runProbe } = options;
  const loop: Loop = {
    options,
    intervalMs,
    known: new Map(),
    watched: new Map(),
    underWay: new Map(),
    gate: createHelperGate({
      clock,
      onLost: ({ reason, text }) => onWarning(`guests cannot be looked into, apps in them are unknown: ${reason}: ${text}`),
      onBack: () => onInfo('the guest helper answers again'),
    }),
    prober: createAppProber({
      clock,
      ...(runProbe && { run: runProbe }),
      onOutcome: (uuid, app, outcome) => feedProbe(loop, uuid, { kind: 'probe', app, outcome }),
    }),
    mutes: createMutes(),
    readable: { domains: new Set(), dueMs: 0, isUnderWay: false },
    refreshDueMs: 0,
    lastRefreshMs: -Infinity,
    epochs: 0,
    timer: null,
    isWaiting: false,
    isRunning: false,
  };
  return loop;
}

/** The loop turns at `atMs`, or before. */
function wake(loop: Loop, atMs: number): void {
  if (!loop.isRunning || (loop.timer !== null && loop.timer.atMs <= atMs)) return;
  loop.timer?.cancel();
  const { clock } = loop.options;
  loop.timer = { atMs, cancel: clock.after(Math.max(0, atMs - clock.monotonicMs()), () => turn(loop)) };
}

function turn(loop: Loop): void {
  loop.timer = null;
  loop.isWaiting = false;
  const nowMs = loop.options.clock.monotonicMs();
  if (nowMs >= loop.refreshDueMs) refresh(loop, nowMs);
  askReadable(loop, nowMs);
  const due = [...loop.watched.values()].filter(({ dueMs }) => dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs);
  for (const watched of due) step(loop, watched, nowMs);
  let nextMs = loop.refreshDueMs;
  for (const { dueMs } of loop.watched.values()) if (dueMs > nowMs && dueMs < nextMs) nextMs = dueMs;
  wake(loop, Math.max(nextMs, nowMs + LEAST_STEP_MS));
}

const TELL_OF_DOMAINS: ReadonlySet<PerceptionEvent['kind']> = new Set(['domain_lifecycle', 'domain_listed', 'domain_listed_change', 'host_state']);

function onPerception(loop: Loop, event: PerceptionEvent): void {
  if (event.kind === 'domain_rebooted') restarted(loop, event);
  // What is restored, resumed or moved here goes on where it was.
  if (event.kind === 'domain_lifecycle' && event.change === 'started' && event.detail === 'booted') restarted(loop, event);
  if (TELL_OF_DOMAINS.has(event.kind)) refreshSoon(loop);
}

function restarted(loop: Loop, { uuid, host }: { uuid: string; host: string }): void {
  const watched = loop.watched.get(uuid);
  if (watched === undefined || watched.domain.host !== host) return;
  watched.refusals = 0;
  watched.isWarm = false;
  loop.prober.rebooted(uuid, watched.declared);
  interrupt(loop, uuid, { kind: 'rebooted', atMs: loop.options.clock.monotonicMs() });
}

/** What a look under way shows is of before this. */
function interrupt(loop: Loop, uuid: string, input: DomainInput): void {
  const watched = loop.watched.get(uuid);
  if (watched === undefined) return;
  watched.epoch = ++loop.epochs;
  feed(loop, watched, input);
  lookSoon(loop, watched);
}

function lookSoon(loop: Loop, watched: Watched): void {
  if (loop.underWay.has(watched.domain.uuid)) return;
  watched.dueMs = Math.min(watched.dueMs, loop.options.clock.monotonicMs());
  wake(loop, watched.dueMs);
}

function refreshSoon(loop: Loop): void {
  loop.refreshDueMs = Math.min(loop.refreshDueMs, Math.max(loop.options.clock.monotonicMs(), loop.lastRefreshMs + LEAST_REFRESH_MS));
  wake(loop, loop.refreshDueMs);
}

function refresh(loop: Loop, nowMs: number): void {
  loop.lastRefreshMs = nowMs;
  loop.refreshDueMs = nowMs + REFRESH_MS;
  loop.known = new Map(loop.options.domains().map((domain) => [domain.uuid, domain]));
  for (const uuid of [...loop.watched.keys()]) if (!loop.known.has(uuid)) drop(loop, uuid);
  for (const domain of loop.known.values()) {
    const declared = loop.options.declared(domain);
    const watched = loop.watched.get(domain.uuid);
    if (declared.length === 0 && !loop.readable.domains.has(domain.uuid)) drop(loop, domain.uuid);
    else if (watched === undefined) add(loop, domain, declared, nowMs);
    else update(loop, watched, domain, declared, nowMs);
  }
  loop.mutes.forgetEnded(nowMs);
}

function add(loop: Loop, domain: WatchableDomain, declared: readonly DeclaredApp[], nowMs: number): void {
  const { uuid } = domain;
  const watched = newWatched(domain, declared, nowMs + phase(uuid) * loop.intervalMs);
  watched.epoch = ++loop.epochs;
  loop.watched.set(uuid, watched);
  loop.prober.watch(domain, declared);
  for (const { app, untilMs, why } of loop.mutes.of(uuid, nowMs)) feed(loop, watched, { kind: 'muted', app, atMs: nowMs, untilMs, why });
}

function update(loop: Loop, watched: Watched, domain: WatchableDomain, declared: readonly DeclaredApp[], nowMs: number): void {
  const before = watched.domain;
  const ended = redeclare(watched, declared);
  watched.domain = domain;
  loop.prober.forget(domain.uuid, ended);
  loop.prober.watch(domain, declared);
  for (const app of ended) loop.options.onAppChanged(domain.uuid, app);
  if (before.host === domain.host && before.hold?.reason === domain.hold?.reason) return;
  watched.epoch = ++loop.epochs;
  watched.refusals = 0;
  watched.isWarm &&= before.host === domain.host;
  if (!loop.underWay.has(domain.uuid)) watched.dueMs = nowMs;
  else if (domain.hold !== null) feed(loop, watched, unknown(nowMs, domain.hold.reason, domain.hold.text));
}

function drop(loop: Loop, uuid: string): void {
  const watched = loop.watched.get(uuid);
  if (watched === undefined) return;
  const names = watched.declared.map(({ app }) => app.name);
  loop.watched.delete(uuid);
  loop.prober.forget(uuid, names);
  for (const name of names) loop.options.onAppChanged(uuid, name);
}

/** What is done for a domain whose moment has come. */
function step(loop: Loop, watched: Watched, nowMs: number): void {
  const { uuid, host, hold } = watched.domain;
  const { gate, intervalMs, underWay, options } = loop;
  const tell = (reason: string, text: string, againMs: number): void => {
    watched.dueMs = nowMs + againMs;
    feed(loop, watched, unknown(nowMs, reason, text));
  };
  if (hold !== null) tell(hold.reason, hold.text, IDLE_MS);
  else if (underWay.has(uuid)) tell('helper-silent', `the look that began has not ended within ${LATE_MS / 1000} s`, LATE_MS);
  else if (!isLookedInto(loop, watched)) watched.dueMs = nowMs + IDLE_MS;
  else if (!options.source.hasHelper(host)) tell('no-helper', noHelperOn(host), IDLE_MS);
  else if (!gate.admits(underWay.size)) tell(gate.trouble?.reason ?? 'no-look', gate.trouble?.text ?? '', Math.max(intervalMs, Math.min(gate.waitMs(), IDLE_MS)));
  else if (hasPlace(loop, watched)) void look(loop, watched, nowMs);
  else wait(loop, watched, nowMs);
}

function isLookedInto(loop: Loop, { domain, declared }: Watched): boolean {
  return loop.readable.domains.has(domain.uuid) || declared.some(({ app }) => app.match !== undefined);
}

function hasPlace({ underWay }: Loop, { isWarm }: Watched): boolean {
  if (underWay.size >= MOST_UNDER_WAY) return false;
  return isWarm || [...underWay.values()].filter((look) => !look.isWarm).length < MOST_COLD;
}

/** It stays due, and is the next one where it is so for the longest time. */
function wait(loop: Loop, watched: Watched, nowMs: number): void {
  loop.isWaiting = true;
  const lastMs = watched.latest?.atMs ?? watched.dueMs;
  if (nowMs - lastMs >= LATE_MS) feed(loop, watched, unknown(nowMs, 'no-look', 'the guest helper is busy with other guests'));
}

async function look(loop: Loop, watched: Watched, startedMs: number): Promise<void> {
  const { source } = loop.options;
  const { epoch, isWarm } = watched;
  const { uuid, host } = watched.domain;
  loop.underWay.set(uuid, { isWarm });
  watched.dueMs = startedMs + LATE_MS;
  const seen = await source.look(uuid, host).catch((error: unknown) => unknown(startedMs, 'internal', String(error)).look);
  loop.underWay.delete(uuid);
  if (!loop.isRunning) return;
  if (seen.kind === 'unknown' && isOfTheHelper(seen.reason)) loop.gate.failed(seen, startedMs);
  else loop.gate.answered();
  const current = loop.watched.get(uuid);
  if (current?.epoch === epoch) took(loop, current, seen, startedMs);
  else if (current !== undefined) current.dueMs = loop.options.clock.monotonicMs();
  wake(loop, loop.isWaiting ? loop.options.clock.monotonicMs() : (current?.dueMs ?? Infinity));
}

function took(loop: Loop, watched: Watched, seen: GuestLook, startedMs: number): void {
  const isRefused = seen.kind === 'unknown' && isLasting(seen.reason);
  watched.isWarm = seen.kind === 'list';
  watched.refusals = isRefused ? watched.refusals + 1 : 0;
  const pauseMs = Math.min(Math.max(LONGEST_REFUSED_MS, loop.intervalMs), loop.intervalMs * 2 ** Math.min(watched.refusals, 10));
  watched.dueMs = Math.max(loop.options.clock.monotonicMs(), startedMs + pauseMs);
  if (seen.kind === 'list') watched.toldReason = null;
  else if (isRefused && watched.toldReason !== seen.reason) {
    watched.toldReason = seen.reason;
    loop.options.onWarning(`the guest of domain ${watched.domain.name} on host ${watched.domain.host} is not looked into: ${seen.reason}: ${seen.text}`);
  }
  feed(loop, watched, { kind: 'look', look: seen });
}

function feedProbe(loop: Loop, uuid: string, input: DomainInput): void {
  const watched = loop.watched.get(uuid);
  if (watched !== undefined) feed(loop, watched, input);
}

function feed(loop: Loop, watched: Watched, input: DomainInput): void {
  const { onAppChanged, onGuestHealth, onWarning } = loop.options;
  const { uuid, name, host } = watched.domain;
  const had = watched.verdict.guest;
  try {
    const { changed, health } = judge(watched, input);
    for (const app of changed) onAppChanged(uuid, app);
    const isTold = [had.panicked, had.frozen, health.panicked, health.frozen].some((proof) => proof !== null);
    if (isTold) onGuestHealth(host, uuid, health);
  } catch (error) {
    onWarning(`what was observed of the apps in domain ${name} could not be judged`, error);
  }
}

function askReadable(loop: Loop, nowMs: number): void {
  const { readable, gate, options } = loop;
  if (nowMs < readable.dueMs || readable.isUnderWay || !gate.admits(loop.underWay.size)) return;
  readable.isUnderWay = true;
  readable.dueMs = nowMs + READABLE_MS;
  options.source
    .readable()
    .then((domains) => {
      gate.answered();
      for (const uuid of domains) if (!readable.domains.has(uuid)) unrefuse(loop, uuid);
      readable.domains = domains;
      refreshSoon(loop);
    })
    .catch((error: Error & { reason?: string }) => {
      if (error.reason !== undefined && isOfTheHelper(error.reason)) gate.failed({ reason: error.reason, text: error.message }, nowMs);
    })
    .finally(() => (readable.isUnderWay = false));
}

/** It was not opted in before. */
function unrefuse(loop: Loop, uuid: string): void {
  const watched = loop.watched.get(uuid);
  if (watched === undefined || watched.refusals === 0) return;
  watched.refusals = 0;
  lookSoon(loop, watched);
}

function unknown(atMs: number, reason: string, text: string): DomainInput & { kind: 'look' } {
  return { kind: 'look', look: { kind: 'unknown', atMs, reason, text, boot: null, liveness: null } };
}
