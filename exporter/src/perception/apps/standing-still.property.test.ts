import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SeenProcess } from './look.ts';
import { judgeDomain, newDomainApps, supervise, type DomainInput } from './supervise.ts';
import { declared } from './testing/declared.ts';
import { list, process, socket, unknown } from './testing/looks.ts';
import type { AppVerdict } from './verdict.ts';

const LONG_S = 60;
const SHORT_S = 2;
/** What looks and ticks may be short of it. */
const SHORTEST_MS = SHORT_S * 1000 - 50;
const app = declared({ match: { executable: '/usr/bin/x' }, tolerate: { stoppedSeconds: LONG_S, stoppedUnansweredSeconds: SHORT_S, uninterruptibleSeconds: LONG_S, startSeconds: 86_400 }, backlog: { seconds: LONG_S } });
const supervised = supervise([app]);

/** What one look shows, and the outcome of a probe right after it. */
interface Moment {
  afterMs: number;
  /** Null: a look without a list. */
  processes: SeenProcess[] | null;
  /** Null: the sockets are not known. */
  backlog: number | null;
  probe: 'none' | 'answered' | 'failed';
}
const PROBE_TIMEOUT_MS = 200;

const mostly = <A>(usual: A, ...others: A[]): fc.Arbitrary<A> => fc.oneof({ weight: 24, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const someProcess = (pid: number): fc.Arbitrary<SeenProcess> =>
  fc
    .record({
      state: mostly<SeenProcess['state']>('T', 'S', 't', 'D'),
      threads: mostly<Partial<SeenProcess>>({}, { threads: 2 }, { threadStates: null }, { threads: 2, threadStates: { T: 1, t: 1 } }),
      unit: mostly<string | null>('x.service', 'session-1.scope', null),
      userUnit: mostly<string | null>(null, 'y.service'),
      voluntarySwitches: mostly<number | null>(1, 2, null),
      userNanoseconds: mostly<number | null>(5, 6, null),
    })
    .map(({ threads, ...given }) => process({ pid, ...given, ...threads }));
const moment: fc.Arbitrary<Moment> = fc.record({
  afterMs: mostly(1_000, 250, 100, 3_000),
  processes: fc.oneof({ weight: 30, arbitrary: fc.tuple(someProcess(100), someProcess(101)) }, { weight: 1, arbitrary: fc.constant(null) }),
  backlog: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.constantFrom(0, 2, null) }),
  probe: fc.constantFrom('none', 'none', 'answered', 'failed'),
});

function play(moments: readonly Moment[]): AppVerdict[] {
  let state = newDomainApps();
  let atMs = 0;
  const feed = (input: DomainInput): AppVerdict => {
    const judged = judgeDomain(supervised, state, input);
    state = judged.state;
    return judged.verdict.apps.get(app.name) as AppVerdict;
  };
  return moments.map(({ afterMs, processes, backlog, probe }) => {
    atMs += afterMs;
    const sockets = backlog === null ? null : { sockets: [socket({ backlog })], incomplete: false };
    const verdict = feed({ kind: 'look', look: processes === null ? unknown(atMs) : list(atMs, processes, { sockets }) });
    const result = probe === 'answered' ? ({ ok: true } as const) : ({ ok: false, error: 'timeout' } as const);
    if (probe !== 'none') feed({ kind: 'probe', app: app.name, outcome: { atMs, name: 'p', result, failures: 1_000, intervalSeconds: 1, timeoutSeconds: PROBE_TIMEOUT_MS / 1000 } });
    return verdict;
  });
}

/** The looks up to the last one that all have a list and fulfil `holds`, each with the one before. */
function row(moments: readonly Moment[], holds: (now: Moment, before: Moment | null) => boolean): { looks: number; ms: number; from: number } {
  let from = moments.length;
  while (from > 0 && holds(moments[from - 1] as Moment, from < moments.length ? (moments[from] as Moment) : null)) from -= 1;
  return { looks: moments.length - from, ms: moments.slice(from + 1).reduce((sum, { afterMs }) => sum + afterMs, 0), from };
}

