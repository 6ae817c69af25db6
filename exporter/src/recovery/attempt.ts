/**
 * One attempt: a rung of the ladder, or an operator's order. Planned, begun, stepped and ended in the store, each before it
 * is done; verified by looking at the domain afterwards.
 */
import type { Action, AttemptResult, DesiredState } from '../vocabulary.ts';
import { sleep } from '../events/clock.ts';
import type { ActionContext } from '../execution/action.ts';
import { ActionError, UnknownEndError } from '../execution/action.ts';
import { performDomainAction } from '../execution/domain.ts';
import type { DomainStateNow, Hypervisor } from '../execution/hypervisor.ts';
import type { VerifyOptions } from '../execution/verify.ts';
import { verifyRunning } from '../execution/verify.ts';
import type { AttemptRecord, DomainRecord, IncidentRecord } from '../history/store.ts';
import { StoreUnavailableError } from '../history/store.ts';
import type { RecoveryContext } from './context.ts';
import { decided, patchIncident } from './incidents.ts';
import { chooseDestination } from './migrations.ts';
import { beginOwnAction, endOwnAction, stepBegins, stepSucceeded } from './own-actions.ts';

export interface AttemptRequest {
  record: DomainRecord;
  incident: IncidentRecord;
  action: Action;
  /** Host on which it acts. */
  host: string;
  timeoutSeconds: number;
  actor: string;
  /** What the domain is to be, by inventory or by virtmedic's own record. */
  desired: DesiredState;
  /** Asked right before the first side effect: why it must not be taken any more; null: nothing stands in the way. */
  objection: () => string | null;
}

/** Of one attempt. */
interface Limit {
  signal: AbortSignal;
  /** Monotonic. */
  endsAtMs: number;
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
  const signal = AbortSignal.any([deadline.signal, state.abandoned.signal]);
  const limit = request.timeoutSeconds;
  const endsAtMs = clock.monotonicMs() + limit * 1000;
  const cancelDeadline = clock.after(limit * 1000, () => deadline.abort(new AttemptTimeout(limit)));
  const beganAtMs = clock.nowMs();
  beginOwnAction(context, record.uuid);
  try {
    await store.patchAttempt(attempt.id, { state: 'executing', executingAtMs: beganAtMs });
    await patchIncident(context, incident, { state: 'executing', hold: null });
    context.metrics.phase('decide', (beganAtMs - incident.openedAtMs) / 1000);
    const end = await execute(context, request, attempt, { signal, endsAtMs });
    await store.patchAttempt(attempt.id, { state: 'ended', endedAtMs: clock.nowMs(), ...end });
    context.metrics.attemptEnded(action, end.result);
    context.log.info({ incident: incident.id, action, host, ...end }, 'attempt ended');
    return end;
  } finally {
    cancelDeadline();
    endOwnAction(context, record.uuid);
  }
}

async function execute(
  context: RecoveryContext,
  request: AttemptRequest,
  attempt: AttemptRecord,
  limit: Limit,
): Promise<AttemptEnd> {
  const { clock, store } = context;
  const { signal } = limit;
  const executingAtMs = clock.nowMs();
  try {
    const hypervisor = context.hypervisor(request.host);
    if (!hypervisor) throw new ActionError('failed', `host ${request.host} is not connected`);
    const { host } = await within(signal, performDomainAction(request.action, actionContext(context, request, attempt, hypervisor, limit)));
    const verifyingAtMs = clock.nowMs();
    context.metrics.phase('execute', (verifyingAtMs - executingAtMs) / 1000);
    await store.patchAttempt(attempt.id, { state: 'verifying', verifyingAtMs });
    await patchIncident(context, request.incident, { state: 'verifying', ...(host === request.host ? {} : { host }) });
    await within(signal, verify(context, { ...request, host }, executingAtMs, signal));
    context.metrics.phase('verify', (clock.nowMs() - verifyingAtMs) / 1000);
    return { result: 'succeeded', error: null };
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof AttemptAbandoned) throw error;
    if (error instanceof AttemptWithdrawn) return { result: 'interrupted', error: error.message };
    if (error instanceof AttemptTimeout) return { result: 'timed_out', error: error.message };
    if (error instanceof ActionError) return { result: error.kind, error: error.message };
    return { result: 'failed', error: messageOf(error) };
  }
}

function actionContext(
  context: RecoveryContext,
  request: AttemptRequest,
  attempt: AttemptRecord,
  hypervisor: Hypervisor,
  { signal, endsAtMs }: Limit,
): ActionContext {
  const { record, host, desired } = request;
  let begun = false;
  const mayBegin = (): void => {
    const objection = begun ? null : request.objection();
    if (objection !== null) throw new AttemptWithdrawn(objection);
    begun = true;
  };
  return {
    uuid: record.uuid,
    name: record.name,
    host,
    desired,
    hypervisor,
    step: (name, run) => journaled(context, { attemptId: attempt.id, uuid: record.uuid, name, signal, mayBegin }, run),
    activeElsewhere: () => activeElsewhere(context, record.uuid, host),
    absentEverywhere: () => absentEverywhere(context, record.uuid),
    savedDefinition: async () => (await context.store.definition(record.uuid))?.xml ?? null,
    async destination() {
      const choice = await chooseDestination(context, record, host);
      await decided(context, request.incident, { kind: 'act', reason: 'destination', why: choice.why });
      return choice;
    },
    runsOn: () => runsOn(context, record.uuid, host),
    timeLeftMs: () => endsAtMs - context.clock.monotonicMs(),
    verifyMs: context.config().recovery.verifySeconds * 1000,
    wait: (delayMs) => sleep(context.clock, delayMs, signal),
  };
}

