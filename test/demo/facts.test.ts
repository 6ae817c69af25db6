import { expect, test } from 'vitest';
import type { Recovery } from '../stack/api.ts';
import { factsOf } from './facts.ts';

const attempt = {
  id: 'a', incidentId: 'i', ordinal: 1, action: 'start', host: 'h1', state: 'ended', actor: 'policy', error: null,
  plannedAtMs: 40, executingAtMs: 41, verifyingAtMs: 500, endedAtMs: 5500, result: 'succeeded',
} as const;

function recovery(parts: Partial<Recovery>): Recovery {
  const incident = { evidence: [] } as unknown as Recovery['incident'];
  const timings = { detectMs: 0, decideMs: null, executeMs: null, verifyMs: null, totalMs: null };
  return { incident, attempts: [], steps: [], decisions: [], timings, ...parts };
}

test('a recovery is told in order of time, whatever the order of its parts', () => {
  const facts = factsOf(
    recovery({
      incident: {
        evidence: [
          { atMs: 30, source: 'alert', text: 'VirtmedicDomainCrashed is firing (webhook)' },
          { atMs: 10, source: 'perception', text: 'shut off (failed) on h1' },
        ],
      } as unknown as Recovery['incident'],
      attempts: [attempt],
      steps: [{ attemptId: 'a', ordinal: 1, name: 'create', state: 'succeeded', startedAtMs: 50, endedAtMs: 480, detail: null }],
      decisions: [
        { incidentId: 'i', atMs: 11, kind: 'wait', reason: 'waiting_for_alert', why: 'the alert has not come back yet' },
        { incidentId: 'i', atMs: 5501, kind: 'close', reason: 'recovered', why: 'verified running' },
      ],
    }),
  );
  expect(facts.map(({ atMs, what, text }) => `${atMs} ${what}: ${text}`)).toEqual([
    '10 seen: shut off (failed) on h1',
    '11 decided: wait: the alert has not come back yet',
    '30 alert: VirtmedicDomainCrashed is firing (webhook)',
    '480 done: create: succeeded after 0.43 s',
    '5500 verified: start on h1: the domain runs, watched for 5.0 s',
    '5501 ended: recovered: verified running',
  ]);
});

test('what is under way is not told yet, and what failed is told as failed', () => {
  const facts = factsOf(
    recovery({
      attempts: [
        { ...attempt, result: 'failed', error: 'no disk', verifyingAtMs: null },
        { ...attempt, ordinal: 2, action: 'relocate', result: 'unavailable', error: 'relocate is off', executingAtMs: null, endedAtMs: 5501 },
        { ...attempt, ordinal: 3, state: 'verifying', result: null, endedAtMs: null },
      ],
      steps: [
        { attemptId: 'a', ordinal: 1, name: 'create', state: 'failed', startedAtMs: 50, endedAtMs: 150, detail: 'no disk' },
        { attemptId: 'a', ordinal: 2, name: 'create', state: 'started', startedAtMs: 60, endedAtMs: null, detail: null },
      ],
    }),
  );
  expect(facts.map(({ what, text }) => `${what}: ${text}`)).toEqual([
    'failed: create: failed after 0.10 s: no disk',
    'failed: start on h1: no disk',
    'decided: relocate is left out: relocate is off',
  ]);
});
