import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MISSING } from '../hmm/model.ts';
import { randomNumbers } from '../hmm/random-model.ts';
import { createObserver, forgetHabits, observe } from './observer.ts';
import type { Circumstances, Observation, Observer } from './observer.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { quantile } from './quantiles.ts';
import type { DomainReading } from './reading.ts';
import { SIGNALS } from './signals.ts';
import { dailyPattern, freshReading, hostileReading, readingAfter } from './simulated-domain.ts';
import type { Doing } from './simulated-domain.ts';
import { ABOVE, AROUND, BELOW, compatibleSymbols, symbolOf } from './symbol.ts';

const NORMAL: Circumstances = { frozen: false, ownOperation: false };
const FROZEN: Circumstances = { frozen: true, ownOperation: false };
const USUAL: Doing = { cpuRatio: 0.3, memoryUsedRatio: 0.5, networkBytesPerSecond: 1e5, diskBytesPerSecond: 1e6 };
const SECONDS = 5;
const COLD = DEFAULT_PARAMETERS.coldStartTicks;
const ALL_AROUND = symbolOf({ cpu: AROUND, memory: AROUND, network: AROUND, disk: AROUND });

interface Run {
  observer: Observer;
  reading: DomainReading;
}

function begin(observer = createObserver()): Run {
  const run = { observer, reading: freshReading(1_700_000_000_000) };
  observe(observer, run.reading, NORMAL);
  return run;
}

/** The observation of the last of some ticks. */
function ticks(run: Run, count: number, doing: Doing, circumstances = NORMAL): Observation {
  for (let n = 1; ; n++) {
    run.reading = readingAfter(run.reading, run.observer.parameters.intervalSeconds, doing);
    const observation = observe(run.observer, run.reading, circumstances);
    if (n >= count) return observation;
  }
}

function warm(): Run {
  const run = begin();
  ticks(run, COLD + 100, USUAL);
  return run;
}

describe('a tick', () => {
  it('as always is all around, with nothing missing', () => {
    const { symbol, code, partial, coldStart, missing } = ticks(warm(), 1, USUAL);
    expect({ symbol, code, partial, coldStart, missing }).toEqual({ symbol: ALL_AROUND, code: ALL_AROUND, partial: null, coldStart: false, missing: [] });
  });

  it('unlike ever is above and below', () => {
    const { levels } = ticks(warm(), 1, { cpuRatio: 1, memoryUsedRatio: 0.3, networkBytesPerSecond: 0, diskBytesPerSecond: 1e8 });
    expect(levels).toEqual({ cpu: ABOVE, memory: BELOW, network: BELOW, disk: AROUND });
  });

  it('of memory that runs out within minutes is above, and no longer when it stops growing', () => {
    const run = warm();
    let memoryUsedRatio = USUAL.memoryUsedRatio;
    const levels = Array.from({ length: 16 }, (_, t) => {
      if (t < 10) memoryUsedRatio += 0.0085;
      return ticks(run, 1, { ...USUAL, memoryUsedRatio }).levels.memory;
    });
    expect(memoryUsedRatio).toBeLessThan(DEFAULT_PARAMETERS.memory.ampleRatio);
    expect(levels.slice(0, 5)).toEqual(Array<number>(5).fill(AROUND));
    expect(levels.slice(6, 10)).toEqual(Array<number>(4).fill(ABOVE));
    expect(levels.slice(12)).toEqual(Array<number>(4).fill(AROUND));
  });

  it('of which libvirt does not say all is partial, with the reason', () => {
    const run = warm();
    run.reading = { ...readingAfter(run.reading, SECONDS, USUAL), receivedBytes: null };
    const { symbol, partial, code, levels, missing } = observe(run.observer, run.reading, NORMAL);
    expect(symbol).toBe(MISSING);
    expect([...partial!]).toEqual(([BELOW, AROUND, ABOVE] as const).map((network) => symbolOf({ cpu: AROUND, memory: AROUND, network, disk: AROUND })));
    expect(compatibleSymbols(code)).toBe(partial);
    expect(levels.network).toBeNull();
    expect(missing).toEqual([{ signal: 'networkBytesPerSecond', why: 'not-said' }]);
  });

  it('without disk requests has no latency, which leaves nothing unknown', () => {
    const run = begin();
    const { symbol, missing } = ticks(run, COLD + 1, { ...USUAL, diskBytesPerSecond: 0 });
    expect(symbol).toBe(ALL_AROUND);
    expect(missing).toEqual([{ signal: 'diskRequestSeconds', why: 'no-requests' }]);
  });
});

