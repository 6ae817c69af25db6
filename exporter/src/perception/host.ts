import type { Clock } from '../events/clock.ts';
import type { GuestHealth } from './apps/guest-health.ts';
import {
  subscribeDomainEvents,
  superviseConnection,
  type ConnectionState,
  type DomainRef,
  type SupervisedConnection,
} from '../libvirt/index.ts';
import { readCounters } from './counters.ts';
import { createFaults, type Counters, type HealthReport, type ProbeReport } from './faults.ts';
import { asRef, healthOf, noteHealth, noteSettings, setState, type HostContext, type HostWatchOptions } from './host-context.ts';
import { applyEvent } from './host-events.ts';
import { fetchDefinitions, list } from './host-listing.ts';
import { createProber, type ProbeOutcome } from './prober.ts';
import { startSampler } from './sampler.ts';
import { createTicker, type Ticker } from './ticker.ts';
import type { DomainSighting } from './view.ts';

export interface HostWatch {
  readonly connection: SupervisedConnection;
  /** One complete listing; resolves when the view has it, or when it failed. */
  sampleNow(): Promise<void>;
  setInterval(intervalMs: number): void;
  /** Asks `settingsFor` again for every domain. */
  settingsChanged(): void;
  health(sighting: DomainSighting): HealthReport;
  probes(uuid: string): ProbeReport[];
  /** What a look into a domain's guest shows of its kernel. */
  guestSeen(uuid: string, health: GuestHealth): void;
  stop(): Promise<void>;
}

/** Counters are asked of QEMU itself, which may not answer. */
const COUNTERS_DEADLINE_MS = 3_000;
/** Several events that ask for a listing make one. */
const LIST_SOON_MS = 100;

/**
 * Watches one host: keeps a connection, has libvirt report events, lists all domains at every connect and every interval,
 * runs the declared probes, samples what the domains do. A host that does not answer becomes `unreachable`; its domains keep
 * their last sightings, which the view then counts as unknown.
 */
export function watchHost(options: HostWatchOptions): HostWatch {
  const { clock, host, view } = options;
  let { intervalMs } = options;
  let ticker: Ticker | null = null;
  let afterConnect = false;

  const soon = once(clock, LIST_SOON_MS, () => void ticker?.now());
  const context = createContext(options, soon.ask, (outcome) => void onProbe(outcome));
  const readOneCounters = serialized((ref: DomainRef) => counters(connection, clock, [ref]));

  async function onProbe(outcome: ProbeOutcome): Promise<void> {
    const known = outcome.result.ok ? null : await readOneCounters(asRef(context, outcome.uuid));
    takeProbe(context, outcome, known?.get(outcome.uuid) ?? null);
  }

  async function sample(): Promise<void> {
    if (connection.state.status !== 'connected' || !(await list(context, connection, afterConnect))) return;
    afterConnect = false;
    await fetchDefinitions(context, connection);
    await checkWatchdogs(context, connection);
  }

  function onStateChange(state: ConnectionState): void {
    // Connected is not yet heard: only the first listing makes the host `up`.
    if (state.status === 'disconnected') setState(context, 'unreachable', state.error.message);
    if (state.status !== 'connected') return;
    afterConnect = true;
    // The connection shows its new state only after this callback.
    queueMicrotask(() => (ticker ? void ticker.now() : (ticker = createTicker(clock, intervalMs, sample))));
  }

  const connection = superviseConnection({
    ...options.libvirt,
    uri: host.uri,
    onConnected: async (made) => void (await subscribeDomainEvents(made, (event) => applyEvent(context, event))),
    onStateChange,
  });

  const sampler = options.sampling && startSampler({ ...options, ...options.sampling, deadlineMs: options.listingDeadlineMs });

  return {
    connection,
    sampleNow: () => ticker?.now() ?? Promise.resolve(),
    setInterval(next) {
      intervalMs = next;
      ticker?.setInterval(next);
      sampler?.setInterval(next);
    },
    settingsChanged() {
      for (const sighting of view.sightingsOf(host.name)) noteSettings(context, sighting, true);
      soon.ask();
    },
    health: (sighting) => healthOf(context.faults, sighting),
    probes: (uuid) => context.faults.probes(uuid),
    guestSeen: (uuid, health) => takeGuest(context, uuid, health),
    async stop() {
      soon.cancel();
      ticker?.stop();
      context.prober.stop();
      await Promise.all([connection.close(), sampler?.stop()]);
    },
  };
}

function createContext(options: HostWatchOptions, listSoon: () => void, onOutcome: (outcome: ProbeOutcome) => void): HostContext {
  return {
    options,
    faults: createFaults(),
    prober: createProber({ clock: options.clock, onOutcome, ...(options.runProbe && { run: options.runProbe }) }),
    instances: new Map(),
    listed: new Set(),
    touched: new Set(),
    definitionsDue: new Set(),
    healths: new Map(),
    listSoon,
  };
}

/** Many askings within `delayMs` run `work` once, at the end of it. */
function once(clock: Clock, delayMs: number, work: () => void): { ask(): void; cancel(): void } {
  let cancel: (() => void) | null = null;
  return {
    ask() {
      cancel ??= clock.after(delayMs, () => {
        cancel = null;
        work();
      });
    },
    cancel: () => cancel?.(),
  };
}

/** Counters that can't be read are not known; that must not disturb anything else. */
async function counters(connection: SupervisedConnection, clock: Clock, refs: readonly DomainRef[]): Promise<Map<string, Counters>> {
  try {
    return await readCounters(connection, refs, COUNTERS_DEADLINE_MS, () => clock.monotonicMs());
  } catch {
    return new Map();
  }
}

/** One call after the other: domains that do not answer must not take up all places in flight. */
function serialized<A, T>(run: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (argument) => {
    const next = last.then(() => run(argument));
    last = next.catch(() => undefined);
    return next;
  };
}

/** A watchdog that fired without stopping its guest, or frozen ticks, are a proof only together with standing counters. */
async function checkWatchdogs(context: HostContext, connection: SupervisedConnection): Promise<void> {
  const wanted = context.faults.wantsCounters().map((uuid) => asRef(context, uuid));
  for (const [uuid, sums] of await counters(connection, context.options.clock, wanted)) {
    context.faults.counters(uuid, sums);
    noteHealth(context, uuid);
  }
}

/** A guest that does not run says nothing: its memory shows what was. */
function takeGuest(context: HostContext, uuid: string, health: GuestHealth): void {
  if (context.options.view.sighting(context.options.host.name, uuid)?.state !== 'running') return;
  context.faults.guestSeen(uuid, health);
  noteHealth(context, uuid);
}

function takeProbe(context: HostContext, { uuid, name, probe, result }: ProbeOutcome, known: Counters | null): void {
  const { view, host, clock, emit } = context.options;
  const sighting = view.sighting(host.name, uuid);
  if (sighting?.state !== 'running') return;
  const news = { kind: 'probe_change' as const, host: host.name, uuid, name: sighting.name, atMs: clock.nowMs(), probe: name };
  if (result.ok) {
    if (context.faults.probeAnswered(uuid, name, clock.monotonicMs())) emit({ ...news, state: 'answering', failures: 0, error: null });
  } else {
    const { error } = result;
    const failures = context.faults.probeFailed(uuid, { probe: name, needed: probe.failures, error, counters: known });
    if (failures === probe.failures) emit({ ...news, state: 'failed', failures, error });
  }
  noteHealth(context, uuid);
}