const work = (processes: readonly SeenProcess[]) => JSON.stringify(processes.map(({ userNanoseconds, voluntarySwitches }) => [userNanoseconds, voluntarySwitches]));
const isStopped = ({ state, threads, threadStates }: SeenProcess) => state === 'T' && JSON.stringify(threadStates) === JSON.stringify({ T: threads });
const isService = ({ unit, userUnit }: SeenProcess) => (unit?.endsWith('.service') ?? false) && userUnit === null;

/** The proofs at the last of these moments, told by what was fed alone. */
function proofs(moments: readonly Moment[]) {
  const stopped = row(moments, ({ processes }, after) => processes !== null && processes.every((each) => isStopped(each) && isService(each)) && (after === null || work(processes) === work(after.processes ?? [])));
  const waiting = row(moments, ({ processes, backlog }, after) => processes !== null && backlog !== null && backlog > 0 && (after === null || backlog <= (after.backlog ?? 0)));
  const since = moments.slice(stopped.from, -1);
  const outcomes = moments.slice(0, -1).filter(({ probe }) => probe !== 'none');
  // One that ends at the first look that shows the stop was asked before.
  const hasFailed = since.slice(1).some(({ probe }) => probe === 'failed') && outcomes.at(-1)?.probe === 'failed' && outcomes.some(({ probe }) => probe === 'answered');
  return { isStopped: stopped.looks >= 2 && stopped.ms >= SHORTEST_MS, isWaiting: waiting.looks >= 2 && waiting.ms >= SHORTEST_MS, hasFailed };
}

test('a stop is borne for less only where it is proven, and somebody who waits is proven another way', () => {
  const seen = { queue: 0, probe: 0, borne: 0 };
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 14 }), (moments) => {
      for (const [at, { fault, evidence }] of play(moments).entries()) {
        const { isStopped, isWaiting, hasFailed } = proofs(moments.slice(0, at + 1));
        if (fault !== 'app_hung') {
          if (isStopped) seen.borne += 1;
          continue;
        }
        expect({ isStopped, isKnown: isWaiting || hasFailed }).toEqual({ isStopped: true, isKnown: true });
        expect(evidence[0]).toMatchObject({ kind: 'stopped', processes: 2 });
        expect(evidence.length).toBeGreaterThan(1);
        seen[isWaiting ? 'queue' : 'probe'] += 1;
      }
    }),
    { numRuns: 3_000 },
  );
  expect(Object.values(seen).every((times) => times > 0)).toBe(true);
});

/** Each sign that the shorter time needs, taken away. The queue and the probe stand in for each other, so both go. */
const WITHOUT: Readonly<Record<string, (moment: Moment) => Moment>> = {
  'somebody who waits': (one) => ({ ...one, backlog: 0, probe: one.probe === 'failed' ? 'none' : one.probe }),
  'the stop of one process': (one) => ({ ...one, processes: one.processes && one.processes.map((each, index) => (index === 0 ? each : { ...each, state: 'S', threadStates: { S: each.threads } })) }),
  'the stop of one thread': (one) => ({ ...one, processes: one.processes && one.processes.map((each, index) => (index === 0 ? each : { ...each, threads: 2, threadStates: { T: 1, R: 1 } })) }),
  'the count of threads': (one) => ({ ...one, processes: one.processes && one.processes.map((each) => ({ ...each, threadStates: null })) }),
  'being a service': (one) => ({ ...one, processes: one.processes && one.processes.map((each) => ({ ...each, unit: 'session-1.scope' })) }),
};

test.each(Object.entries(WITHOUT))('without %s, no other signs together make it shorter', (_, weaken) => {
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 14 }), (moments) => {
      for (const { fault } of play(moments.map(weaken))) expect(fault).not.toBe('app_hung');
    }),
    { numRuns: 500 },
  );
});
