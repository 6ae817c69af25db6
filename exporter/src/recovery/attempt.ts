/**
 * One attempt: a rung of the ladder, or an operator's order. Planned, begun, stepped and ended in the store, each before it
 * is done; verified by looking at the domain afterwards.
 */
import type { Action, AttemptResult, DesiredState } from '../vocabulary.ts';
import { sleep } from '../events/clock.ts';
import type { ActionContext } from '../execution/domain.ts';
import { ActionError, performDomainAction } from '../execution/domain.ts';
import type { Hypervisor } from '../execution/hypervisor.ts';
import { verifyRunning } from '../execution/verify.ts';
import type { AttemptRecord, DomainRecord, IncidentRecord } from '../history/store.ts';
import { StoreUnavailableError } from '../history/store.ts';
import type { RecoveryContext } from './context.ts';
import { patchIncident } from './incidents.ts';

export interface AttemptRequest {
  record: DomainRecord;
  incident: IncidentRecord;
  action: Action;
  /** Host on which it acts. */
  host: string;
  timeoutSeconds: number;
  actor: string;
}

export interface AttemptEnd {
  result: AttemptResult;
  error: string | null;
}

/** What the domain is to be after the action: `running` is verified over time, the others at once. */
function expectedAfter(action: Action, desired: DesiredState): 'running' | 'stopped' | 'anything' {
  if (action === 'notify') return 'anything';
  if (action === 'stop' || action === 'destroy') return 'stopped';
  return action === 'rebuild' && desired === 'stopped' ? 'stopped' : 'running';
}

/**
 * Runs one attempt to its end. The caller holds the target's place in the queue and has the operation lock.
 * Rejects only when the store fails: the attempt's end is then unknown and is settled later.
 */
export async function runAttempt(context: RecoveryContext, request: AttemptRequest): Promise<AttemptEnd> {
  const { store, clock, state } = context;
  const { record, incident, action, host, actor } = request;
  const attempt = await store.planAttempt({ incidentId: incident.id, action, host, plannedAtMs: clock.nowMs(), actor });
  const deadline = new AbortController();
  const limit = request.timeoutSeconds;
  const cancelDeadline = clock.after(limit * 1000, () => deadline.abort(new AttemptTimeout(limit)));
  const beganAtMs = clock.nowMs();
  state.ownActions.set(record.uuid, { fromMs: beganAtMs, toMs: null });
  try {
    await store.patchAttempt(attempt.id, { state: 'executing', executingAtMs: beganAtMs });
    await patchIncident(context, incident, { state: 'executing', hold: null });
    context.metrics.phase('decide', (beganAtMs - incident.openedAtMs) / 1000);
    const end = await execute(context, request, attempt, deadline.signal);
    await store.patchAttempt(attempt.id, { state: 'ended', endedAtMs: clock.nowMs(), ...end });
    context.metrics.attemptEnded(action, end.result);
    context.log.info({ incident: incident.id, action, host, ...end }, 'attempt ended');
    return end;
  } finally {
    cancelDeadline();
    state.ownActions.set(record.uuid, { fromMs: beganAtMs, toMs: clock.nowMs() });
  }
}

async function execute(
  context: RecoveryContext,
  request: AttemptRequest,
  attempt: AttemptRecord,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const { clock, store } = context;
  const executingAtMs = clock.nowMs();
  try {
    const hypervisor = context.hypervisor(request.host);
    if (!hypervisor) throw new ActionError('failed', `host ${request.host} is not connected`);
    await within(signal, performDomainAction(request.action, actionContext(context, request, attempt, hypervisor, signal)));
    const verifyingAtMs = clock.nowMs();
    context.metrics.phase('execute', (verifyingAtMs - executingAtMs) / 1000);
    await store.patchAttempt(attempt.id, { state: 'verifying', verifyingAtMs });
    await patchIncident(context, request.incident, { state: 'verifying' });
    await within(signal, verify(context, request, hypervisor, executingAtMs, signal));
    context.metrics.phase('verify', (clock.nowMs() - verifyingAtMs) / 1000);
    return { result: 'succeeded', error: null };
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw error;
    if (error instanceof AttemptTimeout) return { result: 'timed_out', error: error.message };
    if (error instanceof ActionError && error.kind === 'unavailable') return { result: 'unavailable', error: error.message };
    return { result: 'failed', error: messageOf(error) };
  }
}

function actionContext(
  context: RecoveryContext,
  { record, host }: AttemptRequest,
  attempt: AttemptRecord,
  hypervisor: Hypervisor,
  signal: AbortSignal,
): ActionContext {
  return {
    uuid: record.uuid,
    name: record.name,
    host,
    desired: record.desired,
    hypervisor,
    step: (name, run) => journaled(context, attempt.id, name, signal, run),
    activeElsewhere: () => activeElsewhere(context, record.uuid, host),
    absentEverywhere: () => absentEverywhere(context, record.uuid),
    savedDefinition: async () => (await context.store.definition(record.uuid))?.xml ?? null,
    wait: (delayMs) => sleep(context.clock, delayMs, signal),
  };
}

/** The step is in the store before it is begun, and its end after. A step cut off by the deadline ends as unknown. */
async function journaled<T>(context: RecoveryContext, attemptId: string, name: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { store, clock } = context;
  const step = await store.beginStep({ attemptId, name, startedAtMs: clock.nowMs() });
  signal.throwIfAborted();
  try {
    const value = await within(signal, run());
    await store.endStep(attemptId, step.ordinal, { state: 'succeeded', endedAtMs: clock.nowMs() });
    return value;
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw error;
    const state = error instanceof AttemptTimeout ? 'unknown' : 'failed';
    await store.endStep(attemptId, step.ordinal, { state, endedAtMs: clock.nowMs(), detail: messageOf(error) });
    throw error;
  }
}

async function verify(
  context: RecoveryContext,
  { record, action }: AttemptRequest,
  hypervisor: Hypervisor,
  sinceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const expected = expectedAfter(action, record.desired);
  if (expected === 'anything') return;
  if (expected === 'running') {
    return verifyRunning({
      clock: context.clock,
      verifySeconds: context.config().recovery.verifySeconds,
      state: () => hypervisor.state(record.uuid),
      probesAnswered: () => context.probesAnsweredSince(record.uuid, sinceMs),
      signal,
    });
  }
  const now = await hypervisor.state(record.uuid);
  if (now && now.state !== 'shutoff') throw new Error(`${now.state} (${now.reason}) after the action`);
}

/** Other hosts on which the domain is active, or was when they were last heard. */
function activeElsewhere(context: RecoveryContext, uuid: string, host: string): string[] {
  return context.view
    .sightings()
    .filter((sighting) => sighting.uuid === uuid && sighting.host !== host && sighting.state !== 'shutoff')
    .map((sighting) => sighting.host);
}

async function absentEverywhere(context: RecoveryContext, uuid: string): Promise<{ absent: boolean; why: string }> {
  for (const host of context.view.hosts()) {
    const hypervisor = host.state === 'up' ? context.hypervisor(host.name) : null;
    if (!hypervisor) return { absent: false, why: `host ${host.name} is not heard and may have it` };
    if (await hypervisor.state(uuid)) return { absent: false, why: `host ${host.name} has it` };
  }
  return { absent: true, why: '' };
}

export class AttemptTimeout extends Error {
  override name = 'AttemptTimeout';
  constructor(seconds: number) {
    super(`not verified within ${seconds} s`);
  }
}

/** Settles with `work`, or rejects with the signal's reason when that comes first. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