describe('cold start', () => {
  it('ends after so many ticks and shows until then', () => {
    const run = begin();
    const last = ticks(run, COLD, USUAL);
    expect(last).toMatchObject({ symbol: MISSING, code: MISSING, partial: null, coldStart: true });
    expect(last.missing).toContainEqual({ signal: 'cpuRatio', why: 'learning' });
    expect(ticks(run, 1, USUAL)).toMatchObject({ symbol: ALL_AROUND, coldStart: false });
  });

  it('shows at ticks of which nothing is known, too', () => {
    const operating = { frozen: false, ownOperation: true };
    const run = begin();
    expect(ticks(run, 1, USUAL, operating).coldStart).toBe(true);
    ticks(run, COLD - 10, USUAL);
    expect(ticks(run, 1, USUAL, operating).coldStart).toBe(true);
    expect(ticks(warm(), 1, USUAL, operating).coldStart).toBe(false);
  });

  it('knows absolute levels alone', () => {
    const { levels, partial, coldStart } = ticks(begin(), 3, { ...USUAL, memoryUsedRatio: 0.97 });
    expect(levels).toEqual({ cpu: null, memory: ABOVE, network: null, disk: null });
    expect(partial!.length).toBe(27);
    expect(coldStart).toBe(true);
  });

  it('ends though frozen: there is nothing yet to protect', () => {
    expect(ticks(begin(), COLD + 1, USUAL, FROZEN).coldStart).toBe(false);
  });

  it('begins anew for a signal that appears later', () => {
    const run = begin();
    for (let n = 0; n < COLD + 50; n++) {
      run.reading = readingAfter(run.reading, SECONDS, USUAL);
      observe(run.observer, { ...run.reading, receivedBytes: null }, NORMAL);
    }
    ticks(run, 1, USUAL);
    const { coldStart, levels } = ticks(run, 1, USUAL);
    expect({ coldStart, network: levels.network, cpu: levels.cpu }).toEqual({ coldStart: true, network: null, cpu: AROUND });
  });
});

