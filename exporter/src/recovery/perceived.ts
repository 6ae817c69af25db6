/** What perception reports becomes domain records, desired state and evaluations. */
import { PRIORITY } from '../events/event.ts';
import type { DomainRecord } from '../history/store.ts';
import type { DomainListedChangeEvent, DomainLifecycleEvent, PerceptionEvent } from '../perception/events.ts';
import type { DomainSighting } from '../perception/view.ts';
import { stopReason } from '../perception/states.ts';
import type { DesiredEvent } from '../policy/desired.ts';
import type { Observed } from '../policy/types.ts';
import { LISTINGS_FOR_ABSENCE } from '../policy/decide.ts';
import { firstDesired, nextDesired } from '../policy/desired.ts';
import { scheduleApp } from './apps.ts';
import type { RecoveryContext } from './context.ts';
import { policyOf, situationOf } from './decision.ts';
import { evaluateDomain, scheduleEvaluation, wakeHeld } from './evaluate.ts';
import { scheduleHost } from './hosts.ts';
import { closeIncident } from './incidents.ts';
import { notifyOnce, remember } from './notifications.ts';
import { isOffByUs, seenRunning, startedBy, stoppedBy } from './own-actions.ts';

/** Queues what an event asks for. Never blocks and never throws: perception goes on whatever happens here. */
export function onPerception(context: RecoveryContext, event: PerceptionEvent): void {
  if (context.state.stopping) return;
  switch (event.kind) {
    case 'listing_complete':
      return queueRoutine(context, event.kind, null, () => afterListing(context, event.host, event.atMs));
    case 'host_state':
      return queueRoutine(context, event.kind, null, () => afterListing(context, event.host, null));
    case 'domain_listed':
      return queueDomain(context, event.kind, event.uuid, () => listed(context, event.sighting));
    case 'domain_listed_change':
      return queueDomain(context, event.kind, event.uuid, () => listedChange(context, event));
    case 'domain_lifecycle':
      return queueDomain(context, event.kind, event.uuid, () => lifecycle(context, event));
    case 'domain_rebooted':
    case 'domain_watchdog':
    case 'domain_io_error':
    case 'domain_panicked':
    case 'control_error':
    case 'probe_change':
    case 'domain_health':
      return queueDomain(context, event.kind, event.uuid, () => Promise.resolve());
    case 'forecast_change':
      if (event.target.kind === 'host') return scheduleHost(context, event.target.host);
      return queueDomain(context, event.kind, event.target.uuid, () => Promise.resolve());
  }
}

function queueRoutine(context: RecoveryContext, kind: string, targetKey: string | null, run: () => Promise<void>): void {
  const dueMs = context.clock.monotonicMs();
  context.push({ kind, class: 'perception', priority: PRIORITY.routine, dueMs, targetKey, mergeKey: null, run });
}

/** The facts of one event in order of arrival, then one look at the domain. */
function queueDomain(context: RecoveryContext, kind: string, uuid: string, apply: () => Promise<void>): void {
  context.push({
    kind,
    class: 'perception',
    priority: PRIORITY.perception,
    dueMs: context.clock.monotonicMs(),
    targetKey: `domain/${uuid}`,
    mergeKey: null,
    run: async () => {
      await apply();
      await evaluateDomain(context, uuid);
    },
  });
}

/**
 * Looks at the domains that may need it: those whose decision is more than `nothing to do`. `listedAtMs`: the host was listed
 * then; null: only its state changed.
 */
