import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../events/clock.ts';
import { randomNumbers } from '../prediction/hmm/random-model.ts';
import { domainKey } from '../prediction/model-source.ts';
import { structuredModel } from '../prediction/prior.ts';
import { live } from '../prediction/testing/simulated-target.ts';
import type { Job, OwnJob } from './job.ts';
import { encodeRecord } from './observation-record.ts';
import { createPool } from './pool.ts';
import type { WorkerPool } from './pool.ts';
import { DEFAULT_TRAINING } from './train.ts';

const LONG_MS = 60_000;
const pools: WorkerPool[] = [];

function pool(workers: number, workerFile?: URL): WorkerPool {
  const one = createPool({ workers: () => workers, clock: systemClock, ...(workerFile ? { workerFile } : {}) });
  pools.push(one);
  return one;
}

afterEach(async () => {
  for (const one of pools.splice(0)) await one.stop();
});

function ownJob(path: string): OwnJob {
  const target = { key: domainKey('a'), path, labels: { failures: [], censored: [] } };
  return { kind: 'own', key: target.key, target, pooled: null, last: null, range: { fromMs: 0, toMs: Infinity, tickSeconds: 60 }, settings: { ...DEFAULT_TRAINING, tickSeconds: 60 }, leastTicks: 360 };
}

describe('a worker thread', () => {
  it('trains on what a target was observed to do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pool-'));
    try {
      const { symbols } = live({ seconds: 2 * 86_400, tickSeconds: 60, random: randomNumbers(1), leak: null });
      await writeFile(join(folder, 'a.obs'), encodeRecord({ startMs: 1_700_000_000_000, tickSeconds: 60, symbols }));
      const { outcomes } = await pool(1).run(ownJob(join(folder, 'a.obs')), { timeoutMs: LONG_MS });
      expect(outcomes).toMatchObject([{ key: 'domain-a', outcome: { result: 'kept_new', model: { states: 9 }, counts: { targets: 1, observed: 2880 } } }]);
      const worse = { ...ownJob(join(folder, 'a.obs')), last: (outcomes[0]!.outcome as { model: OwnJob['last'] }).model, settings: { ...ownJob('').settings, maxIterations: 1, own: { normal: 1e9, abnormal: 1e9, failed: 1e9, sequences: 1e9 } }, pooled: structuredModel(60) };
      expect((await pool(1).run(worse, { timeoutMs: LONG_MS })).outcomes[0]!.outcome).toMatchObject({ result: 'kept_last', reason: expect.stringMatching(/worse on held-back data/) as string });
      expect((await pool(1).run({ ...ownJob(join(folder, 'none.obs')) }, { timeoutMs: LONG_MS })).outcomes[0]!.outcome).toMatchObject({ result: 'skipped', reason: expect.stringMatching(/0\.0 h at ticks of 60 s, at least 6\.0 h/) as string });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a pool of threads, some of which misbehave', () => {
  const misbehaving = new URL('./testing/misbehaving-worker.ts', import.meta.url);
  const job = (key: string): Job => ({ ...ownJob(''), key: key as OwnJob['key'] });
  const run = (one: WorkerPool, key: string, timeoutMs = LONG_MS) => one.run(job(key), { timeoutMs });

  it.each([
    ['crash', /its worker crashed: out of luck/],
    ['exit', /its worker ended with code 3/],
    ['hang', /it took more than 0\.2 s/],
  ])('replaces one that does not come to its end (%s)', async (key, why) => {
    const one = pool(1, misbehaving);
    const bad = run(one, key, key === 'hang' ? 200 : LONG_MS);
    const good = run(one, 'fine');
    await expect(bad).rejects.toThrow(why);
    expect((await good).notes).toEqual(['fine']);
  });

  it('all jobs come to their end, never more at once than there are workers', async () => {
    const one = pool(2, misbehaving);
    const ended = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => run(one, n % 4 === 3 ? 'crash' : `fine ${n}`)));
    expect(ended.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, (_, n) => (n % 4 === 3 ? 'rejected' : 'fulfilled')));
  });

  it('tells how far it is', async () => {
    const seen: unknown[] = [];
    await pool(1, misbehaving).run(job('progress'), { timeoutMs: LONG_MS, onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([{ start: 1, starts: 2, iteration: 3, objective: -4 }]);
  });

  it('stops at once, whatever is under way', async () => {
    const one = pool(1, misbehaving);
    const ended = Promise.allSettled([run(one, 'hang'), run(one, 'fine')]);
    await run(pool(1, misbehaving), 'fine');
    await one.stop();
    for (const end of await ended) expect(end).toMatchObject({ status: 'rejected', reason: { message: 'training was stopped' } });
    await expect(run(one, 'fine')).rejects.toThrow('training was stopped');
  });
});
