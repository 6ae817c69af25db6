/**
 * Which changes of a domain our own actions explain. A stop is ours only between the step that takes the domain down and the
 * start that brings it up again: a person who stops it while we still verify has stopped it.
 */
import type { AttemptRecord, StepRecord } from '../history/store.ts';
import type { Observed } from '../policy/types.ts';
import type { ChangedBy } from '../policy/desired.ts';
import type { RecoveryContext } from './context.ts';

export interface OwnAction {
  /** Wall-clock span of our last action on the domain; `toMs` null: under way. */
  fromMs: number;
  toMs: number | null;
  /**
   * From the step that took the domain down until a start of ours succeeded; `toMs` null: none has yet, so that the domain
   * is off because of us, whenever that is seen. Null: nothing of ours took it down.
   */
  down: { fromMs: number; toMs: number | null } | null;
}

/** An event of our own action may reach us this much after the action's end. */
const OWN_EVENT_DELAY_MS = 2000;
/** After these steps the domain is off until it is started. */
const TAKES_DOWN: ReadonlySet<string> = new Set(['destroy', 'define']);

export function beginOwnAction(context: RecoveryContext, uuid: string): void {
  const before = context.state.ownActions.get(uuid);
  const down = before?.down?.toMs === null ? before.down : null;
  context.state.ownActions.set(uuid, { fromMs: context.clock.nowMs(), toMs: null, down });
}

export function endOwnAction(context: RecoveryContext, uuid: string): void {
  const own = context.state.ownActions.get(uuid);
  if (own) own.toMs = context.clock.nowMs();
}

export function stepBegins(context: RecoveryContext, uuid: string, name: string): void {
  const own = context.state.ownActions.get(uuid);
  if (own && TAKES_DOWN.has(name) && own.down?.toMs !== null) own.down = { fromMs: context.clock.nowMs(), toMs: null };
}

export function stepSucceeded(context: RecoveryContext, uuid: string, name: string): void {
  const own = context.state.ownActions.get(uuid);
  if (name === 'create' && own?.down) own.down.toMs = context.clock.nowMs();
}

/** Fresh news show the domain running, and it is not by an action under way: what stops it from now on is not ours. */
export function seenRunning(context: RecoveryContext, uuid: string, atMs: number): void {
  const own = context.state.ownActions.get(uuid);
  if (own?.toMs != null && atMs > own.toMs + OWN_EVENT_DELAY_MS) own.down = null;
}

/** The incident is over: a domain that it leaves off is off by a person's leave. */
export function forgetOwnDown(context: RecoveryContext, uuid: string): void {
  if (isStillDown(context, uuid)) context.state.ownActions.delete(uuid);
}

/** After a restart: what the journal says of an open incident's attempts. */
export function restoreOwnAction(context: RecoveryContext, uuid: string, attempts: AttemptRecord[], steps: StepRecord[]): void {
  const last = attempts.findLast((attempt) => attempt.executingAtMs !== null);
  if (!last?.executingAtMs) return;
  let down: OwnAction['down'] = null;
  for (const { name, state, startedAtMs, endedAtMs } of steps) {
    if (TAKES_DOWN.has(name) && down?.toMs !== null) down = { fromMs: startedAtMs, toMs: null };
    if (name === 'create' && state === 'succeeded' && down) down.toMs = endedAtMs ?? startedAtMs;
  }
  context.state.ownActions.set(uuid, { fromMs: last.executingAtMs, toMs: last.endedAtMs ?? context.clock.nowMs(), down });
}

export function startedBy(context: RecoveryContext, uuid: string, atMs: number): ChangedBy {
  return isWithin(context.state.ownActions.get(uuid), atMs) ? 'recovery' : 'other';
}

export function stoppedBy(context: RecoveryContext, uuid: string, atMs: number): ChangedBy {
  return isWithin(context.state.ownActions.get(uuid)?.down, atMs) ? 'recovery' : 'other';
}

/** An action of ours took it down, and none has started it since. */
export function isStillDown(context: RecoveryContext, uuid: string): boolean {
  return context.state.ownActions.get(uuid)?.down?.toMs === null;
}

/** A domain that we took down on the way to starting it again was not stopped by a person. */
export function isOffByUs(context: RecoveryContext, uuid: string, observed: Observed): boolean {
  if (observed.kind !== 'present' || observed.state !== 'shutoff') return false;
  return stoppedBy(context, uuid, Math.max(observed.lastStop?.atMs ?? 0, observed.sinceMs)) === 'recovery';
}

function isWithin(span: { fromMs: number; toMs: number | null } | null | undefined, atMs: number): boolean {
  if (!span || atMs < span.fromMs) return false;
  return span.toMs === null || atMs <= span.toMs + OWN_EVENT_DELAY_MS;
}
