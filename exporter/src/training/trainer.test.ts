import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../events/clock.ts';
import { createFakeClock } from '../events/fake-clock.ts';
import type { FakeClock } from '../events/fake-clock.ts';
import { copyModel } from '../prediction/hmm/model.ts';
import { randomNumbers } from '../prediction/hmm/random-model.ts';
import { domainKey, hostKey } from '../prediction/model-source.ts';
import type { TargetKey } from '../prediction/model-source.ts';
import { STATE_COUNT, stateIndex } from '../prediction/states.ts';
import { live } from '../prediction/testing/simulated-target.ts';
import { performJob } from './job.ts';
import type { Job } from './job.ts';
import type { TrainingResult } from './metrics.ts';
import { createPool, TrainingFailed } from './pool.ts';
import type { WorkerPool } from './pool.ts';
import { createTrainer } from './trainer.ts';
import type { Trainer, TrainerOptions, TrainerSettings } from './trainer.ts';

const TICK_S = 60;
const DAY_S = 86_400;
const [A, B, HOST] = [domainKey('a'), domainKey('b'), hostKey('h1')];
const SETTINGS: TrainerSettings = { enabled: true, nightlyAt: '41 2 * * *', onlineSeconds: 3600, keepDays: 14, workers: 2 };

let folder: string;
let clock: FakeClock;
let logged: string[];
let counted: TrainingResult[];
let jobs: string[];
let changes: number;
let trainer: Trainer;

/** In this thread; what the real ones do is tested beside them. */
const here: WorkerPool = {
  async run(job) {
    jobs.push(`${job.kind} ${job.key}`);
    return performJob(structuredClone(job));
  },
  stop: () => Promise.resolve(),
};

async function create(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const note = (level: string) => (details: object, text: string): void => void logged.push(`${level} ${text} ${JSON.stringify({ ...details, err: String((details as { err?: unknown }).err ?? '') })}`);
  return createTrainer({
    folder,
    settings: SETTINGS,
    tickSeconds: () => TICK_S,
    labelsOf: () => Promise.resolve({ failures: [], censored: [] }),
    clock,
    metrics: { modelTrained: (result) => void counted.push(result), trainingEnded: () => undefined },
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    onModels: () => void changes++,
    pool: here,
    ...options,
  });
}

