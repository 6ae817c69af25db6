import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Clock } from '../events/clock.ts';
import { modelProblem } from '../prediction/hmm/model.ts';
import { randomNumbers } from '../prediction/hmm/random-model.ts';
import { domainKey } from '../prediction/model-source.ts';
import type { Labels } from '../prediction/states-known.ts';
import { expectNamed, forecasts } from '../prediction/testing/named-states.ts';
import { live } from '../prediction/testing/simulated-target.ts';
import { performJob } from './job.ts';
import { createTrainer } from './trainer.ts';

const TICK_S = 60;
const DAY_S = 86_400;
const DAYS = 30;
const TICKS_A_DAY = DAY_S / TICK_S;
const ONLINE_S = 28_800;
const THRESHOLD = 0.5;
const HEALTHY = ['a', 'b'].map(domainKey);
const SICK = domainKey('c');
/** It fails once a week and a day, and is started anew the next day. */
const FAILS_EVERY_DAYS = 8;

/** Tick by tick of the whole month: two that stay healthy, and one that fails now and then. */
function months(): Map<string, Int16Array> {
  const lives = new Map(HEALTHY.map((key, n) => [key as string, live({ seconds: DAYS * DAY_S, tickSeconds: TICK_S, random: randomNumbers(n + 1), leak: null }).symbols]));
  const sick = new Int16Array(DAYS * TICKS_A_DAY);
  for (let day = 0; day < DAYS; day++) {
    const leak = failsOn(day) ? { fromSeconds: DAY_S / 2, lastsSeconds: 1800 } : null;
    sick.set(live({ seconds: DAY_S, tickSeconds: TICK_S, random: randomNumbers(100 + day), leak }).symbols, day * TICKS_A_DAY);
  }
  return lives.set(SICK, sick);
}

function failsOn(day: number): boolean {
  return day % FAILS_EVERY_DAYS === FAILS_EVERY_DAYS - 1;
}

/** Which runs nothing more often than it is moved on: flushing comes with training. */
function clockOf(startMs: number): Clock & { advance(deltaMs: number): void } {
  let now = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  return {
    nowMs: () => startMs + now,
    monotonicMs: () => now,
    after(delayMs, run) {
      const timer = { atMs: now + delayMs, run };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    advance(deltaMs) {
      now += deltaMs;
      const due = timers.filter(({ atMs }) => atMs <= now);
      timers = timers.filter(({ atMs }) => atMs > now);
      for (const { run } of due) run();
    },
  };
}

it('a month with training in the loop: the states keep their names, what is healthy stays under the threshold, what never failed is still known by its first leak', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'month-'));
  const clock = clockOf(Date.UTC(2026, 0, 1));
  const startMs = clock.nowMs();
  const atMs = (tick: number): number => startMs + tick * TICK_S * 1000;
  const failed: Labels['failures'] = Array.from({ length: DAYS }, (_, day) => day).filter(failsOn).map((day) => ({ fromMs: atMs(day * TICKS_A_DAY) + (DAY_S / 2 + 2250) * 1000, toMs: atMs((day + 1) * TICKS_A_DAY) }));
  const trainer = await createTrainer({
    folder,
    settings: { enabled: true, nightlyAt: '0 0 1 1 *', onlineSeconds: ONLINE_S, keepDays: 3, workers: 1 },
    tickSeconds: () => TICK_S,
    labelsOf: (key) => Promise.resolve({ failures: key === SICK ? failed.filter(({ fromMs }) => fromMs <= clock.nowMs()) : [], censored: [] }),
    clock,
    metrics: { modelTrained: () => undefined, trainingEnded: () => undefined },
    log: { info: () => undefined, warn: (details, text) => expect.unreachable(`${text} ${JSON.stringify(details)}`), error: (details, text) => expect.unreachable(`${text} ${JSON.stringify(details)}`) },
    onModels: () => undefined,
    pool: { run: async (job) => performJob(structuredClone(job)), stop: () => Promise.resolve() },
  });
  try {
    trainer.start();
    const lives = months();
    const ticksOnline = ONLINE_S / TICK_S;
    const highest: number[] = [];
    let followed = 0;
    for (let from = 0; from < DAYS * TICKS_A_DAY; from += ticksOnline) {
      const before = HEALTHY.map((key) => trainer.models.own(key)?.model);
      for (const [key, symbols] of lives) {
        for (let t = from; t < from + ticksOnline; t++) trainer.onObservation({ key: key as typeof SICK, host: 'h', atMs: atMs(t), tickSeconds: TICK_S, code: symbols[t]!, interruption: null, ownOperation: false, coldStart: false });
      }
      clock.advance(ONLINE_S * 1000);
      await trainer.settled();
      followed += HEALTHY.filter((key, n) => trainer.models.own(key)?.model !== before[n]).length;
      if ((from + ticksOnline) % TICKS_A_DAY !== 0) continue;
      expect((await trainer.trainNow())!.failed).toBe(0);
      for (const key of HEALTHY) {
        const { model } = trainer.models.own(key) ?? trainer.models.pooled('domain')!;
        expect(modelProblem(model)).toBeNull();
        const next = lives.get(key)!.subarray(from + ticksOnline, from + ticksOnline + TICKS_A_DAY);
        if (next.length > 0) highest.push(Math.max(...forecasts(model, next, TICK_S)));
      }
    }
    expect(followed).toBeGreaterThan(DAYS / 2);
    expect(highest).toHaveLength(2 * (DAYS - 1));
    expect(highest.filter((value) => !(value < THRESHOLD))).toEqual([]);
    for (const model of [trainer.models.pooled('domain')!.model, ...[...HEALTHY, SICK].map((key) => trainer.models.own(key)!.model)]) expectNamed(model);
    const leaky = live({ seconds: DAY_S, tickSeconds: TICK_S, random: randomNumbers(77), leak: { fromSeconds: DAY_S / 2, lastsSeconds: 1800 } });
    for (const key of [...HEALTHY, SICK]) {
      const probabilities = forecasts(trainer.models.own(key)!.model, leaky.symbols, TICK_S);
      expect(Math.max(...probabilities.slice(0, leaky.leakTick)), key).toBeLessThan(THRESHOLD);
      expect(leaky.failedTick - probabilities.findIndex((value) => value >= THRESHOLD), key).toBeGreaterThan(5);
    }
  } finally {
    await trainer.stop();
    await rm(folder, { recursive: true });
  }
}, 120_000);