interface Step {
  attemptId: string;
  uuid: string;
  name: string;
  signal: AbortSignal;
  mayBegin(): void;
}

/** The step is in the store before it is begun, and its end after. A step cut off by the deadline ends as unknown. */
async function journaled<T>(context: RecoveryContext, { attemptId, uuid, name, signal, mayBegin }: Step, run: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { store, clock } = context;
  const step = await store.beginStep({ attemptId, name, startedAtMs: clock.nowMs() });
  try {
    signal.throwIfAborted();
    mayBegin();
    stepBegins(context, uuid, name);
    const value = await within(signal, run());
    stepSucceeded(context, uuid, name);
    await store.endStep(attemptId, step.ordinal, { state: 'succeeded', endedAtMs: clock.nowMs() });
    return value;
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof AttemptAbandoned) throw error;
    const state = error instanceof AttemptTimeout || error instanceof UnknownEndError ? 'unknown' : 'failed';
    await store.endStep(attemptId, step.ordinal, { state, endedAtMs: clock.nowMs(), detail: messageOf(error) });
    throw error;
  }
}

async function verify(context: RecoveryContext, { record, action, host, desired }: AttemptRequest, sinceMs: number, signal: AbortSignal): Promise<void> {
  const expected = expectedAfter(action, desired);
  if (expected === 'anything') return;
  if (expected === 'running') return verifyRunning(runningOptions(context, record.uuid, host, sinceMs, signal));
  const now = await stateOn(context, host, record.uuid);
  if (now && now.state !== 'shutoff') throw new Error(`${now.state} (${now.reason}) after the action`);
}

/** What verification on `host` asks: libvirt, the probes since `sinceMs`, and whether perception still has proof against it. */
export function runningOptions(context: RecoveryContext, uuid: string, host: string, sinceMs: number, signal: AbortSignal): VerifyOptions {
  return {
    clock: context.clock,
    verifySeconds: context.config().recovery.verifySeconds,
    state: () => stateOn(context, host, uuid),
    probesAnswered: () => context.probesAnsweredSince(uuid, sinceMs) && !isProvenUnhealthy(context, uuid, host),
    signal,
  };
}

/** A guest that still hangs after its reset is not recovered. */
function isProvenUnhealthy(context: RecoveryContext, uuid: string, host: string): boolean {
  const observed = context.view.observed(uuid, host);
  return observed.kind === 'present' && observed.health !== 'healthy';
}

/** By the connection of the moment: the one of the beginning may be gone. */
async function stateOn(context: RecoveryContext, host: string, uuid: string): Promise<DomainStateNow | null> {
  const hypervisor = context.hypervisor(host);
  if (!hypervisor) throw new Error(`host ${host} is not connected`);
  return hypervisor.state(uuid);
}

/** Other hosts on which the domain is active, or was when they were last heard. */
function activeElsewhere(context: RecoveryContext, uuid: string, host: string): string[] {
  return context.view
    .sightings()
    .filter((sighting) => sighting.uuid === uuid && sighting.host !== host && sighting.state !== 'shutoff')
    .map((sighting) => sighting.host);
}

async function runsOn(context: RecoveryContext, uuid: string, notOn: string): Promise<string | null> {
  for (const { name, state } of context.view.hosts()) {
    const hypervisor = name === notOn || state !== 'up' ? null : context.hypervisor(name);
    const now = await hypervisor?.state(uuid).catch(() => null);
    if (now?.state === 'running') return name;
  }
  return null;
}

async function absentEverywhere(context: RecoveryContext, uuid: string): Promise<{ absent: boolean; why: string }> {
  for (const host of context.view.hosts()) {
    const hypervisor = host.state === 'up' ? context.hypervisor(host.name) : null;
    if (!hypervisor) return { absent: false, why: `host ${host.name} is not heard and may have it` };
    if (await hypervisor.state(uuid)) return { absent: false, why: `host ${host.name} has it` };
  }
  return { absent: true, why: '' };
}

/** Something came between the decision and the first side effect. Nothing was done. */
class AttemptWithdrawn extends Error {
  override name = 'AttemptWithdrawn';
  constructor(objection: string) {
    super(`withdrawn before anything was done: ${objection}`);
  }
}

/** The process ends; the attempt's end is for the next one to find out. */
export class AttemptAbandoned extends Error {
  override name = 'AttemptAbandoned';
  constructor() {
    super('virtmedic is being stopped');
  }
}

class AttemptTimeout extends Error {
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
