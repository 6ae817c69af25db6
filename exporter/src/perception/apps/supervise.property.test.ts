import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeVerdict } from './describe.ts';
import { MOST_FOLLOWED } from './members.ts';
import { judgeDomain, newDomainApps, supervise, type DomainAppsState, type DomainInput } from './supervise.ts';
import { declared } from './testing/declared.ts';
import { list, process, socket, unknown } from './testing/looks.ts';
import type { AppVerdict } from './verdict.ts';

const apps = [
  declared({ name: 'plain', tolerate: { absentSeconds: 0, stoppedSeconds: 0, uninterruptibleSeconds: 0, outOfRangeLists: 2, startSeconds: 0 }, backlog: { seconds: 0, growth: 1 } }),
  declared({ name: 'strict', match: { unit: 'x*', commandLine: '*x*' }, processes: { minimum: 2, maximum: 3 }, memoryLimitBytes: 2_000_000, port: 80, tolerate: { outOfRangeLists: 2, startSeconds: 1 } }),
  declared({ name: 'probed', processes: { minimum: 0 }, probes: [{ type: 'tcp', address: '{domain}', port: 80 }] }),
  { ...declared({ name: 'outside', probes: [{ type: 'tcp', address: '{domain}', port: 80 }] }), match: undefined },
];
const supervised = supervise(apps);

/** What happens, and how long after what happened before. */
type Step = { afterMs: number; at(atMs: number): DomainInput };

/** Nine times out of ten `usual`: what always changes is never wrong for long. */
const seldom = <A, B>(usual: fc.Arbitrary<A>, other: fc.Arbitrary<B>): fc.Arbitrary<A | B> => fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: other });

const someProcess = fc
  .record({
    pid: fc.integer({ min: 2, max: 6 }),
    state: fc.constantFrom('R' as const, 'S' as const, 'D' as const, 'T' as const, 't' as const, 'Z' as const),
    startTimeNanoseconds: seldom(fc.constant(10e9), fc.constantFrom(3_600e9, 3_700e9)),
    userNanoseconds: fc.option(fc.constantFrom(0, 1e6, 1e9)),
    residentBytes: fc.option(fc.constantFrom(0, 1_000_000, 3_000_000)),
    commandLine: seldom(fc.constant('x'), fc.option(fc.constant('y'))).map((word) => (word === null ? null : [word])),
    executable: fc.option(fc.constant('/usr/bin/x')),
    unit: seldom(fc.constant('x.service'), fc.option(fc.constant('y.service'))),
    cgroup: seldom(fc.constant('/c'), fc.constant(null)),
    kernelThread: seldom(fc.constant(false), fc.constant(true)),
  })
  .map((given) => process(given));
const someSockets = fc.option(
  fc.record({
    sockets: fc.array(fc.record({ pid: fc.integer({ min: 1, max: 6 }), backlog: fc.nat(6), maxBacklog: fc.constantFrom(0, 5, 511), port: fc.constantFrom(80, 81) }).map((given) => socket(given)), { maxLength: 4 }),
    incomplete: fc.boolean(),
  }),
);
const gap = seldom(fc.constantFrom(0, 1, 250, 1_000, 10_000), fc.nat(70_000));
const liveness = fc.option(
  fc.record({ jiffies: fc.constantFrom(1n, 2n, 1_000_000n, 2n ** 63n), jiffiesPerSecond: fc.option(fc.constant(250)), panicked: fc.boolean(), uptimeSeconds: fc.option(fc.constantFrom(0, 1, 3_600, 1e9)) }),
);
/** What differs from the look of a guest that runs well. */
const odd = seldom(fc.constant({}), fc.record({ boot: fc.constantFrom('boot 1', 'boot 2'), liveness }));

const listStep: fc.Arbitrary<Step> = fc
  .record({ afterMs: gap, processes: fc.array(someProcess, { maxLength: 5 }), sockets: someSockets, given: odd, hasInit: seldom(fc.constant(true), fc.constant(false)) })
  .map(({ afterMs, processes, sockets, given, hasInit }) => ({ afterMs, at: (atMs) => ({ kind: 'look', look: list(atMs, processes, { sockets, ...given, ...(hasInit ? {} : { processes }) }) }) }));
