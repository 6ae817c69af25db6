import { describe, expect, it } from 'vitest';
import { describeVerdict } from './describe.ts';
import type { ProbeOutcome } from './probes.ts';
import { judgeDomain, newDomainApps, supervise, type DomainAppsState, type DomainInput, type DomainVerdict } from './supervise.ts';
import { declared } from './testing/declared.ts';
import { list, process, socket, unknown } from './testing/looks.ts';
import type { AppVerdict } from './verdict.ts';

const S = 1000;

/** Feeds observations to the apps of one domain. */
function bed(...apps: ReturnType<typeof declared>[]) {
  const supervised = supervise(apps.length > 0 ? apps : [declared()]);
  let state: DomainAppsState = newDomainApps();
  let verdict: DomainVerdict | null = null;
  const feed = (input: DomainInput): AppVerdict => {
    ({ state, verdict } = judgeDomain(supervised, state, input));
    return verdict.apps.get(supervised.apps[0]?.name ?? '') as AppVerdict;
  };
  return {
    feed,
    look: (...looks: Extract<DomainInput, { kind: 'look' }>['look'][]) => looks.map((look) => feed({ kind: 'look', look })),
    probe: (atMs: number, error: string | null, given: Partial<ProbeOutcome> = {}) =>
      feed({ kind: 'probe', app: supervised.apps[0]?.name ?? '', outcome: { atMs, name: 'tcp d:80', result: error === null ? { ok: true } : { ok: false, error }, failures: 3, intervalSeconds: 5, timeoutSeconds: 2, ...given } }),
    guest: () => verdict?.guest,
    state: () => state,
  };
}

const brief = ({ state, fault }: AppVerdict): string => fault ?? state;

describe('absence', () => {
  it('is proven by two good lists in a row, as far apart as is tolerated', () => {
    const { look } = bed();
    const verdicts = look(list(0, [process()]), list(1 * S, []), list(2 * S, []), list(3 * S, []), list(4 * S, [process({ pid: 200, startTimeNanoseconds: 4_000e9 })]));
    expect(verdicts.map(brief)).toEqual(['up', 'doubtful', 'doubtful', 'app_down', 'up']);
    expect(verdicts[3]).toMatchObject({ basis: 'seen', sinceMs: 3 * S, evidence: [{ kind: 'absent', lists: 3, forMs: 2 * S }] });
  });

  it('needs two lists even where no time is tolerated', () => {
    const { look } = bed(declared({ tolerate: { absentSeconds: 0 } }));
    expect(look(list(0, []), list(1, []), list(250, [])).map(brief)).toEqual(['doubtful', 'doubtful', 'app_down']);
  });

  it('begins anew after a look without a list', () => {
    const { look } = bed();
    expect(look(list(0, []), list(5 * S, []), unknown(6 * S), list(7 * S, []), list(8 * S, []), list(9 * S, [])).map(brief)).toEqual(['doubtful', 'app_down', 'unknown', 'doubtful', 'doubtful', 'app_down']);
  });

  it('is proven by zombies alone, not by processes that cannot be told', () => {
    const { look } = bed(declared({ match: { commandLine: '/usr/bin/x' } }));
    const zombie = process({ state: 'Z' });
    const dark = process({ commandLine: null });
    expect(look(list(0, [zombie]), list(3 * S, [zombie]), list(4 * S, [dark]), list(8 * S, [dark])).map(brief)).toEqual(['doubtful', 'app_down', 'unknown', 'unknown']);
  });

  it('knows a process again whose command line is swapped out', () => {
    const { look } = bed(declared({ match: { commandLine: '/usr/bin/x' } }));
    const dark = process({ commandLine: null });
    expect(look(list(0, [process()]), list(1 * S, [dark]), unknown(2 * S), list(3 * S, [dark])).map(brief)).toEqual(['up', 'up', 'unknown', 'up']);
  });

  it('is no fault while the guest boots, unless the app had been there', () => {
    const { look } = bed();
    const booting = (atMs: number, processes: Parameters<typeof list>[1]) =>
      list(atMs, processes, { boot: 'boot 2', liveness: { jiffies: BigInt(75_000 + atMs / 4), jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 10 + atMs / S } });
    expect(look(booting(0, []), booting(50 * S, []), booting(109 * S, []), booting(111 * S, [])).map(brief)).toEqual(['starting', 'starting', 'starting', 'app_down']);
    const other = bed();
    expect(other.look(booting(0, [process()]), booting(1 * S, []), booting(4 * S, [])).map(brief)).toEqual(['up', 'doubtful', 'app_down']);
  });

  it('is allowed where nothing is the least', () => {
    const { look } = bed(declared({ processes: { minimum: 0 } }));
    expect(look(list(0, []), list(9 * S, [])).map(brief)).toEqual(['off', 'off']);
  });
});

