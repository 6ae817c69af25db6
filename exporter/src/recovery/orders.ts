/** An operator's order of one action on a domain. */
import type { IncidentRecord } from '../history/store.ts';
import { unavailable } from '../policy/tables.ts';
import { isForecast } from '../vocabulary.ts';
import type { ActionRequest, ActionResult } from '../web/control.ts';
import { ControlError } from '../web/control.ts';
import { appAtWork } from './apps-situation.ts';
import { scheduleKnownApps } from './apps.ts';
import { runAttempt } from './attempt.ts';
import type { RecoveryContext } from './context.ts';
import type { Situation } from './decision.ts';
import { situationOf } from './decision.ts';
import { scheduleEvaluation, wakeHeld } from './evaluate.ts';
import { decided, domainTarget, openIncident } from './incidents.ts';
import { beginMigration, migrationFacts } from './migrations.ts';
import { remember } from './notifications.ts';
import type { OrderEnd } from './order-queue.ts';
import { acceptOrder } from './order-queue.ts';

export type OrderedAction = Exclude<ActionRequest['action'], 'recover'>;

interface Order {
  uuid: string;
  key: string;
  host: string;
  action: OrderedAction;
  actor: string;
  reason: string;
}

/** A stop waits for the guest to power off. */
const ORDER_TIMEOUT_SECONDS = 120;
/** All of its memory goes over the network, what it changes meanwhile more than once. */
const MIGRATION_TIMEOUT_SECONDS = 900;

export async function order(context: RecoveryContext, situation: Situation, request: ActionRequest, action: OrderedAction): Promise<ActionResult> {
  const { record, selected, observed } = situation;
  const host = observed.kind === 'present' ? observed.host : record.host;
  const explanation = `${action} on ${host}`;
  const refusal = notObserved(situation) ?? forbidden(situation, action) ?? futile(context, situation, action);
  if (refusal !== null) throw new ControlError(409, `${action} refused: ${refusal}`);
  const dryRun = request.dryRun || selected.policy.dryRun;
  if (dryRun) return { accepted: true, dryRun, incidentId: situation.incident?.id ?? null, explanation };
  const { actor, reason } = request;
  const { uuid } = record;
  const given: Order = { uuid, key: `domain/${uuid}`, host, action, actor, reason };
  return acceptOrder(context, {
    ...given,
    auditedTarget: uuid,
    explanation,
    incident: () => openForOrder(context, given),
    objection: () => objectionTo(context, given),
    waitsFor: () => waitsFor(context, given),
    attempt: (incident, begun) => attempt(context, given, incident, begun),
    reconsider() {
      scheduleEvaluation(context, uuid);
      scheduleKnownApps(context, uuid);
    },
  });
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

/** Null: the domain was forgotten. */
async function openForOrder(context: RecoveryContext, { uuid, action, actor, reason }: Order): Promise<IncidentRecord | null> {
  const record = context.state.domains.get(uuid);
  if (!record) return null;
  const nowMs = context.clock.nowMs();
  const evidence = [{ atMs: nowMs, source: 'operator', text: `${actor} ordered ${action}: ${reason}` }];
  const open = context.state.open.get(`domain/${uuid}`);
  return openIncident(context, { target: domainTarget(record), fault: open?.fault ?? 'requested', faultAtMs: nowMs, evidence });
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

function waitsFor(context: RecoveryContext, order: Order): string | null {
  const app = appAtWork(context, order.uuid, null);
  if (app !== null) return `its app ${app} is being worked on`;
  return isFull(context, order) ? 'as many recoveries as allowed are under way' : null;
}

function isFull(context: RecoveryContext, { host, key, action }: Order): boolean {
  const { global, perHost } = context.config().recovery.concurrency;
  const hosts = [...context.state.executing.values()];
  const { atOnce, running, runningFromHost } = migrationFacts(context, key, host);
  if (action === 'migrate' && (running >= atOnce || runningFromHost > 0)) return true;
  return hosts.length >= global || hosts.filter((one) => one === host).length >= perHost;
}

async function attempt(context: RecoveryContext, given: Order, incident: IncidentRecord, begun: () => void): Promise<OrderEnd> {
  const { state, store, clock, owner } = context;
  const { uuid, key, host, action, actor } = given;
  let mayHaveBegun = false;
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
    mayHaveBegun = true;
    begun();
    const objection = (): string | null => objectionTo(context, given);
    const end = await runAttempt(context, { record, incident, action, host, timeoutSeconds: action === 'migrate' ? MIGRATION_TIMEOUT_SECONDS : ORDER_TIMEOUT_SECONDS, actor, desired, objection });
    const done = { succeeded: end.result === 'succeeded', text: end.error ?? `${action}: done and verified` };
    await store.releaseLock(uuid, owner);
    state.unsettled.delete(key);
    return done;
  } finally {
    state.executing.delete(key);
    endMigration?.(mayHaveBegun);
    wakeHeld(context, 'concurrency');
    if (endMigration) wakeHeld(context, 'migrations');
  }
}

/** For whatever must not come between an order or an attempt and its end. Throws ControlError (409). */
export function refuseWhileBusy(context: RecoveryContext, uuid: string): void {
  const key = `domain/${uuid}`;
  if (!context.state.executing.has(key) && !context.state.ordered.has(key)) return;
  throw new ControlError(409, `domain ${context.state.domains.get(uuid)?.name ?? uuid} is being worked on; see its open incident`);
}

/** For what takes a domain away altogether. Throws ControlError (409). */
export function refuseWhileAppsBusy(context: RecoveryContext, uuid: string): void {
  const app = appAtWork(context, uuid, null);
  if (app !== null) throw new ControlError(409, `app ${app} in domain ${context.state.domains.get(uuid)?.name ?? uuid} is being worked on; see its open incident`);
}