const unknownStep: fc.Arbitrary<Step> = fc
  .record({ afterMs: gap, reason: fc.constantFrom('unreadable', 'inconsistent', 'not-up-yet', 'paused', 'not-linux', 'unsupported-kernel', 'x'), boot: fc.option(fc.constantFrom('boot 1', 'boot 2')) })
  .map(({ afterMs, reason, boot }) => ({ afterMs, at: (atMs) => ({ kind: 'look', look: { ...unknown(atMs, reason), boot } }) }));
const probeStep = (ok: fc.Arbitrary<boolean>): fc.Arbitrary<Step> =>
  fc.record({ afterMs: gap, app: fc.constantFrom('plain', 'probed', 'outside', 'nobody'), name: fc.constantFrom('p', 'q'), isOk: ok, failures: fc.integer({ min: 1, max: 3 }) }).map(({ afterMs, app, name, isOk, failures }) => ({
    afterMs,
    at: (atMs) => ({ kind: 'probe', app, outcome: { atMs, name, result: isOk ? { ok: true } : { ok: false, error: 'ECONNREFUSED' }, failures, intervalSeconds: 5, timeoutSeconds: 2 } }),
  }));
const ownStep: fc.Arbitrary<Step> = fc.record({ afterMs: gap, app: fc.constantFrom(null, 'plain'), kind: fc.constantFrom('rebooted' as const, 'muted' as const, 'unmuted' as const), forMs: fc.nat(100_000) }).map(({ afterMs, app, kind, forMs }) => ({
  afterMs,
  at: (atMs) => (kind === 'rebooted' ? { kind, atMs } : kind === 'muted' ? { kind, app, atMs, untilMs: atMs + forMs, why: 'x' } : { kind, app, atMs }),
}));
const anyStep = fc.oneof({ weight: 6, arbitrary: listStep }, { weight: 2, arbitrary: unknownStep }, { weight: 2, arbitrary: probeStep(fc.boolean()) }, { weight: 1, arbitrary: ownStep });

interface Played {
  state: DomainAppsState;
  atMs: number;
  /** Verdicts after each step. */
  verdicts: ReadonlyMap<string, AppVerdict>[];
}

function play(steps: readonly Step[], from: DomainAppsState = newDomainApps(), fromMs = 0): Played {
  let state = from;
  let atMs = fromMs;
  const verdicts = steps.map((step) => {
    atMs += step.afterMs;
    const judged = judgeDomain(supervised, state, step.at(atMs));
    state = judged.state;
    return judged.verdict.apps;
  });
  return { state, atMs, verdicts };
}

const faultsOf = (verdicts: readonly ReadonlyMap<string, AppVerdict>[]) => verdicts.flatMap((each) => [...each.values()].map(({ fault }) => fault)).filter((fault) => fault !== null);

test('looks without a list never show a fault, however many there are', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(unknownStep, ownStep, probeStep(fc.constant(true))), { maxLength: 40 }), (steps) => {
      expect(faultsOf(play(steps).verdicts)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test('a look without a list shows no fault whatever was before it, unless nobody can look in and the probes fail', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 30 }), unknownStep, (steps, last) => {
      const { verdicts } = play([...steps, last]);
      for (const verdict of verdicts.at(-1)?.values() ?? []) if (verdict.fault !== null) expect(verdict).toMatchObject({ fault: 'app_hung', basis: 'silence' });
    }),
    { numRuns: 1_000 },
  );
});