describe('what is not to be learnt', () => {
  const learnt = ({ observer }: Run): number[] => SIGNALS.map((signal) => observer.quantiles[signal].learnt);

  it('ticks while frozen: levels are told all the same', () => {
    const run = warm();
    ticks(run, 4000, USUAL);
    const before = learnt(run);
    expect(ticks(run, 2000, { ...USUAL, cpuRatio: 1 }, FROZEN).levels.cpu).toBe(ABOVE);
    expect(learnt(run)).toEqual(before);
  });

  it('ticks of own operations, and the one after, whose rates reach back into them', () => {
    const run = warm();
    const before = learnt(run);
    const during = ticks(run, 3, { ...USUAL, cpuRatio: 0 }, { frozen: false, ownOperation: true });
    expect(during).toMatchObject({ code: MISSING, missing: [{ signal: null, why: 'own-operation' }] });
    expect(ticks(run, 1, USUAL).missing).toEqual([{ signal: null, why: 'own-operation' }]);
    expect(learnt(run)).toEqual(before);
    expect(ticks(run, 1, USUAL).symbol).toBe(ALL_AROUND);
  });

  it('a leak over days, once it stands out', () => {
    const minutely = { ...DEFAULT_PARAMETERS, intervalSeconds: 60 };
    const run = begin(createObserver(minutely));
    ticks(run, 3 * 1440, { ...USUAL, memoryUsedRatio: 0.2 });
    let [frozen, ended, firstAt, memoryUsedRatio] = [false, 0, 0, 0.2];
    for (let minute = 0; minute < 1.5 * 1440; minute++) {
      // Below every absolute level to its end.
      memoryUsedRatio += 0.6 / (1.5 * 1440);
      const { levels } = ticks(run, 1, { ...USUAL, memoryUsedRatio }, { frozen, ownOperation: false });
      if (frozen && levels.memory !== ABOVE) ended++;
      if (!frozen && levels.memory === ABOVE) firstAt = memoryUsedRatio;
      frozen ||= levels.memory === ABOVE;
    }
    expect({ frozen, ended }).toEqual({ frozen: true, ended: 0 });
    // As soon as it is scarce.
    expect(firstAt).toBeLessThan(DEFAULT_PARAMETERS.memory.ampleRatio + 0.01);
    // Not frozen, as much time up there would have become its habit.
    const learning = begin(createObserver(minutely));
    ticks(learning, 3 * 1440, { ...USUAL, memoryUsedRatio: 0.2 });
    expect(ticks(learning, 3 * 1440, { ...USUAL, memoryUsedRatio: 0.8 }).levels.memory).toBe(AROUND);
  });

  it('not for ever: for half of the time that was learnt, then a lasting change is learnt after all', () => {
    const run = begin();
    ticks(run, 2000, USUAL);
    const change = { ...USUAL, cpuRatio: 0.9 };
    const before = learnt(run);
    ticks(run, 990, change, FROZEN);
    expect(learnt(run)).toEqual(before);
    expect(ticks(run, 10_000, change, FROZEN).levels.cpu).toBe(AROUND);
  });

  it('a quarter of an hour of something new at full weight, by a target known for half an hour', () => {
    const runaway = { ...USUAL, cpuRatio: 1 };
    const run = begin();
    ticks(run, 360, USUAL);
    expect(ticks(run, 180, runaway).levels.cpu).toBe(ABOVE);
    const grown = begin(createObserver({ ...DEFAULT_PARAMETERS, youthSeconds: 1 }));
    ticks(grown, 360, USUAL);
    expect(ticks(grown, 180, runaway).levels.cpu).toBe(AROUND);
  });
});

describe('habits', () => {
  it('a daily pattern is normal after some days, and a runaway at night is not', () => {
    const run = begin(createObserver({ ...DEFAULT_PARAMETERS, intervalSeconds: 60 }));
    const random = randomNumbers(6);
    const unusual = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let minute = 0; minute < 8 * 1440; minute++) {
      const { symbol } = ticks(run, 1, dailyPattern(run.reading.atMs, random));
      if (symbol !== ALL_AROUND) unusual[Math.floor(minute / 1440)]!++;
    }
    // The first day is all news; afterwards a few minutes at most.
    expect(unusual[0]).toBeGreaterThan(100);
    for (const count of unusual.slice(3)) expect(count).toBeLessThan(15);
    expect(ticks(run, 1, { ...dailyPattern(0, random), cpuRatio: 1 }).levels.cpu).toBe(ABOVE);
  });

  it('a day that looks like trouble to a target first seen at night is learnt in the end', () => {
    // All that is unusual is taken for trouble.
    const unusualTicksByDay = (frozenShare: number): number[] => {
      const run = begin(createObserver({ ...DEFAULT_PARAMETERS, intervalSeconds: 60, frozenShare }));
      const days = [0, 0, 0, 0];
      let frozen = false;
      for (let minute = 0; minute < days.length * 1440; minute++) {
        const { symbol } = ticks(run, 1, minute % 1440 < 720 ? USUAL : { ...USUAL, cpuRatio: 0.8, memoryUsedRatio: 0.8 }, { frozen, ownOperation: false });
        frozen = symbol !== ALL_AROUND && symbol !== MISSING;
        if (frozen) days[Math.floor(minute / 1440)]!++;
      }
      return days;
    };
    expect(unusualTicksByDay(DEFAULT_PARAMETERS.frozenShare).slice(1)).toEqual([0, 0, 0]);
    expect(unusualTicksByDay(1000)).toEqual([720, 720, 720, 720]);
  });

  it('count for no longer time than they are remembered', () => {
    const run = begin(createObserver({ ...DEFAULT_PARAMETERS, halfLifeSeconds: 1000 }));
    ticks(run, 5000, USUAL);
    expect(run.observer.learntSeconds).toBeCloseTo(1000 / Math.LN2, -1);
    expect(run.observer.frozenSeconds).toBe(0);
  });

  it('are forgotten when somebody says so', () => {
    const run = warm();
    forgetHabits(run.observer);
    expect(ticks(run, 1, USUAL)).toMatchObject({ code: MISSING, coldStart: true });
    expect(ticks(run, COLD, { ...USUAL, cpuRatio: 0.9 }).levels.cpu).toBe(AROUND);
  });

  it('follow a lasting change within days when not frozen', () => {
    const run = begin(createObserver({ ...DEFAULT_PARAMETERS, intervalSeconds: 60 }));
    ticks(run, 7 * 1440, USUAL);
    expect(ticks(run, 60, { ...USUAL, cpuRatio: 0.9 }).levels.cpu).toBe(ABOVE);
    expect(ticks(run, 2 * 1440, { ...USUAL, cpuRatio: 0.9 }).levels.cpu).toBe(AROUND);
  });
});