/** So many days of a healthy life, as time goes on. */
function observe(key: TargetKey, days: number, seed: number, fromMs: number): void {
  const { symbols } = live({ seconds: days * DAY_S, tickSeconds: TICK_S, random: randomNumbers(seed), leak: null });
  symbols.forEach((code, n) => trainer.onObservation({ key, host: 'h1', atMs: fromMs + n * TICK_S * 1000, tickSeconds: TICK_S, code, interruption: null, ownOperation: false, coldStart: false }));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainer-'));
  clock = createFakeClock();
  [logged, counted, jobs, changes] = [[], [], [], 0];
  trainer = await create();
});
afterEach(async () => {
  await trainer.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a night', () => {
  beforeEach(async () => {
    for (const [n, key] of [A, B, HOST].entries()) observe(key, 2, n, clock.nowMs());
    await clock.advance(2 * DAY_S * 1000 + 900_000);
    trainer.start();
  });

  it('trains all domains, all hosts, then each target; they serve at once, and after a restart', async () => {
    expect(await trainer.trainNow()).toEqual({ kept_new: 5, kept_last: 0, failed: 0, skipped: 0 });
    expect(jobs).toEqual(['pooled pooled-domains', 'pooled pooled-hosts', `own ${A}`, `own ${B}`, `own ${HOST}`].sort((a, b) => jobs.indexOf(a) - jobs.indexOf(b)));
    expect(jobs.slice(0, 2)).toEqual(['pooled pooled-domains', 'pooled pooled-hosts']);
    const served = [trainer.models.pooled('domain'), trainer.models.pooled('host'), trainer.models.own(A), trainer.models.own(HOST)];
    for (const one of served) expect(one).toMatchObject({ trainedAtMs: clock.nowMs(), tickSeconds: TICK_S });
    expect(changes).toBeGreaterThan(1);
    await trainer.stop();
    trainer = await create();
    expect(trainer.models.pooled('domain')?.model).toEqual(served[0]!.model);
    await expect.poll(() => trainer.models.own(A)?.model).toEqual(served[2]!.model);
  });

  it('skips those of which too little was observed, and says so', async () => {
    const c = domainKey('c');
    trainer.onObservation({ key: c, host: 'h1', atMs: clock.nowMs() - 3e6, tickSeconds: TICK_S, code: 40, interruption: null, ownOperation: false, coldStart: false });
    expect(await trainer.trainNow()).toMatchObject({ kept_new: 5, skipped: 1 });
    expect(logged.join('\n')).toMatch(/info a model was not trained .*"model":"domain-c","reason":"too little was observed/);
    expect(counted.filter((result) => result === 'skipped')).toHaveLength(1);
  });

  it('a model that is worse on what was held back is not taken', async () => {
    await trainer.trainNow();
    const good = trainer.models.own(A)!.model;
    await trainer.stop();
    // Trained with a prior so strong that it learns nothing.
    const spoilt: WorkerPool = { ...here, run: (job: Job) => here.run({ ...job, settings: { ...job.settings, own: { normal: 1e9, abnormal: 1e9, failed: 1e9, sequences: 1e9 }, structured: { normal: 1e9, abnormal: 1e9, failed: 1e9, sequences: 1e9 } } } as Job, { timeoutMs: 1 }) };
    trainer = await create({ pool: spoilt });
    await expect.poll(() => trainer.models.own(A)?.model).toEqual(good);
    const results = await trainer.trainNow();
    expect(results!.kept_last).toBeGreaterThanOrEqual(2);
    expect(trainer.models.own(A)?.model).toEqual(good);
    expect(logged.join('\n')).toMatch(/the last model stays .*the new model is worse on held-back data/);
  });

  it('a job that fails costs its own model alone', async () => {
    await trainer.stop();
    trainer = await create({ pool: { ...here, run: (job, options) => (job.key === A ? Promise.reject(new TrainingFailed('its worker crashed: x')) : here.run(job, options)) } });
    expect(await trainer.trainNow()).toEqual({ kept_new: 4, kept_last: 0, failed: 1, skipped: 0 });
    expect(logged.join('\n')).toMatch(/warn a model could not be trained; the last good one stays .*"model":"domain-a","reason":"its worker crashed: x"/);
  });

  it('is none while another is under way', async () => {
    const [first, second] = await Promise.all([trainer.trainNow(), trainer.trainNow()]);
    expect([first?.kept_new, second]).toEqual([5, null]);
    expect(logged.join('\n')).toMatch(/training is still under way/);
  });

  it('without labels learns nothing: trouble would be taken for health', async () => {
    await trainer.stop();
    trainer = await create({ labelsOf: () => Promise.reject(new Error('the store is closed')) });
    await expect(trainer.trainNow()).rejects.toThrow('the store is closed');
    expect(jobs).toEqual([]);
    expect(await trainer.trainNow().catch(() => 'again')).toBe('again');
  });

  it('ends at a stop', async () => {
    const night = trainer.trainNow();
    await trainer.stop();
    expect((await night)!.failed).toBe(0);
    expect(await trainer.trainNow()).toBeNull();
  });
});

it('trains in threads of its own, and a stop does not wait for them', async () => {
  await trainer.stop();
  trainer = await create({ pool: createPool({ workers: () => 2, clock: systemClock }) });
  observe(A, 2, 1, clock.nowMs());
  await clock.advance(2 * DAY_S * 1000 + 900_000);
  expect(await trainer.trainNow()).toEqual({ kept_new: 2, kept_last: 0, failed: 0, skipped: 1 });
  const night = trainer.trainNow();
  await trainer.stop();
  expect((await night)!.kept_new).toBe(0);
});

it('a corrupt model is set aside and trained anew', async () => {
  observe(A, 2, 1, clock.nowMs());
  await clock.advance(2 * DAY_S * 1000 + 900_000);
  await trainer.stop();
  await mkdir(join(folder, 'models'), { recursive: true });
  await writeFile(join(folder, 'models', `${A}.json`), '{"format":"virtmedic-hmm","version":1,');
  trainer = await create();
  expect(trainer.models.own(A)).toBeNull();
  trainer.start();
  await expect.poll(() => trainer.models.own(A)).toMatchObject({ tickSeconds: TICK_S });
  expect(jobs).toEqual([`own ${A}`]);
  expect(logged[0]).toMatch(/warn the model .*domain-a\.json is unusable and was set aside/);
  expect((await readdir(join(folder, 'models'))).filter((name) => name.includes('.bad-'))).toHaveLength(1);
});

it('by day models follow the newest observations, each from where it ended', async () => {
  observe(A, 2, 1, clock.nowMs());
  await clock.advance(2 * DAY_S * 1000 + 900_000);
  trainer.start();
  await trainer.trainNow();
  const trained = copyModel(trainer.models.own(A)!.model);
  // From now on always the same.
  for (let n = 0; n < 720; n++) trainer.onObservation({ key: A, host: 'h1', atMs: clock.nowMs() + n * TICK_S * 1000, tickSeconds: TICK_S, code: 40, interruption: null, ownOperation: false, coldStart: false });
  jobs = [];
  for (let hour = 0; hour < 2; hour++) {
    await clock.advance(3600 * 1000);
    await trainer.settled();
  }
  const state = stateIndex('normal', 'medium');
  expect(trainer.models.own(A)!.model.emission[40 * STATE_COUNT + state]!).toBeGreaterThan(trained.emission[40 * STATE_COUNT + state]!);
  expect(trainer.models.own(A)!.model.emission.every((value) => value > 0 && value < 1)).toBe(true);
  expect(new Set(jobs)).toEqual(new Set(['follow online']));
});

it('keeps nothing and trains nothing while it is off', async () => {
  trainer.reconfigure({ ...SETTINGS, enabled: false });
  observe(A, 1, 1, clock.nowMs());
  await trainer.stop();
  expect(await readdir(join(folder, 'observations'))).toEqual([]);
});

it('a forgotten target is forgotten', async () => {
  observe(A, 2, 1, clock.nowMs());
  await clock.advance(2 * DAY_S * 1000 + 900_000);
  await trainer.trainNow();
  await trainer.forget(A);
  expect(trainer.models.own(A)).toBeNull();
  await trainer.stop();
  expect(await readdir(join(folder, 'observations'))).toEqual([]);
  expect(await readdir(join(folder, 'models'))).toEqual(['pooled-domains.json']);
});

