import { expect, it } from 'vitest';
import { describeVerdict } from './describe.ts';
import type { SeenProcess, SeenSocket } from './look.ts';
import { judgeDomain, newDomainApps, supervise, type DomainAppsState, type DomainInput } from './supervise.ts';
import { declared } from './testing/declared.ts';
import { list, process, socket } from './testing/looks.ts';
import type { AppVerdict } from './verdict.ts';

const S = 1000;
const STOPPED = process({ state: 'T' });
const WAITING: Partial<SeenSocket> = { backlog: 1 };
const BORNE = { tolerate: { stoppedUnansweredSeconds: 2 } };

/** One app of a unit, stopped by default for `seconds`, one look each second. */
interface Scene {
  app?: Parameters<typeof declared>[0];
  seconds?: number;
  /** At each look. */
  processes?: (second: number) => SeenProcess[];
  queue?: (second: number) => Partial<SeenSocket> | null;
  jiffies?: (second: number) => bigint;
  /** Error of a probe that ends right after the look of that second; null: it is answered. */
  probe?: (second: number) => string | null | undefined;
}

function play({ app, seconds = 4, processes = () => [STOPPED], queue = () => WAITING, jiffies, probe = () => undefined }: Scene): AppVerdict[] {
  const supervised = supervise([declared(app)]);
  let state: DomainAppsState = newDomainApps();
  const feed = (input: DomainInput): AppVerdict => {
    const judged = judgeDomain(supervised, state, input);
    state = judged.state;
    return judged.verdict.apps.get('web') as AppVerdict;
  };
  const verdicts: AppVerdict[] = [];
  for (let second = 0; second <= seconds; second++) {
    const waiting = queue(second);
    const sockets = { sockets: waiting === null ? [] : [socket(waiting)], incomplete: false };
    const liveness = jiffies && { liveness: { jiffies: jiffies(second), jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 3_600 } };
    verdicts.push(feed({ kind: 'look', look: list(second * S, processes(second), { sockets, ...liveness }) }));
    const error = probe(second);
    const outcome = { atMs: second * S + 10, name: 'http', failures: 3, intervalSeconds: 1, timeoutSeconds: 1 };
    if (error !== undefined) feed({ kind: 'probe', app: 'web', outcome: { ...outcome, result: error === null ? { ok: true } : { ok: false, error } } });
  }
  return verdicts;
}

const hungAfter = (scene: Scene): number => play({ seconds: 12, ...scene }).findIndex(({ fault }) => fault === 'app_hung');

it('a service stopped as a whole is hung after 1 s where connections wait for it', () => {
  expect(hungAfter({})).toBe(1);
  const verdicts = play({ app: BORNE });
  expect(verdicts.map(({ fault, state }) => fault ?? state)).toEqual(['doubtful', 'doubtful', 'app_hung', 'app_hung', 'app_hung']);
  expect(verdicts[2]).toMatchObject({ basis: 'seen', evidence: [{ kind: 'stopped', processes: 1, forMs: 2 * S }, { kind: 'waiting', address: '0.0.0.0', port: 80, connections: 1, forMs: 2 * S }] });
  expect(describeVerdict('web', 'd', verdicts[2] as AppVerdict)).toBe('web in d hangs: stopped: 1 process in state T for 2 s; waiting: 1 connection waits at 0.0.0.0 port 80; none was accepted for 2 s');
});

it('so it is where a probe that it had answered fails, asked after it was stopped', () => {
  const processes = (second: number): SeenProcess[] => [second < 2 ? process() : STOPPED];
  const probe = (second: number): string | null => (second < 2 ? null : 'timeout');
  const verdicts = play({ queue: () => null, processes, probe, seconds: 5, app: BORNE });
  // Stopped from the look at 2 s on; the probe that ended at 3 s was the first one to be asked after that.
  expect(verdicts.map(({ fault, state }) => fault ?? state)).toEqual(['up', 'up', 'doubtful', 'doubtful', 'app_hung', 'app_hung']);
  expect(verdicts[4]?.evidence.map(({ kind }) => kind)).toEqual(['stopped', 'probe']);
  // Failed as often as it says, it is told of once all the same.
  expect(verdicts[5]?.evidence.map(({ kind }) => kind)).toEqual(['stopped', 'probe']);
});

