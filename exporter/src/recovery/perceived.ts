/** What perception reports becomes domain records, desired state and evaluations. */
import { PRIORITY } from '../events/event.ts';
import type { DomainRecord } from '../history/store.ts';
import type { DomainListedChangeEvent, DomainLifecycleEvent, PerceptionEvent } from '../perception/events.ts';
import type { DomainSighting } from '../perception/view.ts';
import type { ChangedBy, DesiredEvent } from '../policy/desired.ts';
import { LISTINGS_FOR_ABSENCE } from '../policy/decide.ts';
import { firstDesired, nextDesired } from '../policy/desired.ts';
import type { RecoveryContext } from './context.ts';
import { OWN_EVENT_DELAY_MS, policyOf, situationOf } from './decision.ts';
import { evaluateDomain, scheduleEvaluation, wakeHeld } from './evaluate.ts';
import { closeIncident } from './incidents.ts';
import { notifyOnce } from './notifications.ts';

/** Queues what an event asks for. Never blocks and never throws: perception goes on whatever happens here. */
export function onPerception(context: RecoveryContext, event: PerceptionEvent): void {
  if (context.state.stopping) return;
  switch (event.kind) {
    case 'listing_complete':
      return queueRoutine(context, event.kind, null, () => afterListing(context, event.host));
    case 'host_state':
      return queueRoutine(context, event.kind, null, () => afterListing(context, event.host));
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

/** Looks at the domains that may need it: those whose decision is more than `nothing to do`. */
async function afterListing(context: RecoveryContext, host: string): Promise<void> {
  const { state } = context;
  let absenceOpen = false;
  for (const record of state.domains.values()) {
    const incident = state.open.get(`domain/${record.uuid}`);
    // An absence is proven by the listings of every host, so any of them may be the one that was missing.
    if (record.host !== host && !incident && record.undefinedAtMs === null) continue;
    const { decision, observed } = situationOf(context, record);
    if (observed.kind === 'absent' && observed.completeListings < LISTINGS_FOR_ABSENCE) absenceOpen = true;
    const idle = decision.kind === 'nothing' && !decision.ends;
    if (observed.kind === 'absent' && !incident && record.desired === 'stopped') await dropVanished(context, record);
    else if (incident ? !idle : decision.kind === 'incident' || decision.kind === 'notify') {
      scheduleEvaluation(context, record.uuid, { priority: PRIORITY.perception, class: 'perception' });
    }
  }
  if (absenceOpen) context.clock.after(ABSENCE_LISTING_DELAY_MS, () => context.sampleNow());
  wakeHeld(context, 'concurrency');
  await dropForgotten(context);
}

/** Between the listings that prove an absence. */
const ABSENCE_LISTING_DELAY_MS = 500;

/** A domain that nobody wants and no host has: its record goes, so that deleted domains don't pile up. */
async function dropVanished(context: RecoveryContext, record: DomainRecord): Promise<void> {
  const { decision, observed, selected } = situationOf(context, record);
  if (observed.kind !== 'absent' || observed.completeListings < LISTINGS_FOR_ABSENCE || decision.kind !== 'nothing') return;
  if (selected.policy.restartPolicy === 'always' || context.state.open.has(`domain/${record.uuid}`)) return;
  await context.store.forgetDomain(record.uuid);
  context.state.domains.delete(record.uuid);
}

/** Once a forgotten domain is gone everywhere, a later one with its UUID is a new domain. */
async function dropForgotten(context: RecoveryContext): Promise<void> {
  const { forgotten } = context.state;
  const before = forgotten.size;
  for (const uuid of forgotten.keys()) {
    const observed = context.view.observed(uuid, null);
    if (observed.kind === 'absent' && observed.completeListings >= LISTINGS_FOR_ABSENCE) forgotten.delete(uuid);
  }
  if (forgotten.size < before) await keepForgotten(context);
}

async function keepForgotten(context: RecoveryContext): Promise<void> {
  await context.store.putSetting('forgotten', Object.fromEntries(context.state.forgotten));
}

async function listed(context: RecoveryContext, sighting: DomainSighting): Promise<void> {
  const { state } = context;
  const known = state.domains.get(sighting.uuid);
  if (state.forgotten.has(sighting.uuid)) return;
  if (known) {
    await seen(context, known, sighting);
    return stopSeen(context, sighting, context.clock.nowMs());
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

/** A domain that we know shows up on a host: it may have moved, been renamed, or been started while nobody looked. */
async function seen(context: RecoveryContext, known: DomainRecord, sighting: DomainSighting): Promise<void> {
  const located = context.view.observed(known.uuid, known.host);
  const host = located.kind === 'present' ? located.host : known.host;
  const active = sighting.state === 'running' && host === sighting.host;
  const by = changedBy(context, known.uuid, context.clock.nowMs());
  const desired = active ? nextDesired(known.desired, { kind: 'started', by }, 'on-failure') : known.desired;
  const changed = host !== known.host || sighting.name !== known.name || desired !== known.desired || (known.undefinedAtMs !== null && sighting.persistent);
  if (!changed) return;
  const undefinedAtMs = sighting.persistent ? null : known.undefinedAtMs;
  await put(context, { ...known, host, name: sighting.name, desired, undefinedAtMs, lastSeenMs: context.clock.nowMs() });
}

async function listedChange(context: RecoveryContext, event: DomainListedChangeEvent): Promise<void> {
  const known = context.state.domains.get(event.uuid);
  if (!event.sighting) return;
  if (!known) return listed(context, event.sighting);
  await seen(context, known, event.sighting);
  await stopSeen(context, event.sighting, event.atMs);
}

/** A stop that no event told of, read from a listing. */
async function stopSeen(context: RecoveryContext, sighting: DomainSighting, atMs: number): Promise<void> {
  if (sighting.state !== 'shutoff' || (sighting.reason !== 'shutdown' && sighting.reason !== 'destroyed')) return;
  const by = changedBy(context, sighting.uuid, atMs);
  // Policy looks first, so that it tells of the stop before the stop is what is wanted.
  await evaluateDomain(context, sighting.uuid);
  await applyDesired(context, sighting.uuid, { kind: 'stopped', by, reason: sighting.reason });
}

async function lifecycle(context: RecoveryContext, event: DomainLifecycleEvent): Promise<void> {
  const by = changedBy(context, event.uuid, event.atMs);
  const known = context.state.domains.get(event.uuid);
  const sighting = context.view.sightings().find((one) => one.uuid === event.uuid && one.host === event.host);
  if (!known && sighting) return listed(context, sighting);
  if (!known) return;
  if (sighting) await seen(context, known, sighting);
  const change = event.change;
  if (change === 'started') await applyDesired(context, event.uuid, { kind: 'started', by });
  if (change === 'stopped' && event.stop) {
    // As in stopSeen: policy first, then the wish.
    await evaluateDomain(context, event.uuid);
    await applyDesired(context, event.uuid, { kind: 'stopped', by, reason: event.stop.reason });
  }
  if (change === 'undefined') await undefinedSeen(context, known, event, by);
}

async function undefinedSeen(context: RecoveryContext, known: DomainRecord, event: DomainLifecycleEvent, by: ChangedBy): Promise<void> {
  if (event.host !== known.host) return;
  const observed = context.view.observed(known.uuid, known.host);
  const active = observed.kind === 'present' && observed.state !== 'shutoff';
  const lastStop = observed.kind === 'present' || observed.kind === 'absent' ? (observed.lastStop?.reason ?? null) : null;
  await put(context, { ...known, undefinedAtMs: event.atMs });
  await applyDesired(context, known.uuid, { kind: 'undefined', by, active, lastStop });
  // The absence that rebuilding needs is proven by listings: don't wait for the sampler's.
  context.sampleNow();
}

async function applyDesired(context: RecoveryContext, uuid: string, event: DesiredEvent): Promise<void> {
  const known = context.state.domains.get(uuid);
  if (!known || context.inventory()) return;
  const located = context.view.observed(uuid, known.host);
  // It stopped on one host and runs on another, or was started again since.
  if (event.kind === 'stopped' && located.kind === 'present' && located.state !== 'shutoff') return;
  const desired = nextDesired(known.desired, event, policyOf(context, known).policy.restartPolicy);
  if (desired === known.desired) return;
  if (desired === 'stopped' && event.by === 'other') await tellStopped(context, known, event.kind);
  const told = context.state.domains.get(uuid) ?? known;
  await put(context, { ...told, desired, desiredSource: 'observed' });
}

/** A stop that was over before policy could look at it (destroyed and undefined at once) is told of all the same. */
async function tellStopped(context: RecoveryContext, record: DomainRecord, what: 'stopped' | 'undefined' | 'started'): Promise<void> {
  if (record.lastNotification?.startsWith('domain_stopped/')) return;
  const why = `${what} on ${record.host} by a person or the guest; respected under on-failure`;
  const key = `domain_stopped/${what}/${context.clock.nowMs()}`;
  await notifyOnce(context, situationOf(context, record), { kind: 'notify', fault: 'domain_stopped', key, why });
}

/** Events that fall into our own action on the domain are ours. */
export function changedBy(context: RecoveryContext, uuid: string, atMs: number): ChangedBy {
  const own = context.state.ownActions.get(uuid);
  if (!own || atMs < own.fromMs) return 'other';
  return own.toMs === null || atMs <= own.toMs + OWN_EVENT_DELAY_MS ? 'recovery' : 'other';
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
  state.forgotten.set(uuid, context.clock.nowMs());
  await keepForgotten(context);
  const existed = await store.forgetDomain(uuid);
  state.domains.delete(uuid);
  context.forgetInView(uuid);
  return existed;
}
