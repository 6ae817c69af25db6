import { OUTCOMES } from '../../api/vocabulary';
import type { Status } from './types';

const KNOWN = new Set<string>(OUTCOMES);

/** Other words for the same, as people and other sources write them. */
const SYNONYMS: Record<string, Status> = {
  success: 'recovered',
  succeeded: 'recovered',
  ok: 'recovered',
  failure: 'failed',
  error: 'failed',
};

/** States of an incident that is not over. */
export const OPEN_STATES: ReadonlySet<string> = new Set(['open', 'executing', 'verifying', 'escalated']);

/** How a row is drawn. An incident handed to a person is `escalated` though it is not over: that is what it waits for. */
export function statusOf(outcome: string, state: string, ended: boolean): Status {
  const word = normalise(outcome);
  if (word === '') {
    return ended ? 'ended' : normalise(state) === 'escalated' ? 'escalated' : 'in_progress';
  }
  return isOutcome(word) ? word : (SYNONYMS[word] ?? (word === 'in_progress' ? 'in_progress' : 'unknown'));
}

function normalise(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}

function isOutcome(word: string): word is (typeof OUTCOMES)[number] {
  return KNOWN.has(word);
}