describe('a list', () => {
  it('without the first process is none', () => {
    const { look } = bed();
    const early = { processes: [process({ pid: 2, kernelThread: true })] };
    expect(look(list(0, [], early), list(5 * S, [], early), list(9 * S, [], { processes: [] })).map(brief)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('says nothing any more when nobody looks', () => {
    const { look, feed } = bed();
    look(list(0, []), list(5 * S, []));
    expect(brief(feed({ kind: 'probe', app: 'other', outcome: { atMs: 66 * S, name: 'x', result: { ok: true }, failures: 3, intervalSeconds: 1, timeoutSeconds: 1 } }))).toBe('unknown');
  });
});

describe('standing still', () => {
  const stopped = process({ state: 'T' });

  it('in T is borne for a while, from look to look', () => {
    const { look } = bed();
    expect(look(list(0, [stopped]), list(5 * S, [stopped]), list(9 * S, [stopped]), list(10 * S, [stopped]), list(11 * S, [process()])).map(brief)).toEqual(['doubtful', 'doubtful', 'doubtful', 'app_hung', 'up']);
  });

  it('needs a second look where nothing is borne', () => {
    const { look } = bed(declared({ tolerate: { stoppedSeconds: 0 } }));
    expect(look(list(0, [stopped]), list(250, [stopped])).map(brief)).toEqual(['doubtful', 'app_hung']);
  });

  it('in D is borne for longer, and only while nothing is done', () => {
    const waiting = process({ state: 'D' });
    const { look } = bed(declared({ tolerate: { uninterruptibleSeconds: 20 } }));
    expect(look(list(0, [waiting]), list(15 * S, [waiting]), list(20 * S, [waiting])).map(brief)).toEqual(['up', 'up', 'app_hung']);
    const busy = bed(declared({ tolerate: { uninterruptibleSeconds: 20 } }));
    const io = Array.from({ length: 10 }, (_, index) => list(index * 5 * S, [process({ state: 'D', voluntarySwitches: index })]));
    expect(busy.look(...io).map(brief)).toEqual(Array(10).fill('up'));
  });

  it('of one of several is none of the app', () => {
    const { look } = bed();
    const both = [stopped, process({ pid: 101 })];
    expect(look(list(0, both), list(30 * S, both)).map(brief)).toEqual(['up', 'up']);
  });

  it('under a debugger is tolerated', () => {
    const { look } = bed();
    const traced = [process({ state: 't' })];
    expect(look(list(0, traced), list(30 * S, traced)).map(brief)).toEqual(['up', 'up']);
  });

  it('does not count while the guest is held, or nobody looked', () => {
    const { look } = bed();
    const held = (atMs: number) => list(atMs, [stopped], { liveness: { jiffies: 900_000n, jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 3_600 } });
    expect(look(held(0), held(9 * S), held(25 * S), held(50 * S)).map(brief)).toEqual(['doubtful', 'doubtful', 'doubtful', 'doubtful']);
    const other = bed();
    const looks = [list(0, [stopped]), list(8 * S, [stopped]), unknown(9 * S), ...[10, 15, 19, 20].map((second) => list(second * S, [stopped]))];
    expect(other.look(...looks).map(brief)).toEqual(['doubtful', 'doubtful', 'unknown', 'doubtful', 'doubtful', 'doubtful', 'app_hung']);
  });
});

describe('an accept queue', () => {
  const queue = (atMs: number, backlog: number, given: Parameters<typeof process>[0] = {}, maxBacklog = 511) =>
    list(atMs, [process(given)], { sockets: { sockets: [socket({ backlog, maxBacklog })], incomplete: false } });

  it('that grows while nothing is done shows that the app hangs, until it becomes shorter', () => {
    const { look } = bed();
    const verdicts = look(queue(0, 0), queue(1 * S, 1), queue(5 * S, 2), queue(11 * S, 4), queue(12 * S, 4), queue(13 * S, 0));
    expect(verdicts.map(brief)).toEqual(['up', 'up', 'up', 'app_hung', 'app_hung', 'up']);
    expect(verdicts[3]?.evidence).toEqual([{ kind: 'backlog', address: '0.0.0.0', port: 80, from: 1, to: 4, isFull: false, forMs: 10 * S }]);
  });

  it('that became shorter is served', () => {
    const { look } = bed();
    expect(look(...[1, 3, 2, 4, 3, 5, 4].map((backlog, index) => queue(index * 5 * S, backlog))).map(brief)).toEqual(Array(7).fill('up'));
  });

  it('that only stays is no proof, unless it is full', () => {
    const stays = bed();
    expect(stays.look(...[0, 5, 10, 15, 30, 45].map((second) => queue(second * S, 3))).map(brief)).toEqual(Array(6).fill('up'));
    const full = bed();
    expect(full.look(...[0, 5, 10].map((second) => queue(second * S, 6, {}, 5))).map(brief)).toEqual(['up', 'up', 'app_hung']);
  });

  it('of an app at work is a queue', () => {
    const { look } = bed();
    expect(look(...[0, 5, 10, 15, 20, 25, 30].map((second) => queue(second * S, second + 1, { userNanoseconds: second * 2e7 }))).map(brief)).toEqual(Array(7).fill('up'));
  });

  it('of an app that starts processes is served', () => {
    const { look } = bed();
    const forking = [0, 5, 10, 15, 20, 25, 30].map((second) => {
      const child = process({ pid: 200 + second, startTimeNanoseconds: 3_600e9 + second * 1e9 });
      return list(second * S, [process(), child], { sockets: { sockets: [socket({ backlog: second + 1 })], incomplete: false } });
    });
    expect(look(...forking).map(brief)).toEqual(Array(7).fill('up'));
  });

  it('is not looked at where that is off, or the socket is another’s', () => {
    const off = bed(declared({ backlog: { enabled: false } }));
    const others = bed(declared({ port: 81, tolerate: { outOfRangeLists: 100 } }));
    const looks = [0, 5, 10, 15].map((second) => queue(second * S, second + 1));
    expect(off.look(...looks).map(brief)).toEqual(Array(4).fill('up'));
    expect(others.look(...looks).map(brief)).toEqual(Array(4).fill('up'));
  });

  it('of a port that init holds for the app counts', () => {
    const { look } = bed(declared({ port: 80 }));
    const looks = [0, 5, 10].map((second) => list(second * S, [process()], { sockets: { sockets: [socket({ pid: 1, backlog: second + 1 })], incomplete: false } }));
    expect(look(...looks).map(brief)).toEqual(['up', 'up', 'app_hung']);
  });
});

describe('bounds', () => {
  it.each([
    ['too few', { processes: { minimum: 2 } }, [process()], 'too_few'],
    ['too many', { processes: { maximum: 1 } }, [process(), process({ pid: 101 })], 'too_many'],
    ['too large', { memoryLimitBytes: 1_000_000 }, [process()], 'memory'],
    ['not on its port', { port: 443 }, [process()], 'port'],
  ])('%s for five lists in a row is degraded', (_, given, processes, kind) => {
    const { look } = bed(declared(given));
    const verdicts = look(...[0, 1, 2, 3, 4].map((second) => list(second * S, processes)));
    expect(verdicts.map(brief)).toEqual(['up', 'up', 'up', 'up', 'app_degraded']);
    expect(verdicts[4]?.evidence.map((evidence) => evidence.kind)).toEqual([kind]);
    const broken = bed(declared(given));
    expect(broken.look(...[0, 1, 2, 3].map((second) => list(second * S, processes)), unknown(4 * S), ...[5, 6, 7, 8].map((second) => list(second * S, processes))).map(brief)).not.toContain('app_degraded');
  });

  it('are not judged by what is not known', () => {
    const { look } = bed(declared({ port: 443, memoryLimitBytes: 1_000_000 }));
    const looks = Array.from({ length: 12 }, (_, second) => list(second * S, [process({ residentBytes: null })], { sockets: second < 6 ? null : { sockets: [], incomplete: true } }));
    expect(look(...looks).map(brief)).toEqual(Array(12).fill('up'));
  });

  it('of the port wait for the start', () => {
    const { look } = bed(declared({ port: 443, tolerate: { startSeconds: 60, outOfRangeLists: 2 } }));
    const young = process({ startTimeNanoseconds: 3_600e9 });
    expect(look(list(0, [young]), list(30 * S, [young]), list(61 * S, [young]), list(62 * S, [young])).map(brief)).toEqual(['up', 'up', 'up', 'app_degraded']);
  });
});

describe('a probe', () => {
  const app = declared({ probes: [{ type: 'tcp', address: '{domain}', port: 80 }] });
  const alone = { ...app, match: undefined };

  it('that failed as often as it says shows that the app hangs, until it is answered', () => {
    const { look, probe } = bed(app);
    look(list(0, [process()]));
    const verdicts = [probe(1 * S, 'ECONNREFUSED'), probe(6 * S, 'ECONNREFUSED'), probe(11 * S, 'ECONNREFUSED'), probe(16 * S, null)];
    expect(verdicts.map(brief)).toEqual(['up', 'up', 'app_hung', 'up']);
    expect(verdicts[2]).toMatchObject({ basis: 'silence', evidence: [{ kind: 'probe', probe: 'tcp d:80', failures: 3, error: 'ECONNREFUSED' }] });
  });

  it('says nothing of a guest that is not known at the moment', () => {
    const { look, probe } = bed(app);
    look(unknown(0, 'paused'));
    expect([1, 2, 3, 4].map((second) => brief(probe(second * S, 'EHOSTUNREACH')))).toEqual(Array(4).fill('unknown'));
  });

  it('tells alone where nobody can look in', () => {
    const { probe } = bed(alone);
    expect([null, 'x', 'x', 'x', null].map((error, index) => brief(probe(index * S, error)))).toEqual(['up', 'unknown', 'unknown', 'app_hung', 'up']);
    const closed = bed(app);
    closed.look(unknown(0, 'not-linux'), unknown(130 * S, 'not-linux'));
    expect([1, 2, 3].map((second) => brief(closed.probe((130 + second) * S, 'x')))).toEqual(['unknown', 'unknown', 'app_hung']);
  });

  it.each(['paused', 'migrating', 'not-running', 'host-unreachable'])('says nothing of a guest that is %s, nor afterwards of that time', (reason) => {
    const { look, probe } = bed(alone);
    probe(0, null);
    look(unknown(1 * S, reason));
    expect([2, 3, 4, 5].map((second) => brief(probe(second * S, 'x')))).toEqual(Array(4).fill('unknown'));
    expect(look(unknown(7 * S, 'no-helper')).map(brief)).toEqual(['unknown']);
    expect([8, 9, 10].map((second) => brief(probe(second * S, 'x')))).toEqual(['unknown', 'unknown', 'app_hung']);
  });

  it('waits for an app that starts, unless it had been answered', () => {
    const { look, probe } = bed(app);
    const young = process({ pid: 300, startTimeNanoseconds: 3_600e9 });
    look(list(0, [process()]), list(1 * S, [young]));
    expect([2, 3, 4, 5].map((second) => brief(probe(second * S, 'x')))).toEqual(Array(4).fill('up'));
    expect([null, 'x', 'x', 'x'].map((error, index) => brief(probe((6 + index) * S, error)))).toEqual(['up', 'up', 'up', 'app_hung']);
    look(list(10 * S, [process({ pid: 400, startTimeNanoseconds: 3_610e9 })]));
    expect(brief(probe(11 * S, 'x'))).toBe('up');
  });

  it('that is not run any more says nothing', () => {
    const { look, probe } = bed(app);
    look(list(0, [process()]));
    for (const second of [1, 2, 3]) probe(second * S, 'x');
    expect(look(list(33 * S, [process()]), list(35 * S, [process()])).map(brief)).toEqual(['app_hung', 'up']);
  });
});

describe('work of our own', () => {
  it('mutes until it is over, and then all begins anew', () => {
    const { feed, look } = bed();
    look(list(0, [process()]), list(1 * S, []), list(4 * S, []));
    expect(brief(feed({ kind: 'muted', app: 'web', atMs: 4 * S, untilMs: 60 * S, why: 'restart_app' }))).toBe('muted');
    expect(look(list(5 * S, []), list(9 * S, [])).map(brief)).toEqual(['muted', 'muted']);
    expect(brief(feed({ kind: 'unmuted', app: 'web', atMs: 10 * S }))).toBe('unknown');
    expect(look(list(11 * S, []), list(13 * S, [])).map(brief)).toEqual(['doubtful', 'app_down']);
  });

  it('that changed nothing does not make a stopped one right', () => {
    const { look, feed } = bed();
    const stopped = [process({ state: 'T' })];
    expect(look(list(0, stopped), list(10 * S, stopped)).map(brief)).toEqual(['doubtful', 'app_hung']);
    feed({ kind: 'muted', app: 'web', atMs: 11 * S, untilMs: 60 * S, why: 'restart_app' });
    feed({ kind: 'unmuted', app: 'web', atMs: 12 * S });
    expect(look(list(13 * S, stopped), list(23 * S, stopped)).map(brief)).toEqual(['doubtful', 'app_hung']);
  });

  it('ends by itself', () => {
    const { feed, look } = bed();
    feed({ kind: 'muted', app: null, atMs: 0, untilMs: 10 * S, why: 'checkpoint' });
    expect(look(list(9 * S, []), list(10 * S, []), list(13 * S, [])).map(brief)).toEqual(['muted', 'doubtful', 'app_down']);
  });

  it('on one app does not mute another', () => {
    const supervised = supervise([declared(), declared({ name: 'ftp' })]);
    const { verdict } = judgeDomain(supervised, newDomainApps(), { kind: 'muted', app: 'web', atMs: 0, untilMs: S, why: 'x' });
    expect([...verdict.apps].map(([name, { state }]) => [name, state])).toEqual([['web', 'muted'], ['ftp', 'unknown']]);
  });
});

describe('a restart of the guest', () => {
  it('begins all anew', () => {
    const { look } = bed();
    look(list(0, [process()]), list(1 * S, []), list(4 * S, []));
    const after = (atMs: number) => list(atMs, [], { boot: 'boot 2', liveness: { jiffies: 75_000n, jiffiesPerSecond: 250, panicked: false, uptimeSeconds: atMs / S } });
    expect(look(after(5 * S), after(6 * S)).map(brief)).toEqual(['starting', 'starting']);
  });

  it('is seen by a clock that runs back', () => {
    const { look } = bed();
    look(list(0, [process()]), list(1 * S, []));
    expect(look(list(5 * S, [], { liveness: { jiffies: 5n, jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 1 } })).map(brief)).toEqual(['starting']);
  });

  it('leaves memory that says nothing', () => {
    const { look, feed, guest } = bed();
    const frozen = (atMs: number) => list(atMs, [process()], { liveness: { jiffies: 900_000n, jiffiesPerSecond: 250, panicked: true, uptimeSeconds: 3_600 } });
    look(frozen(0));
    feed({ kind: 'rebooted', atMs: 1 * S });
    expect(look(...[2, 12, 22, 32, 42, 52].map((second) => frozen(second * S))).map(brief)).toEqual(Array(6).fill('unknown'));
    expect(guest()).toEqual({ panicked: null, frozen: null });
    expect(look(list(53 * S, [process()])).map(brief)).toEqual(['up']);
  });
});

describe('the guest', () => {
  const frozen = (atMs: number, jiffies = 1n) => list(atMs, [], { liveness: { jiffies, jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 3_600 } });
  const panicked = (atMs: number) => list(atMs, [], { liveness: { jiffies: 1n, jiffiesPerSecond: 250, panicked: true, uptimeSeconds: 3_600 } });

  it('is frozen after some looks over some time, until it ticks', () => {
    const { look, guest } = bed();
    look(...[0, 10, 20, 29].map((second) => frozen(second * S)));
    expect(guest()?.frozen).toBeNull();
    look(frozen(31 * S));
    expect(guest()?.frozen).toBe("jiffies of the guest's kernel frozen for 31 s, 5 looks");
    look(frozen(32 * S, 2n));
    expect(guest()?.frozen).toBeNull();
  });

  it('is not frozen by many looks in a short time, few in a long one, or a look that failed', () => {
    const many = bed();
    many.look(...Array.from({ length: 100 }, (_, index) => frozen(index * 290)));
    expect(many.guest()?.frozen).toBeNull();
    const few = bed();
    few.look(...[0, 20, 40, 59].map((second) => frozen(second * S)));
    expect(few.guest()?.frozen).toBeNull();
    const failed = bed();
    failed.look(...[0, 10, 20].map((second) => frozen(second * S)), unknown(25 * S), ...[30, 35, 40, 45, 50].map((second) => frozen(second * S)));
    expect(failed.guest()?.frozen).toBeNull();
  });

  it('has panicked when two looks say so, be the list readable or not', () => {
    const { look, guest } = bed();
    look(panicked(0));
    expect(guest()?.panicked).toBeNull();
    look({ ...unknown(1 * S), boot: 'boot 1', liveness: { jiffies: 1n, jiffiesPerSecond: 250, panicked: true, uptimeSeconds: null } });
    expect(guest()?.panicked).toBe("panic in the guest's kernel");
    look(list(2 * S, [process()]));
    expect(guest()?.panicked).toBeNull();
  });

  it('is not judged while we hold it', () => {
    const { look, feed, guest } = bed();
    feed({ kind: 'muted', app: null, atMs: 0, untilMs: 100 * S, why: 'migrate' });
    look(...[0, 10, 20, 30, 40, 50].map((second) => frozen(second * S)));
    expect(guest()?.frozen).toBeNull();
    feed({ kind: 'unmuted', app: null, atMs: 51 * S });
    look(...[52, 60, 68, 76, 84].map((second) => frozen(second * S)));
    expect(guest()?.frozen).not.toBeNull();
  });
});

it('tells the gravest fault, with all that was found', () => {
  const { look } = bed(declared({ processes: { minimum: 2 }, tolerate: { outOfRangeLists: 2 } }));
  const verdict = look(list(0, [process({ state: 'T' })]), list(12 * S, [process({ state: 'T' })])).at(-1) as AppVerdict;
  expect(describeVerdict('web', 'd', verdict)).toBe('web in d hangs: stopped: 1 process in state T for 12 s; processes: 1, at least 2 expected, in 2 lists in a row');
  expect(verdict.figures).toEqual({ processes: 1, residentBytes: 1_048_576, cpuNanoseconds: 0, cpuTotalNanoseconds: 0, backlogs: [] });
});

it('forgets apps that are not declared any more', () => {
  const both = supervise([declared(), declared({ name: 'ftp' }), declared({ name: 'ftp' })]);
  const { state } = judgeDomain(both, newDomainApps(), { kind: 'look', look: list(0, []) });
  expect([...state.apps.keys()]).toEqual(['web', 'ftp']);
  expect([...judgeDomain(supervise([declared()]), state, { kind: 'look', look: list(S, []) }).state.apps.keys()]).toEqual(['web']);
});

it('counts the CPU time of an app on over its restart, work of our own on it, and a boot of its guest', () => {
  const { look, feed } = bed();
  const total = (verdict?: AppVerdict) => verdict?.figures?.cpuTotalNanoseconds;
  const worked = (pid: number, userNanoseconds: number) => process({ pid, startTimeNanoseconds: pid * 1e9, userNanoseconds });
  expect(look(list(0, [worked(100, 5), worked(101, 3)]), list(S, [worked(100, 9)])).map(total)).toEqual([8, 12]);
  feed({ kind: 'muted', app: 'web', atMs: 1.5 * S, untilMs: 60 * S, why: 'restart' });
  look(list(2 * S, [worked(100, 10)]), list(3 * S, [worked(200, 1)]));
  feed({ kind: 'unmuted', app: 'web', atMs: 3.5 * S });
  expect(look(list(4 * S, [worked(200, 2)])).map(total)).toEqual([15]);
  expect(look(list(5 * S, [worked(200, 1)], { boot: 'boot 2' })).map(total)).toEqual([16]);
  expect(look(list(6 * S, [process({ userNanoseconds: null })])).map(total)).toEqual([null]);
});
