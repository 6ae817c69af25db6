import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeEvidence, describeVerdict } from './describe.ts';
import type { AppVerdict, Evidence } from './verdict.ts';

const verdict = (given: Partial<AppVerdict>): AppVerdict => ({ state: 'up', fault: null, sinceMs: null, basis: null, evidence: [], figures: null, ...given });

it.each([
  [{}, 'web in d runs'],
  [{ state: 'off' }, 'web in d does not run, as it may'],
  [{ state: 'faulty', fault: 'app_down', evidence: [{ kind: 'absent', lists: 3, forMs: 2_040 }] }, 'web in d is down: absent: no process in 3 lists in a row, for 2 s'],
  [{ state: 'doubtful', evidence: [{ kind: 'absent', lists: 1, forMs: 0 }] }, 'web in d may be down: absent: no process in 1 list'],
  [
    { state: 'faulty', fault: 'app_hung', evidence: [{ kind: 'stopped', processes: 3, forMs: 12_400 }, { kind: 'probe', probe: 'http http://d/', failures: 3, error: 'no answer within 2 s' }] },
    'web in d hangs: stopped: 3 processes in state T for 12 s; probe http http://d/ failed 3 times (no answer within 2 s)',
  ],
  [{ state: 'unknown', evidence: [{ kind: 'unknown', reason: 'not-up-yet', text: 'ask later', forMs: 0 }] }, 'web in d is not known: unknown (not-up-yet): ask later'],
] satisfies [Partial<AppVerdict>, string][])('says %j as %s', (given, text) => {
  expect(describeVerdict('web', 'd', verdict(given))).toBe(text);
});

it.each([
  [{ kind: 'uninterruptible', processes: 1, forMs: 130_000 }, 'uninterruptible: 1 process in state D for 130 s without using any CPU'],
  [{ kind: 'waiting', address: '::', port: 80, connections: 2, forMs: 2_020 }, 'waiting: 2 connections wait at :: port 80; none was accepted for 2 s'],
  [{ kind: 'backlog', address: '::', port: 80, from: 1, to: 5, isFull: false, forMs: 9_960 }, 'backlog of :: port 80: 1 -> 5 connections wait; none was accepted for 10 s'],
  [{ kind: 'backlog', address: '::', port: 80, from: 6, to: 6, isFull: true, forMs: 11_000 }, 'backlog of :: port 80: 6 -> 6 connections wait, and it is full; none was accepted for 11 s'],
  [{ kind: 'too_few', processes: 1, minimum: 2, lists: 5 }, 'processes: 1, at least 2 expected, in 5 lists in a row'],
  [{ kind: 'memory', bytes: 3 * 2 ** 30, limitBytes: 2 ** 30, lists: 5 }, 'memory: 3072 MiB resident, at most 1024 MiB expected, in 5 lists in a row'],
] satisfies [Evidence, string][])('says %j as %s', (evidence, text) => {
  expect(describeEvidence(evidence)).toBe(text);
});

it('says in one line of bounded length what a guest made up', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (made) => {
      for (const evidence of [{ kind: 'probe', probe: made, failures: 1, error: made }, { kind: 'unknown', reason: made, text: made, forMs: 1 }, { kind: 'muted', why: made }] as const) {
        const text = describeEvidence(evidence);
        expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
        expect(text.length).toBeLessThan(400);
      }
    }),
  );
});