describe('another life of the target', () => {
  it.each([
    ['reboot inside QEMU', (reading: DomainReading) => ({ ...reading, majorFaults: 0 })],
    ['another QEMU: restarted or migrated', (reading: DomainReading) => ({ ...freshReading(reading.atMs), majorFaults: 0 })],
  ])('%s: missing until it has settled, then as before, without spikes', (_, again) => {
    const run = warm();
    run.reading = { ...run.reading, majorFaults: 1000 };
    ticks(run, 1, USUAL);
    run.reading = again(readingAfter(run.reading, SECONDS, USUAL));
    const seen = [observe(run.observer, run.reading, NORMAL)];
    const boot: Doing = { cpuRatio: 1, memoryUsedRatio: 0.1, networkBytesPerSecond: 0, diskBytesPerSecond: 5e7 };
    for (let n = 0; n < 12; n++) seen.push(ticks(run, 1, boot));
    expect(seen.every(({ code, partial }) => code === MISSING && partial === null)).toBe(true);
    expect(seen.map(({ missing }) => missing[0]!.why)).toEqual(['restart', ...Array<string>(12).fill('settling')]);
    expect(ticks(run, 1, USUAL).symbol).toBe(ALL_AROUND);
    expect(quantile(run.observer.quantiles.cpuRatio, 0.99)).toBeLessThan(0.35);
  });

  it('shut off and started: missing all the time, then settling; paused and resumed: without settling', () => {
    const off = warm();
    const stopped = { ...freshReading(off.reading.atMs + 5000), running: false, cpuNanoseconds: null };
    expect(observe(off.observer, stopped, NORMAL).missing).toEqual([{ signal: null, why: 'not-running' }]);
    off.reading = { ...freshReading(off.reading.atMs + 10_000), cpuNanoseconds: 3e9 };
    expect(observe(off.observer, off.reading, NORMAL).missing).toEqual([{ signal: null, why: 'restart' }]);
    expect(ticks(off, 1, USUAL).missing).toEqual([{ signal: null, why: 'settling' }]);
    const paused = warm();
    observe(paused.observer, { ...paused.reading, running: false, atMs: paused.reading.atMs + 2500 }, NORMAL);
    expect(ticks(paused, 1, USUAL).missing).toEqual([{ signal: null, why: 'not-running' }]);
    expect(ticks(paused, 1, USUAL).symbol).toBe(ALL_AROUND);
  });

  it('gaps, duplicates and steps of the clock cost one tick', () => {
    const run = warm();
    const shift = (ms: number) => {
      run.reading = { ...readingAfter(run.reading, SECONDS, USUAL), atMs: run.reading.atMs + ms };
      return observe(run.observer, run.reading, NORMAL).missing[0]?.why;
    };
    expect([60_000, 5000, 0, 5000, -3_600_000, 5000, 3_600_000, 5000].map(shift)).toEqual(['gap', undefined, 'clock-step', undefined, 'clock-step', undefined, 'gap', undefined]);
  });
});

