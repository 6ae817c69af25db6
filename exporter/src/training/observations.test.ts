import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import type { FakeClock } from '../events/fake-clock.ts';
import { MISSING } from '../prediction/hmm/model.ts';
import { domainKey } from '../prediction/model-source.ts';
import type { TargetKey } from '../prediction/model-source.ts';
import { readObservations } from './observation-file.ts';
import { openObservations } from './observations.ts';
import type { Observations } from './observations.ts';

const TICK_S = 5;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const ALL = { fromMs: 0, toMs: Infinity, tickSeconds: TICK_S };
const A = domainKey('a');

let folder: string;
let clock: FakeClock;
let warnings: string[];
let observations: Observations;

async function open(keepDays = 14, at = folder): Promise<Observations> {
  return openObservations({ folder: at, clock, keepDays: () => keepDays, onWarning: (text) => void warnings.push(text) });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'observations-'));
  clock = createFakeClock();
  warnings = [];
  observations = await open();
});

afterEach(async () => {
  await observations.stop();
  await rm(folder, { recursive: true, force: true });
});

function take(key: TargetKey, fromMs: number, codes: readonly number[], tickSeconds = TICK_S): void {
  codes.forEach((code, n) => observations.take({ key, atMs: fromMs + n * tickSeconds * 1000, tickSeconds, code, interruption: null }));
}

const counting = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => (from + n) % 81);
const read = async (key: TargetKey, range = ALL) => (await readObservations(observations.pathOf(key), range)).records.map(({ startMs, symbols }) => [startMs, [...symbols]]);

describe('observations on the disk', () => {
  it('are what was taken, across flushes and restarts; short silences are missing ticks, long ones are gaps', async () => {
    take(A, 0, counting(10));
    await observations.flush();
    take(A, 50_000, counting(5, 10));
    take(A, 90_000, counting(2, 20));
    await observations.stop();
    observations = await open();
    take(A, 105_000, [7]);
    take(A, 1_000_000, [-100, 8]);
    await observations.flush();
    expect(await read(A)).toEqual([[0, [...counting(15), MISSING, MISSING, MISSING, 20, 21, MISSING, 7]], [1_000_000, [-100, 8]]]);
    expect(await read(A, { ...ALL, fromMs: 50_000, toMs: 70_000 })).toEqual([[50_000, [10, 11, 12, 13]]]);
    expect((await stat(observations.pathOf(A))).mode & 0o777).toBe(0o600);
  });

  it('follow a clock that runs a little off, leave out what was sampled in between, and begin anew when it is set back', async () => {
    for (const [n, atMs] of [0, 5100, 10_050, 11_000, 15_300, 4000, 9000].entries()) observations.take({ key: A, atMs, tickSeconds: TICK_S, code: n, interruption: null });
    await observations.flush();
    expect(await read(A)).toEqual([[0, [0, 1, 2, 4]], [4000, [5, 6]]]);
  });

  it('begin a record with each life, and with another tick length, whose ticks are told apart', async () => {
    take(A, 0, counting(3));
    observations.take({ key: A, atMs: 15_000, tickSeconds: TICK_S, code: MISSING, interruption: 'restart' });
    take(A, 20_000, [50, 51], 15);
    await observations.flush();
    expect(await readObservations(observations.pathOf(A), ALL)).toMatchObject({ records: [{ symbols: Int16Array.of(0, 1, 2, MISSING) }], otherTicks: 2 });
    expect(await readObservations(observations.pathOf(A), { ...ALL, tickSeconds: 15 })).toMatchObject({ records: [{ startMs: 20_000, symbols: Int16Array.of(50, 51) }], otherTicks: 4 });
  });

  it('stay but for one damaged record, which is told', async () => {
    for (const n of [0, 1, 2]) {
      take(A, n * HOUR_MS, counting(4, 4 * n));
      await observations.flush();
    }
    const bytes = await readFile(observations.pathOf(A));
    bytes[60]! ^= 1;
    await writeFile(observations.pathOf(A), bytes);
    const { records, damaged } = await readObservations(observations.pathOf(A), ALL);
    expect(records.map(({ startMs }) => startMs)).toEqual([0, 2 * HOUR_MS]);
    expect(damaged).toEqual([{ fromByte: 40, toByte: 80 }]);
    await appendFile(observations.pathOf(A), bytes.subarray(80, 100));
    take(A, 3 * HOUR_MS, [1]);
    await observations.flush();
    expect((await read(A)).map(([startMs]) => startMs)).toEqual([0, 2 * HOUR_MS, 3 * HOUR_MS]);
  });

  it('are kept for as long as configured', async () => {
    for (let hour = 0; hour < 6 * 24; hour++) {
      take(A, hour * HOUR_MS, Array<number>(720).fill(3));
      await observations.flush();
    }
    await observations.stop();
    clock.stepWall(6 * DAY_MS - clock.nowMs());
    observations = await open(2);
    await observations.prune();
    const [[startMs, symbols]] = (await read(A)) as [[number, number[]]];
    expect(startMs).toBeGreaterThan(3.9 * DAY_MS);
    expect(startMs).toBeLessThanOrEqual(4 * DAY_MS);
    expect(startMs + symbols.length * 5000).toBe(6 * DAY_MS);
    clock.stepWall(10 * DAY_MS);
    await observations.prune();
    expect(await readdir(folder)).toEqual([]);
  });

  it('the newest come from the end of a file, without a word of the record in which reading began', async () => {
    for (let n = 0; n < 30; n++) {
      take(A, n * HOUR_MS, counting(100));
      await observations.flush();
    }
    const { records, damaged } = await readObservations(observations.pathOf(A), { ...ALL, fromMs: 28 * HOUR_MS, mostBytes: 1000 });
    expect(records.map(({ startMs, symbols }) => [startMs, symbols.length])).toEqual([[28 * HOUR_MS, 100], [29 * HOUR_MS, 100]]);
    expect(damaged).toEqual([]);
  });
});