async function afterListing(context: RecoveryContext, host: string, listedAtMs: number | null): Promise<void> {
  const { state } = context;
  let absenceOpen = false;
  for (const record of state.domains.values()) {
    const incident = state.open.get(`domain/${record.uuid}`);
    // An absence is proven by the listings of every host, so any of them may be the one that was missing.
    if (record.host !== host && !incident && record.undefinedAtMs === null) continue;
    const { decision, observed } = situationOf(context, record);
    if (observed.kind === 'absent' && observed.completeListings < LISTINGS_FOR_ABSENCE) absenceOpen = true;
    if (listedAtMs !== null && observed.kind === 'present' && observed.host === host) listingSays(context, record, observed, listedAtMs);
    if (observed.kind === 'absent' && observed.undefinedSeen && record.undefinedAtMs === null) {
      queueDomain(context, 'domain_undefined', record.uuid, () => undefineProven(context, record.uuid, context.clock.nowMs()));
    }
    const idle = decision.kind === 'nothing' && !decision.ends;
    if (observed.kind === 'absent' && !incident && record.desired === 'stopped') {
      queueRoutine(context, 'domain_vanished', `domain/${record.uuid}`, () => dropVanished(context, record.uuid));
    }
    if (incident ? !idle : decision.kind === 'incident' || decision.kind === 'notify') {
      scheduleEvaluation(context, record.uuid, { priority: PRIORITY.perception, class: 'perception' });
    }
  }
  for (const app of appsToLookAt(context, host)) scheduleApp(context, app.uuid, app.app, { priority: PRIORITY.perception, class: 'perception' });
  if (state.open.has(`host/${host}`) || context.forecasts.host(host)?.failing) scheduleHost(context, host);
  if (absenceOpen) context.clock.after(ABSENCE_LISTING_DELAY_MS, () => context.sampleNow());
  wakeHeld(context, 'concurrency');
  await dropGone(context);
}

/** Apps on the host that are at fault or have an open incident: what stood in the way may have gone. */
function appsToLookAt({ apps, state }: RecoveryContext, host: string): { uuid: string; app: string }[] {
  const open = [...state.open.values()].flatMap(({ target }) => (target.kind === 'app' && target.host === host ? [target] : []));
  const faulty = apps.all().filter((status) => status.host === host && status.verdict.fault !== null);
  return [...open, ...faulty.map(({ uuid, app }) => ({ uuid, app: app.name }))];
}

/** Between the listings that prove an absence. */
const ABSENCE_LISTING_DELAY_MS = 500;

/** A domain that nobody wants and no host has: its record goes, so that deleted domains don't pile up. */
async function dropVanished(context: RecoveryContext, uuid: string): Promise<void> {
  const record = context.state.domains.get(uuid);
  if (!record) return;
  const { decision, observed, selected } = situationOf(context, record);
  if (observed.kind !== 'absent' || observed.completeListings < LISTINGS_FOR_ABSENCE || decision.kind !== 'nothing') return;
  if (selected.policy.restartPolicy === 'always' || context.state.open.has(`domain/${uuid}`)) return;
  await context.store.forgetDomain(uuid);
  context.state.domains.delete(uuid);
}

/** Once a domain is gone everywhere, a later one with its UUID is a new domain. */
async function dropGone(context: RecoveryContext): Promise<void> {
  for (const name of ['forgotten', 'definitionRemoved'] as const) {
    const times = context.state[name];
    const before = times.size;
    for (const uuid of times.keys()) {
      const observed = context.view.observed(uuid, null);
      if (observed.kind === 'absent' && observed.completeListings >= LISTINGS_FOR_ABSENCE) times.delete(uuid);
    }
    if (times.size < before) await keepTimes(context, name);
  }
}

/** Kept over a restart. */
async function keepTimes(context: RecoveryContext, name: 'forgotten' | 'definitionRemoved'): Promise<void> {
  await context.store.putSetting(name, Object.fromEntries(context.state[name]));
}

/** What a listing shows and no event has led to: the event may have been shed, or lost with the connection. */
function listingSays(context: RecoveryContext, record: DomainRecord, observed: Present, atMs: number): void {
  const { uuid, desired, desiredSource } = record;
  if (observed.state === 'running') seenRunning(context, uuid, atMs);
  // Wanted stopped because it was seen to stop: so it has been started since.
  const started = observed.state === 'running' && desired === 'stopped' && desiredSource === 'observed';
  const stopped = observed.state === 'shutoff' && desired === 'running' && ORDERED_STOPS.has(observed.reason);
  if (context.inventory() || (!started && !stopped)) return;
  queueDomain(context, 'domain_listed', uuid, async () => {
    const sighting = context.view.sightings().find((one) => one.uuid === uuid && one.host === observed.host);
    if (sighting) await (started ? seen(context, sighting, true) : stopSeen(context, sighting));
  });
}

type Present = Extract<Observed, { kind: 'present' }>;
const ORDERED_STOPS: ReadonlySet<string> = new Set(['shutdown', 'destroyed']);

