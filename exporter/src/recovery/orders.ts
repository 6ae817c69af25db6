/**
 * An operator's order of one action. Accepted when it is stored, carried out in the queue's place of the target, once: an order
 * whose end is not known is not given again by itself.
 */
import { PRIORITY } from '../events/event.ts';
import type { IncidentRecord } from '../history/store.ts';
import { unavailable } from '../policy/tables.ts';
import { isForecast } from '../vocabulary.ts';
import type { ActionRequest, ActionResult } from '../web/control.ts';
import { ControlError } from '../web/control.ts';
import { runAttempt } from './attempt.ts';
import { audit } from './audit.ts';
import type { RecoveryContext } from './context.ts';
import type { Situation } from './decision.ts';
import { situationOf } from './decision.ts';
import { scheduleEvaluation, wakeHeld } from './evaluate.ts';
import { closeIncident, decided, domainTarget, openIncident, patchIncident, restingState } from './incidents.ts';
import { beginMigration, migrationFacts } from './migrations.ts';
import { remember } from './notifications.ts';
import { settle } from './settle.ts';

export type OrderedAction = Exclude<ActionRequest['action'], 'recover'>;

interface Order {
  uuid: string;
  key: string;
  incidentId: string;
  host: string;
  action: OrderedAction;
  actor: string;
  reason: string;
  /** Its attempt may have done something. */
  begun: boolean;
  end: { succeeded: boolean; text: string } | null;
}

/** A stop waits for the guest to power off. */
const ORDER_TIMEOUT_SECONDS = 120;
/** All of its memory goes over the network, what it changes meanwhile more than once. */
const MIGRATION_TIMEOUT_SECONDS = 900;
/** Until a place among the recoveries under way is looked for again. */
const PLACE_RETRY_MS = 500;

export async function order(context: RecoveryContext, situation: Situation, request: ActionRequest, action: OrderedAction): Promise<ActionResult> {
  const { record, selected, observed } = situation;
  const host = observed.kind === 'present' ? observed.host : record.host;
  const explanation = `${action} on ${host}`;
  const refusal = notObserved(situation) ?? forbidden(situation, action) ?? futile(context, situation, action);
  if (refusal !== null) throw new ControlError(409, `${action} refused: ${refusal}`);
  const dryRun = request.dryRun || selected.policy.dryRun;
  if (dryRun) return { accepted: true, dryRun, incidentId: situation.incident?.id ?? null, explanation };
  const { actor, reason } = request;
  const key = `domain/${record.uuid}`;
  // Before anything is awaited, so that of two orders given at once the second is refused.
  context.state.ordered.add(key);
  try {
    await audit(context, actor, action, record.uuid, reason);
    const incident = await openForOrder(context, situation, action, actor, reason);
    submit(context, { uuid: record.uuid, key, incidentId: incident.id, host, action, actor, reason, begun: false, end: null });
    return { accepted: true, dryRun: false, incidentId: incident.id, explanation };
  } catch (error) {
    context.state.ordered.delete(key);
    adoptLater(context, record.uuid);
    throw error;
  }
}

/** The store may have kept an incident although it reported a failure: one that nobody here knows would never end. */
function adoptLater(context: RecoveryContext, uuid: string): void {
  const targetKey = `domain/${uuid}`;
  const run = async (): Promise<void> => {
    const kept = (await context.store.openIncidents()).find((incident) => incident.targetKey === targetKey);
    if (kept && !context.state.open.has(targetKey)) context.state.open.set(targetKey, kept);
    scheduleEvaluation(context, uuid);
  };
  context.push({ kind: 'order', class: 'execution', priority: PRIORITY.control, dueMs: context.clock.monotonicMs(), targetKey, mergeKey: null, run });
}

function notObserved({ observed, decision }: Situation): string | null {
  if (observed.kind !== 'unknown' && observed.kind !== 'duplicated') return null;
  return 'why' in decision ? decision.why : 'the domain cannot be observed';
}

function forbidden({ incident, selected, observed }: Situation, action: OrderedAction): string | null {
  if (STARTS.has(action) && mayRunUnseen(observed)) {
    return 'it left by migration, or was not seen being undefined, so it may run on a host that is not watched; whoever knows better starts it with virsh';
  }
  // A forecast forbids a person nothing.
  const fault = incident === null || isForecast(incident.fault) ? 'requested' : incident.fault;
  return action === 'resume' ? null : unavailable(action, fault, selected.policy);
}

/** What the inventory wants running under `always` would be started again at once. */
function futile(context: RecoveryContext, { selected }: Situation, action: OrderedAction): string | null {
  const { desired, restartPolicy } = selected.policy;
  if (!STOPS.has(action) || !context.inventory() || desired !== 'running' || restartPolicy !== 'always') return null;
  return 'the inventory wants the domain running, and under always it would be started again; change the inventory, then reload';
}

const STOPS: ReadonlySet<OrderedAction> = new Set<OrderedAction>(['stop', 'destroy']);
const STARTS: ReadonlySet<OrderedAction> = new Set<OrderedAction>(['start', 'restart', 'rebuild']);

/** Started again here it would be a second writer of its disk. */
function mayRunUnseen(observed: Situation['observed']): boolean {
  if (observed.kind === 'absent') return !observed.undefinedSeen;
  return observed.kind === 'present' && observed.state === 'shutoff' && observed.reason === 'migrated';
}