test('an app is down only after two good lists in a row without it', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const before = new Map<string, string>();
      const { verdicts } = play(steps);
      for (const each of verdicts) {
        for (const [name, { state, fault }] of each) {
          if (fault === 'app_down') expect(before.get(name)).toMatch(/^(?:doubtful|down|starting)$/);
          before.set(name, fault === 'app_down' ? 'down' : state);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

test('no single list, anywhere among looks without one, ever makes an app down', () => {
  const others = fc.array(fc.oneof(unknownStep, ownStep, probeStep(fc.boolean())), { maxLength: 10 });
  fc.assert(
    fc.property(others, listStep, others, fc.boolean(), (before, only, after, isTwice) => {
      const again: Step[] = isTwice ? [{ ...only, afterMs: 0 }] : [];
      expect(faultsOf(play([...before, only, ...again, ...after]).verdicts)).not.toContain('app_down');
    }),
    { numRuns: 1_000 },
  );
});

test('the same observations have the same verdict, and the state is plain data', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 20 }), anyStep, (steps, last) => {
      const { state, atMs } = play(steps);
      const copied = structuredClone(state);
      expect(play([last], copied, atMs)).toEqual(play([last], state, atMs));
      expect(copied).toEqual(state);
    }),
    { numRuns: 300 },
  );
});

test('every fault clears when the app serves again', () => {
  const served = (pid: number): Step => ({
    afterMs: 1_000,
    at: (atMs) => ({
      kind: 'look',
      look: list(atMs, [process({ pid, commandLine: ['x'], userNanoseconds: atMs }), process({ pid: pid + 1, commandLine: ['x'], userNanoseconds: atMs })].map((each) => ({ ...each, residentBytes: 500_000 })), {
        sockets: { sockets: [socket({ pid })], incomplete: false },
        boot: 'z',
      }),
    }),
  });
  const answered = (app: string, name: string): Step => ({ afterMs: 0, at: (atMs) => ({ kind: 'probe', app, outcome: { atMs, name, result: { ok: true }, failures: 3, intervalSeconds: 5, timeoutSeconds: 2 } }) });
  const answers = ['plain', 'probed', 'outside'].flatMap((app) => [answered(app, 'p'), answered(app, 'q')]);
  const found = new Set<unknown>();
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), fc.integer({ min: 2, max: 8 }), (steps, pid) => {
      const { state, atMs, verdicts: before } = play(steps);
      for (const fault of faultsOf(before)) found.add(fault);
      // Longer than anything that was muted.
      const { verdicts } = play([{ ...served(pid), afterMs: 200_000 }, ...answers, served(pid), ...answers], state, atMs);
      expect([...(verdicts.at(-1) ?? [])].map(([name, verdict]) => [name, verdict.state, verdict.fault])).toEqual([
        ['plain', 'up', null],
        ['strict', 'up', null],
        ['probed', 'up', null],
        ['outside', 'up', null],
      ]);
    }),
    { numRuns: 1_000 },
  );
  expect([...found].sort()).toEqual(['app_degraded', 'app_down', 'app_hung']);
});

test('the state and the texts are bounded, whatever the guest shows', () => {
  const flood = (second: number): Step => ({
    afterMs: 1_000,
    at: (atMs) => ({
      kind: 'look',
      look: list(atMs, Array.from({ length: 3_000 }, (_, index) => process({ pid: 2 + index, commandLine: ['x'], state: 'T' })), {
        sockets: { sockets: Array.from({ length: 3_000 }, (_, index) => socket({ pid: 2 + index, port: index, backlog: second })), incomplete: false },
      }),
    }),
  });
  const probes = Array.from({ length: 100 }, (_, index): Step => ({
    afterMs: 1,
    at: (atMs) => ({ kind: 'probe', app: 'plain', outcome: { atMs, name: `p${index}`, result: { ok: false, error: 'x'.repeat(10_000) }, failures: 1, intervalSeconds: 5, timeoutSeconds: 2 } }),
  }));
  const { state, verdicts } = play([1, 2, 3, 4, 5].flatMap((second) => [flood(second), ...probes]));
  for (const app of state.apps.values()) {
    expect(app.members.length).toBeLessThanOrEqual(MOST_FOLLOWED);
    expect(app.probes.length).toBeLessThanOrEqual(16);
    expect(app.look.kind === 'list' ? app.look.queues.length : 0).toBeLessThanOrEqual(64);
  }
  for (const [name, verdict] of verdicts.at(-1) ?? []) {
    expect(verdict.evidence.length).toBeLessThanOrEqual(16);
    expect(describeVerdict(name, 'd', verdict).length).toBeLessThan(8_000);
  }
});