it.each<[string, Scene]>([
  ['nobody waits', { queue: () => null }],
  ['its accept queue is empty', { queue: () => ({ backlog: 0 }) }],
  ['a client waits that is another one at each look', { queue: (second) => ({ backlog: 1 + (second % 2) }), app: BORNE }],
  ['those who wait are another’s clients', { queue: () => ({ backlog: 1, pid: 999 }) }],
  ['queues are not to be looked at', { app: { backlog: { enabled: false } } }],
  ['a thread of it is not stopped', { processes: () => [process({ state: 'T', threads: 2, threadStates: { T: 1, S: 1 } })] }],
  ['a debugger has a thread of it', { processes: () => [process({ state: 'T', threads: 2, threadStates: { T: 1, t: 1 } })] }],
  ['its threads are not known', { processes: () => [process({ state: 'T', threadStates: null })] }],
  ['not all threads are told of', { processes: () => [process({ state: 'T', threads: 2, threadStates: { T: 1 } })] }],
  ['it is no service', { processes: () => [process({ state: 'T', unit: 'session-1.scope' })], app: { match: { executable: '/usr/bin/x' } } }],
  ['it is in no unit', { processes: () => [process({ state: 'T', unit: null })], app: { match: { executable: '/usr/bin/x' } } }],
  ['it is a service of a person', { processes: () => [process({ state: 'T', unit: 'user@1000.service', userUnit: 'x.service' })] }],
  ['one of its processes is no service', { processes: () => [STOPPED, process({ pid: 101, state: 'T', unit: 'session-1.scope' })], app: { match: { executable: '/usr/bin/x' } } }],
  ['a probe fails that was never answered', { queue: () => null, probe: () => 'timeout', app: { tolerate: { startSeconds: 86_400 } } }],
  ['the configuration bears it', { app: { tolerate: { stoppedUnansweredSeconds: 10 } } }],
])('it takes 10 s where %s', (_, scene) => {
  expect(hungAfter(scene)).toBe(10);
});

it.each<[string, Scene]>([
  ['a debugger is at work', { processes: () => [process({ state: 't' })] }],
  ['another of its processes goes on', { processes: () => [STOPPED, process({ pid: 101 })] }],
  ['it went on between the looks', { processes: (second) => [process({ state: 'T', voluntarySwitches: second })] }],
  ['the guest is held', { jiffies: () => 900_000n }],
])('it is not hung where %s and clients wait, but none is added', (_, scene) => {
  expect(hungAfter(scene)).toBe(-1);
});

it('ticks of the guest that are a little less than a second count as one', () => {
  const ticks = (perSecond: number): Scene => ({ jiffies: (second) => BigInt(900_000 + perSecond * second) });
  expect(hungAfter(ticks(249))).toBe(1);
  expect(hungAfter(ticks(230))).toBe(2);
});

it('what waits for a device has no shorter time', () => {
  const processes = (): SeenProcess[] => [process({ state: 'D' })];
  expect(hungAfter({ seconds: 119, processes })).toBe(-1);
  expect(hungAfter({ seconds: 120, processes })).toBe(120);
});

it('a stop of one look and clients that came with it prove nothing yet, whatever is borne', () => {
  const [first] = play({ seconds: 0, app: { tolerate: { stoppedUnansweredSeconds: 0 } } });
  expect(first).toMatchObject({ state: 'doubtful', fault: null });
  const late = { processes: (second: number) => [second < 2 ? process() : STOPPED], app: { tolerate: { stoppedUnansweredSeconds: 0 } } };
  expect(hungAfter(late)).toBe(3);
});