describe('sources', () => {
  it('memory is learnt anew from a better one, and a poorer one is missing until it stays', () => {
    const run = begin();
    const resident = { memoryUsableBytes: null, memoryUnusedBytes: null };
    const next = (change: Partial<DomainReading>): Observation => {
      run.reading = readingAfter(run.reading, SECONDS, USUAL);
      return observe(run.observer, { ...run.reading, ...change }, NORMAL);
    };
    for (let n = 0; n <= COLD; n++) next(resident);
    expect(next(resident).levels.memory).toBe(AROUND);
    expect(next({}).missing).toEqual([{ signal: 'memoryUsedRatio', why: 'learning' }]);
    for (let n = 0; n < COLD; n++) next({});
    expect(next({}).levels.memory).toBe(AROUND);
    // Now and then it is only a poorer answer.
    for (let n = 0; n < COLD; n++) next(resident);
    expect(next({}).levels.memory).toBe(AROUND);
    for (let n = 0; n < COLD; n++) expect(next(resident).missing).toEqual([{ signal: 'memoryUsedRatio', why: 'other-source' }]);
    expect(next(resident).missing).toEqual([{ signal: 'memoryUsedRatio', why: 'learning' }]);
  });

  it('an image allocated in advance says nothing, a thin one that fills up does', () => {
    const full = { diskAllocatedBytes: 100, diskCapacityBytes: 100 };
    const fill = (run: Run, change: Partial<DomainReading>): Observation => {
      run.reading = { ...readingAfter(run.reading, SECONDS, USUAL), ...change };
      return observe(run.observer, run.reading, NORMAL);
    };
    const preallocated = begin();
    expect(fill(preallocated, full).missing).toContainEqual({ signal: 'diskFillRatio', why: 'preallocated' });
    expect(fill(preallocated, full).levels.disk).toBeNull();
    const thin = warm();
    expect(fill(thin, { ...full, diskAllocatedBytes: 97 }).levels.disk).toBe(ABOVE);
    expect(fill(thin, full).levels.disk).toBe(ABOVE);
  });
});

it('whatever is read: observations of sound levels, habits of finite numbers', () => {
  const anything = fc.oneof(fc.double(), fc.constantFrom<unknown>(null, undefined, -1, 0, 1e18, Number.MAX_VALUE, Infinity, Number.NaN, 'x'), fc.nat());
  const tick = fc.record({ numbers: fc.array(anything, { maxLength: 24 }), sane: fc.boolean(), frozen: fc.boolean(), ownOperation: fc.boolean() });
  fc.assert(fc.property(fc.array(tick, { maxLength: 40 }), (list) => {
    const observer = createObserver({ ...DEFAULT_PARAMETERS, coldStartTicks: 3, settleSeconds: 5 });
    let reading = freshReading(0);
    for (const { numbers, sane, ...circumstances } of list) {
      reading = readingAfter(reading, SECONDS, USUAL);
      const { atMs } = reading;
      const { code, symbol, partial, levels } = observe(observer, sane ? reading : { ...hostileReading(reading, numbers), atMs, running: true }, circumstances);
      expect(compatibleSymbols(code).length).toBeGreaterThan(0);
      expect(symbol).toBe(partial ? MISSING : code);
      for (const level of Object.values(levels)) expect([null, BELOW, AROUND, ABOVE]).toContain(level);
    }
    for (const signal of SIGNALS) expect(observer.quantiles[signal].bins.every((share) => share >= 0 && share < Infinity)).toBe(true);
    expect(observer.settleSecondsLeft).toBeLessThan(Infinity);
  }));
});

it('refuses parameters that make no sense', () => expect(() => createObserver({ ...DEFAULT_PARAMETERS, halfLifeSeconds: 0 })).toThrow(/halfLifeSeconds/));