describe('writing', () => {
  it('of 3,000 targets is spread over the hour', async () => {
    const keys = Array.from({ length: 3000 }, (_, n) => domainKey(`d${n}`));
    for (const key of keys) take(key, 0, [1, 2]);
    await clock.advance(HOUR_MS / 2);
    const written = async (): Promise<number> => (await readdir(folder)).length;
    await vi.waitFor(async () => expect(await written()).toBeGreaterThan(1450), { timeout: 30_000, interval: 50 });
    expect(await written()).toBeLessThan(1650);
    await clock.advance(HOUR_MS / 2);
    await observations.stop();
    expect(await observations.targets()).toHaveLength(3000);
  }, 60_000);

  it('that fails is said once; what waited is written when it works again', async () => {
    const path = join(folder, 'below');
    const below = await open(14, path);
    await rm(path, { recursive: true });
    // Of one that can't be written no more waits than there is room for.
    for (let life = 0; life < 2000; life++) below.take({ key: domainKey('b'), atMs: life * 5000, tickSeconds: TICK_S, code: 1, interruption: 'restart' });
    below.take({ key: A, atMs: 0, tickSeconds: TICK_S, code: 4, interruption: null });
    await below.flush();
    await below.flush();
    expect(warnings).toEqual([expect.stringMatching(/can't be written.*ENOENT/)]);
    await open(14, path);
    below.take({ key: A, atMs: 5000, tickSeconds: TICK_S, code: 5, interruption: null });
    await below.stop();
    expect((await readObservations(below.pathOf(A), ALL)).records[0]!.symbols).toEqual(Int16Array.of(4, 5));
    expect(warnings.at(-1)).toBe('observations can be written again');
    expect((await stat(below.pathOf(domainKey('b')))).size).toBeLessThanOrEqual(16_384);
  });

  it('takes no name that leads elsewhere, and no more targets than it may', async () => {
    take('domain-../../x', 0, [1]);
    take('domain-../../x', 5000, [1]);
    expect(warnings).toEqual([expect.stringMatching(/no name for a file/)]);
    const few = await openObservations({ folder, clock, keepDays: () => 1, onWarning: (text) => void warnings.push(text), mostTargets: 1 });
    for (const key of [A, domainKey('b'), domainKey('c')]) few.take({ key, atMs: 0, tickSeconds: 5, code: 1, interruption: null });
    await few.stop();
    expect(await few.targets()).toEqual([A]);
    expect(warnings).toHaveLength(2);
  });

  it('makes room for others when a target is not seen any more', async () => {
    const few = await openObservations({ folder, clock, keepDays: () => 1, onWarning: (text) => void warnings.push(text), mostTargets: 1 });
    const take1 = (key: TargetKey): void => few.take({ key, atMs: clock.nowMs(), tickSeconds: 5, code: 1, interruption: null });
    take1(A);
    for (let hour = 0; hour < 3; hour++) {
      await clock.advance(HOUR_MS);
      await few.flush([A]);
    }
    take1(domainKey('b'));
    await few.stop();
    expect((await few.targets()).sort()).toEqual([A, domainKey('b')]);
    expect(warnings).toEqual([]);
  });

  it('a forgotten target is gone', async () => {
    take(A, 0, [1]);
    await observations.flush();
    await observations.forget(A);
    expect(await observations.targets()).toEqual([]);
  });
});