async function openForOrder(context: RecoveryContext, { record, incident }: Situation, action: OrderedAction, actor: string, reason: string): Promise<IncidentRecord> {
  const nowMs = context.clock.nowMs();
  const evidence = [{ atMs: nowMs, source: 'operator', text: `${actor} ordered ${action}: ${reason}` }];
  return openIncident(context, { target: domainTarget(record), fault: incident?.fault ?? 'requested', faultAtMs: nowMs, evidence });
}

function submit(context: RecoveryContext, order: Order, delayMs = 0): void {
  context.push({
    kind: 'order',
    class: 'execution',
    priority: PRIORITY.control,
    dueMs: context.clock.monotonicMs() + delayMs,
    targetKey: order.key,
    mergeKey: null,
    run: () => carryOut(context, order),
  });
}

/** May be run again after the store failed: what was begun is settled then, not repeated. */
async function carryOut(context: RecoveryContext, order: Order): Promise<void> {
  const { state } = context;
  if (state.unsettled.has(order.key)) await settle(context, order.key);
  if (order.begun) order.end ??= { succeeded: false, text: 'interrupted; look at the domain, then give the order again' };
  const incident = await incidentOf(context, order);
  if (incident) {
    if (!order.end) {
      const objection = objectionTo(context, order);
      if (objection === null && isFull(context, order)) {
        await decided(context, incident, { kind: 'hold', reason: 'concurrency', why: 'as many recoveries as allowed are under way' });
        return submit(context, order, PLACE_RETRY_MS);
      }
      order.end = objection === null ? await attempt(context, order, incident) : { succeeded: false, text: objection };
    }
    await endOrder(context, state.open.get(order.key) ?? incident, order.end);
  }
  state.ordered.delete(order.key);
  scheduleEvaluation(context, order.uuid);
}

/** The incident of the order; it may have ended by observation while the order waited. Null: the domain was forgotten. */
async function incidentOf(context: RecoveryContext, { uuid, key, action, actor, reason }: Order): Promise<IncidentRecord | null> {
  const record = context.state.domains.get(uuid);
  const open = context.state.open.get(key);
  if (open || !record) return open ?? null;
  return openForOrder(context, situationOf(context, record), action, actor, reason);
}

/** What forbids an order that was accepted: asked again right before its first side effect. */
function objectionTo(context: RecoveryContext, order: Order): string | null {
  const record = context.state.domains.get(order.uuid);
  if (!record) return 'the domain was forgotten';
  const situation = situationOf(context, record);
  const { managed, dryRun } = situation.selected.policy;
  if (!managed) return 'the domain is not managed any more';
  if (dryRun) return 'dry run: nothing is done';
  return notObserved(situation) ?? forbidden(situation, order.action);
}

function isFull(context: RecoveryContext, { host, key, action }: Order): boolean {
  const { global, perHost } = context.config().recovery.concurrency;
  const hosts = [...context.state.executing.values()];
  const { atOnce, running, runningFromHost } = migrationFacts(context, key, host);
  if (action === 'migrate' && (running >= atOnce || runningFromHost > 0)) return true;
  return hosts.length >= global || hosts.filter((one) => one === host).length >= perHost;
}

async function attempt(context: RecoveryContext, order: Order, incident: IncidentRecord): Promise<NonNullable<Order['end']>> {
  const { state, store, clock, owner } = context;
  const { uuid, key, host, action, actor } = order;
  state.executing.set(key, host);
  const endMigration = action === 'migrate' ? beginMigration(context, key, uuid, host) : null;
  try {
    const desired = action === 'stop' || action === 'destroy' ? 'stopped' : 'running';
    await remember(context, uuid, { desired, desiredSource: 'operator' });
    const record = state.domains.get(uuid);
    if (!record) return { succeeded: false, text: 'the domain was forgotten' };
    if (!(await store.acquireLock(uuid, owner, action, clock.nowMs()))) return { succeeded: false, text: 'another operation works on this domain' };
    await decided(context, incident, { kind: 'act', reason: action, why: `${action} on ${host}, ordered by ${actor}` });
    state.unsettled.add(key);
    order.begun = true;
    const objection = (): string | null => objectionTo(context, order);
    const end = await runAttempt(context, { record, incident, action, host, timeoutSeconds: action === 'migrate' ? MIGRATION_TIMEOUT_SECONDS : ORDER_TIMEOUT_SECONDS, actor, desired, objection });
    order.end = { succeeded: end.result === 'succeeded', text: end.error ?? `${action}: done and verified` };
    await store.releaseLock(uuid, owner);
    state.unsettled.delete(key);
    return order.end;
  } finally {
    state.executing.delete(key);
    endMigration?.(order.begun);
    wakeHeld(context, 'concurrency');
    if (endMigration) wakeHeld(context, 'migrations');
  }
}

async function endOrder(context: RecoveryContext, incident: IncidentRecord, { succeeded, text }: NonNullable<Order['end']>): Promise<void> {
  if (incident.fault === 'requested') {
    return closeIncident(context, incident, { outcome: succeeded ? 'recovered' : 'failed', text });
  }
  // A fault's own incident goes on: the evaluation that follows observes what the order has changed.
  const evidence = succeeded ? [] : [{ atMs: context.clock.nowMs(), source: 'operator', text }];
  await patchIncident(context, incident, { state: restingState(incident), addEvidence: evidence });
}

/** For whatever must not come between an order or an attempt and its end. Throws ControlError (409). */
export function refuseWhileBusy(context: RecoveryContext, uuid: string): void {
  const key = `domain/${uuid}`;
  if (!context.state.executing.has(key) && !context.state.ordered.has(key)) return;
  throw new ControlError(409, `domain ${context.state.domains.get(uuid)?.name ?? uuid} is being worked on; see its open incident`);
}