async function listed(context: RecoveryContext, sighting: DomainSighting): Promise<void> {
  const { state } = context;
  const known = state.domains.get(sighting.uuid);
  if (state.forgotten.has(sighting.uuid)) return;
  if (known) {
    await seen(context, sighting, true);
    return stopSeen(context, sighting);
  }
  const nowMs = context.clock.nowMs();
  const record: DomainRecord = {
    uuid: sighting.uuid,
    name: sighting.name,
    host: sighting.host,
    desired: 'stopped',
    desiredSource: 'observed',
    firstSeenMs: nowMs,
    lastSeenMs: nowMs,
    lastNotification: null,
    undefinedAtMs: null,
  };
  const { relocate } = policyOf(context, record).policy;
  await put(context, { ...record, desired: firstDesired({ state: sighting.state, autostart: sighting.autostart, relocate }) });
}

/**
 * A domain that we know shows up on a host: it may have moved, been renamed, or, where `startMissed`, been started while
 * nobody looked. It may have been running all the time, against what is wanted: news of another kind don't make it wanted.
 */
async function seen(context: RecoveryContext, sighting: DomainSighting, startMissed: boolean): Promise<void> {
  const known = context.state.domains.get(sighting.uuid);
  if (!known) return;
  const located = context.view.observed(known.uuid, known.host);
  const host = located.kind === 'present' ? located.host : known.host;
  const started = startMissed && sighting.state === 'running' && host === sighting.host;
  const by = startedBy(context, known.uuid, context.clock.nowMs());
  const desired = started ? nextDesired(known.desired, { kind: 'started', by }, 'on-failure') : known.desired;
  if (sighting.persistent) await definitionBack(context, known.uuid);
  const changed = host !== known.host || sighting.name !== known.name || desired !== known.desired || known.undefinedAtMs !== null;
  if (changed) await remember(context, known.uuid, { host, name: sighting.name, desired, undefinedAtMs: null, lastSeenMs: context.clock.nowMs() });
}

async function listedChange(context: RecoveryContext, event: DomainListedChangeEvent): Promise<void> {
  if (!event.sighting) return;
  if (!context.state.domains.has(event.uuid)) return listed(context, event.sighting);
  await seen(context, event.sighting, true);
  await stopSeen(context, event.sighting);
}

/** A stop that no event told of, read from a listing. */
async function stopSeen(context: RecoveryContext, sighting: DomainSighting): Promise<void> {
  if (sighting.state !== 'shutoff' || !ORDERED_STOPS.has(sighting.reason)) return;
  const { uuid, host, reason } = sighting;
  // When it stopped is not known to the second; while we have left it down, it is because of us.
  const by = isOffByUs(context, uuid, context.view.observed(uuid, host)) ? 'recovery' : 'other';
  // Policy looks first, so that it tells of the stop before the stop is what is wanted.
  await evaluateDomain(context, uuid);
  await applyDesired(context, uuid, { kind: 'stopped', by, reason: stopReason(reason) }, { host, atMs: context.clock.nowMs() });
}

async function lifecycle(context: RecoveryContext, event: DomainLifecycleEvent): Promise<void> {
  const { uuid, change, atMs } = event;
  const known = context.state.domains.get(uuid);
  const sighting = context.view.sightings().find((one) => one.uuid === uuid && one.host === event.host);
  if (!known && sighting) return listed(context, sighting);
  if (!known) return;
  if (sighting) await seen(context, sighting, false);
  if (change === 'started') {
    seenRunning(context, uuid, atMs);
    // What was told of it, or closed by a person, was told of the run before.
    if (known.lastNotification !== null) await remember(context, uuid, { lastNotification: null });
    await applyDesired(context, uuid, { kind: 'started', by: startedBy(context, uuid, atMs) }, event);
  }
  if (change === 'stopped' && event.stop) {
    const by = stoppedBy(context, uuid, atMs);
    // As in stopSeen: policy first, then the wish.
    await evaluateDomain(context, uuid);
    await applyDesired(context, uuid, { kind: 'stopped', by, reason: event.stop.reason }, event);
  }
  if (change === 'undefined') await undefinedSeen(context, event);
}

async function undefinedSeen(context: RecoveryContext, { uuid, host, atMs }: DomainLifecycleEvent): Promise<void> {
  const known = context.state.domains.get(uuid);
  if (!known || host !== known.host) return;
  const observed = context.view.observed(uuid, known.host);
  if (observed.kind === 'present' && observed.host === host && observed.state !== 'shutoff') {
    context.state.definitionRemoved.set(uuid, atMs);
    await keepTimes(context, 'definitionRemoved');
  }
  await undefineProven(context, uuid, atMs);
  // The absence that rebuilding needs is proven by listings: don't wait for the sampler's.
  context.sampleNow();
}

