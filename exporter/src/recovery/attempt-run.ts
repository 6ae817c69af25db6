/**
 * What every attempt has in common, whatever it acts on: planned, begun, stepped and ended in the store, each before it is done;
 * bounded in time; verified afterwards.
 */
import type { Action, AttemptResult } from '../vocabulary.ts';
import { ActionError, UnknownEndError } from '../execution/action.ts';
import type { AttemptRecord, IncidentRecord } from '../history/store.ts';
import { StoreUnavailableError } from '../history/store.ts';
import type { RecoveryContext } from './context.ts';
import { patchIncident } from './incidents.ts';

/** What one attempt does, to whatever it is. */
export interface AttemptWork {
  incident: IncidentRecord;
  action: Action;
  /** Host on which it acts. */
  host: string;
  timeoutSeconds: number;
  actor: string;
  /** Asked right before the first side effect: why it must not be taken any more; null: nothing stands in the way. */
  objection: () => string | null;
  /** Around everything that is done: marks it as our own. */
  begin(): void;
  end(): void;
  /** Resolves with the host on which the target is to be looked at then. */
  perform(attempt: Performing): Promise<{ host: string }>;
  /** `sinceMs`: wall clock of the beginning. */
  verify(host: string, sinceMs: number, signal: AbortSignal): Promise<void>;
  stepBegins?(name: string): void;
  stepSucceeded?(name: string): void;
  /** What an attempt whose time is over still waited for, for people; empty: nobody knows. */
  missing?(): string;
}

export interface Performing {
  /** Journals `name`, then runs it. The step is in the store before `run` is called; what `told` says of its success is kept with its end. */
  step<T>(name: string, run: () => Promise<T>, detail?: string, told?: (value: T) => string): Promise<T>;
  signal: AbortSignal;
  /** Monotonic. */
  endsAtMs: number;
}

export interface AttemptEnd {
  result: AttemptResult;
  error: string | null;
}

/**
 * Runs one attempt to its end. The caller holds the target's place in the queue and has the operation lock.
 * Rejects only when the store fails: the attempt's end is then unknown and is settled later.
 */
export async function runWork(context: RecoveryContext, work: AttemptWork): Promise<AttemptEnd> {
  const { store, clock, state } = context;
  const { incident, action, host, actor } = work;
  const attempt = await store.planAttempt({ incidentId: incident.id, action, host, plannedAtMs: clock.nowMs(), actor });
  const deadline = new AbortController();
  const signal = AbortSignal.any([deadline.signal, state.abandoned.signal]);
  const limit = work.timeoutSeconds;
  const endsAtMs = clock.monotonicMs() + limit * 1000;
  const cancelDeadline = clock.after(limit * 1000, () => deadline.abort(new AttemptTimeout(limit)));
  const beganAtMs = clock.nowMs();
  work.begin();
  try {
    await store.patchAttempt(attempt.id, { state: 'executing', executingAtMs: beganAtMs });
    await patchIncident(context, incident, { state: 'executing', hold: null });
    context.metrics.phase('decide', (beganAtMs - incident.openedAtMs) / 1000);
    const end = await execute(context, work, attempt, { signal, endsAtMs });
    await store.patchAttempt(attempt.id, { state: 'ended', endedAtMs: clock.nowMs(), ...end });
    context.metrics.attemptEnded(action, end.result);
    context.log.info({ incident: incident.id, action, host, ...end }, 'attempt ended');
    return end;
  } finally {
    cancelDeadline();
    work.end();
  }
}

async function execute(context: RecoveryContext, work: AttemptWork, attempt: AttemptRecord, { signal, endsAtMs }: Pick<Performing, 'signal' | 'endsAtMs'>): Promise<AttemptEnd> {
  const { clock, store } = context;
  const executingAtMs = clock.nowMs();
  try {
    const { host } = await within(signal, work.perform({ signal, endsAtMs, step: stepper(context, work, attempt.id, signal) }));
    const verifyingAtMs = clock.nowMs();
    context.metrics.phase('execute', (verifyingAtMs - executingAtMs) / 1000);
    await store.patchAttempt(attempt.id, { state: 'verifying', verifyingAtMs });
    await patchIncident(context, work.incident, { state: 'verifying', ...(host === work.host ? {} : { host }) });
    await within(signal, work.verify(host, executingAtMs, signal));
    context.metrics.phase('verify', (clock.nowMs() - verifyingAtMs) / 1000);
    return { result: 'succeeded', error: null };
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof AttemptAbandoned) throw error;
    if (error instanceof AttemptWithdrawn) return { result: 'interrupted', error: error.message };
    if (error instanceof AttemptTimeout) return { result: 'timed_out', error: [error.message, work.missing?.() ?? ''].filter(Boolean).join(': ') };
    if (error instanceof ActionError) return { result: error.kind, error: error.message };
    return { result: 'failed', error: messageOf(error) };
  }
}

function stepper(context: RecoveryContext, work: AttemptWork, attemptId: string, signal: AbortSignal): Performing['step'] {
  let begun = false;
  const mayBegin = (): void => {
    const objection = begun ? null : work.objection();
    if (objection !== null) throw new AttemptWithdrawn(objection);
    begun = true;
  };
  return (name, run, detail, told) => journaled(context, { work, attemptId, name, signal, mayBegin, detail }, run, told);
}

interface Step {
  work: AttemptWork;
  attemptId: string;
  name: string;
  signal: AbortSignal;
  mayBegin(): void;
  detail: string | undefined;
}

/** The step is in the store before it is begun, and its end after. A step cut off by the deadline ends as unknown. */
async function journaled<T>(context: RecoveryContext, { work, attemptId, name, signal, mayBegin, detail }: Step, run: () => Promise<T>, told?: (value: T) => string): Promise<T> {
  signal.throwIfAborted();
  const { store, clock } = context;
  const step = await store.beginStep({ attemptId, name, startedAtMs: clock.nowMs(), ...(detail === undefined ? {} : { detail }) });
  try {
    signal.throwIfAborted();
    mayBegin();
    work.stepBegins?.(name);
    const value = await within(signal, run());
    work.stepSucceeded?.(name);
    await store.endStep(attemptId, step.ordinal, { state: 'succeeded', endedAtMs: clock.nowMs(), ...(told === undefined ? {} : { detail: withDetail(told(value), detail ?? null) }) });
    return value;
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof AttemptAbandoned) throw error;
    const state = error instanceof AttemptTimeout || error instanceof UnknownEndError ? 'unknown' : 'failed';
    await store.endStep(attemptId, step.ordinal, { state, endedAtMs: clock.nowMs(), detail: withDetail(messageOf(error), detail ?? null) });
    throw error;
  }
}

/** What a step began with is kept beside how it ended. */
export function withDetail(text: string, detail: string | null): string {
  return detail === null ? text : `${detail}; ${text}`;
}

/** Something came between the decision and the first side effect. Nothing was done. */
export class AttemptWithdrawn extends Error {
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
