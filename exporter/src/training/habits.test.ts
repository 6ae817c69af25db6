import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import type { FakeClock } from '../events/fake-clock.ts';
import { createFleet, domainKey } from '../prediction/fleet.ts';
import type { TargetKey } from '../prediction/fleet.ts';
import { createObserver } from '../prediction/observation/observer.ts';
import { saveObserver } from '../prediction/observation/saved-observer.ts';
import type { SavedObserver } from '../prediction/observation/saved-observer.ts';
import { simulatedReadings } from '../prediction/testing/simulated-readings.ts';
import { openHabits } from './habits.ts';
import type { Habits } from './habits.ts';

let folder = '';
let clock: FakeClock;
let warnings: string[] = [];
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'habits-')), 'habits');
  clock = createFakeClock();
  warnings = [];
});
afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true, force: true });
});

const opened = (): Promise<Habits> => openHabits({ folder, clock, onWarning: (text) => warnings.push(text) });
const SAVED = saveObserver(createObserver());

/** Targets whose habits are saved, and how often one was asked for. */
function targets(count: number) {
  const keys = Array.from({ length: count }, (_, n) => domainKey(`u${n}`));
  const asked: TargetKey[] = [];
  function* of(wanted: (key: TargetKey) => boolean): Generator<[TargetKey, SavedObserver]> {
    for (const key of keys) {
      if (!wanted(key)) continue;
      asked.push(key);
      yield [key, SAVED];
    }
  }
  return { keys, of, asked };
}

async function save(count: number): Promise<TargetKey[]> {
  const { keys, of } = targets(count);
  const habits = await opened();
  habits.start(of);
  await habits.stop();
  return keys;
}

describe('habits', () => {
  it('outlive a restart, in few files that only their owner may read', async () => {
    const keys = await save(500);
    const names = await readdir(folder);
    expect(names).toHaveLength(64);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    const habits = await opened();
    for (const key of keys) expect(habits.take(key)).toEqual(SAVED);
    expect([habits.take(keys[0]!), habits.take(domainKey('new')), warnings]).toEqual([undefined, undefined, []]);
  });

  it('are saved a part at a time, each once in a quarter of an hour', async () => {
    const { of, asked } = targets(500);
    const habits = await opened();
    habits.start(of);
    const sizes: number[] = [];
    for (let step = 0; step < 64; step++) {
      await clock.advance(900_000 / 64);
      await untilItWaits();
      sizes.push(asked.length);
    }
    expect(new Set(asked).size).toBe(500);
    expect(asked).toHaveLength(500);
    expect(Math.max(...sizes.map((size, n) => size - (sizes[n - 1] ?? 0)))).toBeLessThan(30);
    await habits.stop();
    expect([asked.length, clock.timers]).toEqual([1000, 0]);
  });

  it('of a target that is not seen again stay for a month', async () => {
    const [key] = await save(1) as [TargetKey];
    await clock.advance(20 * 86_400_000);
    await save(0);
    await clock.advance(9 * 86_400_000);
    expect((await opened()).take(key)).toEqual(SAVED);
    await clock.advance(2 * 86_400_000);
    await save(0);
    expect((await opened()).take(key)).toBeUndefined();
  });

  it.each([
    ['empty', '', 'the file is empty'],
    ['cut off', '{"format":"virtmedic-habits","version":1,"habits":[{"key"', 'no JSON'],
    ['of another kind', '{"format":"x"}', '"format" is not "virtmedic-habits"'],
    ['newer', '{"format":"virtmedic-habits","version":2}', 'version 2: this virtmedic reads version 1'],
    ['without habits', '{"format":"virtmedic-habits","version":1,"habits":{}}', '"habits" is no list'],
    ['of nobody', '{"format":"virtmedic-habits","version":1,"habits":[{"key":"../x","savedAtMs":1}]}', 'habits[0].key names no target'],
    ['of no time', '{"format":"virtmedic-habits","version":1,"habits":[{"key":"host-a","savedAtMs":null}]}', 'habits[0].savedAtMs is no time'],
    ['null', 'null', 'expected an object'],
  ])('in a file that is %s are set aside, which is said; the others are read', async (_, content, why) => {
    const keys = await save(500);
    await writeFile(join(folder, 'part-03.json'), content);
    await writeFile(join(folder, '.part-04.json.0123abcd.tmp'), 'left behind');
    const habits = await opened();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(why);
    const names = await readdir(folder);
    expect(names.filter((name) => name.includes('.bad-') || name.includes('.tmp'))).toHaveLength(1);
    const aside = names.find((name) => name.startsWith('part-03.json.bad-'));
    expect(await readFile(join(folder, aside ?? ''), 'utf8')).toBe(content);
    expect(keys.filter((key) => habits.take(key) !== undefined).length).toBeGreaterThan(450);
  });

  it('that can not be saved are said once, and everything else goes on', async () => {
    const habits = await opened();
    await rm(folder, { recursive: true });
    habits.start(targets(500).of);
    await habits.stop();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("habits can't be saved in");
  });

  it('make a fleet go on as if it had not been restarted', async () => {
    const readings = simulatedReadings({ ticks: 210 });
    const fleetWith = (habits: Habits) => createFleet({
      clock: { nowMs: () => 1, monotonicMs: () => 1 },
      settings: { enabled: true, tickSeconds: 5, horizonSeconds: [60], form: 'filter', alarm: { raiseAbove: 0.8, clearBelow: 0.4, raiseForSeconds: 30, clearForSeconds: 30 } },
      hosts: ['h1'],
      models: { own: () => null, pooled: () => null },
      ownOperation: () => false,
      habitsOf: habits.take,
    });
    for (const [from, to, coldStart] of [[0, 200, false], [200, 210, false]] as const) {
      const habits = await opened();
      const fleet = fleetWith(habits);
      habits.start(fleet.habits);
      for (const reading of readings.slice(from, to)) fleet.take({ host: 'h1', reading: null, domains: new Map([['a', reading]]) });
      expect(fleet.view.domain('a')?.coldStart).toBe(coldStart);
      await habits.stop();
    }
  });
});

/** The file system takes the time it takes; then the next part's time is set. */
async function untilItWaits(): Promise<void> {
  while (clock.timers === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