/**
 * It was undefined after a stop, and perception vouches that it did not leave by migration. Only this is kept over a restart:
 * it permits to define the domain again, which must never happen to one that runs on a host that we don't watch.
 */
async function undefineProven(context: RecoveryContext, uuid: string, atMs: number): Promise<void> {
  const known = context.state.domains.get(uuid);
  if (!known) return;
  const observed = context.view.observed(uuid, known.host);
  if (observed.kind !== 'absent' || !observed.undefinedSeen) return;
  if (known.undefinedAtMs === null) await remember(context, uuid, { undefinedAtMs: atMs });
  const event = { kind: 'undefined', by: stoppedBy(context, uuid, atMs), active: false, lastStop: observed.lastStop?.reason ?? null } as const;
  await applyDesired(context, uuid, event, { host: known.host, atMs });
}

async function definitionBack(context: RecoveryContext, uuid: string): Promise<void> {
  if (context.state.definitionRemoved.delete(uuid)) await keepTimes(context, 'definitionRemoved');
}

/** What a change of the domain says of what is wanted. `news`: where and when it was seen. */
async function applyDesired(context: RecoveryContext, uuid: string, event: DesiredEvent, news: { host: string; atMs: number }): Promise<void> {
  const known = context.state.domains.get(uuid);
  if (!known || context.inventory() || isOutdated(context.view.observed(uuid, known.host), event, news)) return;
  const desired = nextDesired(known.desired, event, policyOf(context, known).policy.restartPolicy);
  if (desired === known.desired) return;
  if (desired === 'stopped' && event.by === 'other') await tellStopped(context, known, event.kind);
  await remember(context, uuid, { desired, desiredSource: 'observed' });
}

/** News may be late, handled again after a failure of the store, or about a definition left behind on another host. */
function isOutdated(located: Observed, { kind }: DesiredEvent, { host, atMs }: { host: string; atMs: number }): boolean {
  const last = located.kind === 'present' || located.kind === 'absent' ? located.lastStop : null;
  const stoppedSince = last !== null && last.atMs > atMs;
  const isActive = located.kind === 'present' && located.state !== 'shutoff';
  // A start before a stop by a person.
  if (kind === 'started') return !isActive && stoppedSince && ORDERED_STOPS.has(last.reason);
  if (kind === 'undefined') return false;
  // It may run elsewhere, or stopped in another way since.
  if (located.kind === 'present') return located.host !== host || isActive || stoppedSince;
  return located.kind !== 'absent' || stoppedSince;
}

/** A stop that was over before policy could look at it (destroyed and undefined at once) is told of all the same. */
async function tellStopped(context: RecoveryContext, record: DomainRecord, what: 'stopped' | 'undefined' | 'started'): Promise<void> {
  if (record.lastNotification?.startsWith('domain_stopped/')) return;
  const why = `${what} on ${record.host} by a person or the guest; respected under on-failure`;
  const key = `domain_stopped/${what}/${context.clock.nowMs()}`;
  await notifyOnce(context, situationOf(context, record), { kind: 'notify', fault: 'domain_stopped', key, why });
}

async function put(context: RecoveryContext, record: DomainRecord): Promise<void> {
  await context.store.putDomain(record);
  context.state.domains.set(record.uuid, record);
}

/** An operator's word that a domain is deleted on purpose. */
export async function forgetDomain(context: RecoveryContext, uuid: string): Promise<boolean> {
  const { state, store } = context;
  const incident = state.open.get(`domain/${uuid}`);
  if (incident) await closeIncident(context, incident, { outcome: 'suppressed', reason: 'forgotten', text: 'the operator asked to forget the domain' });
  for (const { target } of [...state.open.values()]) if (target.kind === 'app' && target.uuid === uuid) scheduleApp(context, uuid, target.app);
  state.forgotten.set(uuid, context.clock.nowMs());
  await keepTimes(context, 'forgotten');
  const existed = await store.forgetDomain(uuid);
  state.domains.delete(uuid);
  context.forgetInView(uuid);
  return existed;
}
