/**
 * What every operator's order has in common, whatever it is for. Accepted when it is stored, carried out in the queue's place of the
 * target, once: an order whose end is not known is not given again by itself.
 */
import { PRIORITY } from '../events/event.ts';
import type { IncidentRecord } from '../history/store.ts';
import type { ActionResult } from '../web/control.ts';
import { audit } from './audit.ts';
import type { RecoveryContext } from './context.ts';
import { closeIncident, decided, patchIncident, restingState } from './incidents.ts';
import { settle } from './settle.ts';

export interface OrderEnd {
  succeeded: boolean;
  text: string;
}

/** One order, as the kind of its target goes about it. */
export interface OrderWork {
  /** Of the target. */
  key: string;
  action: string;
  actor: string;
  reason: string;
  /** UUID of the domain, with the app's name where it is for one. */
  auditedTarget: string;
  explanation: string;
  /** Opens the incident that the order is history of, or takes the one that is open. Null: the domain was forgotten. */
  incident(): Promise<IncidentRecord | null>;
  /** What forbids it now; asked right before its first side effect too. */
  objection(): string | null;
  /** Why it has to wait for others; null: it need not. */
  waitsFor(): string | null;
  /** `begun`: to be called before anything may be done. */
  attempt(incident: IncidentRecord, begun: () => void): Promise<OrderEnd>;
  /** Lets policy look at the target again. */
  reconsider(): void;
}

/** Until a place among the recoveries under way is looked for again. */
const PLACE_RETRY_MS = 500;

export async function acceptOrder(context: RecoveryContext, work: OrderWork): Promise<ActionResult> {
  const { key, action, actor, reason, auditedTarget, explanation } = work;
  // Before anything is awaited, so that of two orders given at once the second is refused.
  context.state.ordered.add(key);
  try {
    await audit(context, actor, action, auditedTarget, reason);
    const incident = await work.incident();
    submit(context, { work, begun: false, end: null });
    return { accepted: true, dryRun: false, incidentId: incident?.id ?? null, explanation };
  } catch (error) {
    context.state.ordered.delete(key);
    adoptLater(context, work);
    throw error;
  }
}

interface Order {
  work: OrderWork;
  /** Its attempt may have done something. */
  begun: boolean;
  end: OrderEnd | null;
}

/** The store may have kept an incident although it reported a failure: one that nobody here knows would never end. */
function adoptLater(context: RecoveryContext, { key, reconsider }: OrderWork): void {
  const run = async (): Promise<void> => {
    const kept = (await context.store.openIncidents()).find((incident) => incident.targetKey === key);
    if (kept && !context.state.open.has(key)) context.state.open.set(key, kept);
    reconsider();
  };
  push(context, key, run);
}

function push(context: RecoveryContext, targetKey: string, run: () => Promise<void>, delayMs = 0): void {
  context.push({ kind: 'order', class: 'execution', priority: PRIORITY.control, dueMs: context.clock.monotonicMs() + delayMs, targetKey, mergeKey: null, run });
}

function submit(context: RecoveryContext, order: Order, delayMs = 0): void {
  push(context, order.work.key, () => carryOut(context, order), delayMs);
}

/** May be run again after the store failed: what was begun is settled then, not repeated. */
async function carryOut(context: RecoveryContext, order: Order): Promise<void> {
  const { state } = context;
  const { work } = order;
  const { key } = work;
  if (state.unsettled.has(key)) await settle(context, key);
  if (order.begun) order.end ??= { succeeded: false, text: 'interrupted; look at it, then give the order again' };
  // It may have ended by observation while the order waited.
  const incident = state.open.get(key) ?? (await work.incident());
  if (incident) {
    if (!order.end) {
      const objection = work.objection();
      const waitsFor = objection === null ? work.waitsFor() : null;
      if (waitsFor !== null) {
        await decided(context, incident, { kind: 'hold', reason: 'concurrency', why: waitsFor });
        return submit(context, order, PLACE_RETRY_MS);
      }
      order.end = objection === null ? await work.attempt(incident, () => (order.begun = true)) : { succeeded: false, text: objection };
    }
    await endOrder(context, state.open.get(key) ?? incident, order.end);
  }
  state.ordered.delete(key);
  work.reconsider();
}

async function endOrder(context: RecoveryContext, incident: IncidentRecord, { succeeded, text }: OrderEnd): Promise<void> {
  if (incident.fault === 'requested') {
    return closeIncident(context, incident, { outcome: succeeded ? 'recovered' : 'failed', text });
  }
  // A fault's own incident goes on: the evaluation that follows observes what the order has changed.
  const evidence = succeeded ? [] : [{ atMs: context.clock.nowMs(), source: 'operator', text }];
  await patchIncident(context, incident, { state: restingState(incident), addEvidence: evidence });
}
