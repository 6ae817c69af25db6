/** What the API says of one recovery, as facts in order of time. */
import type { AttemptRecord, DecisionRecord, Evidence, StepRecord } from '../../exporter/src/history/store.ts';
import { isAppAction } from '../../exporter/src/vocabulary.ts';
import type { Recovery } from '../stack/api.ts';

export interface Fact {
  atMs: number;
  what: 'done to it' | 'not served' | 'seen' | 'alert' | 'decided' | 'done' | 'verified' | 'failed' | 'serving' | 'ended';
  text: string;
}

/** Every fact that the record holds so far, the oldest first. The same record later gives the same facts and perhaps more. */
export function factsOf({ incident, attempts, steps, decisions }: Recovery): Fact[] {
  const facts = [
    ...incident.evidence.map(ofEvidence),
    ...decisions.map(ofDecision),
    ...steps.flatMap(ofStep),
    ...attempts.flatMap(ofAttempt),
  ];
  return facts.sort((one, other) => one.atMs - other.atMs);
}

function ofEvidence({ atMs, source, text }: Evidence): Fact {
  return { atMs, what: source === 'alert' ? 'alert' : 'seen', text };
}

function ofDecision({ atMs, kind, reason, why }: DecisionRecord): Fact {
  if (kind === 'close') return { atMs, what: 'ended', text: `${reason}: ${why}` };
  return { atMs, what: 'decided', text: `${kind}: ${why}` };
}

function ofStep({ name, state, startedAtMs, endedAtMs, detail }: StepRecord): Fact[] {
  if (endedAtMs === null) return [];
  const tookSeconds = ((endedAtMs - startedAtMs) / 1000).toFixed(2);
  const text = `${name}: ${state} after ${tookSeconds} s${detail === null ? '' : `: ${detail}`}`;
  return [{ atMs: endedAtMs, what: state === 'succeeded' ? 'done' : 'failed', text }];
}

function ofAttempt({ action, host, endedAtMs, verifyingAtMs, result, error }: AttemptRecord): Fact[] {
  if (endedAtMs === null) return [];
  if (result === 'unavailable') return [{ atMs: endedAtMs, what: 'decided', text: `${action} is left out: ${error}` }];
  if (result !== 'succeeded') return [{ atMs: endedAtMs, what: 'failed', text: `${action} on ${host}: ${error}` }];
  const seconds = verifyingAtMs === null ? '' : `, watched for ${((endedAtMs - verifyingAtMs) / 1000).toFixed(1)} s`;
  return [{ atMs: endedAtMs, what: 'verified', text: `${action} on ${host}: the ${isAppAction(action) ? 'app' : 'domain'} runs${seconds}` }];
}
