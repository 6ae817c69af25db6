import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModelFile, writeModelFile } from '../prediction/model-file.ts';
import type { ModelRecord } from '../prediction/model-file.ts';
import { copyModel } from '../prediction/hmm/model.ts';
import { domainKey } from '../prediction/model-source.ts';
import { structuredModel } from '../prediction/prior.ts';
import { openModels } from './models.ts';
import type { Models } from './models.ts';

const A = domainKey('a');
let folder: string;
let warnings: string[];
let reads: number;

async function open(nowMs = Date.UTC(2026, 0, 2)): Promise<Models> {
  return openModels({ folder, nowMs: () => nowMs, onRead: () => void reads++, onWarning: (text) => void warnings.push(text) });
}

function record(day: number, target: string = A): ModelRecord {
  const trainedOn = { source: 'live', targets: 1, from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z', ticks: 100, tickSeconds: 5, failures: 0 };
  return { createdAt: `2026-01-0${day}T00:00:00.000Z`, target, trainedOn, heldBack: null, iterations: 3, converged: true };
}

const createdAt = async (name: string): Promise<string> => readModelFile(await readFile(join(folder, name), 'utf8')).record.createdAt;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'));
  warnings = [];
  reads = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the folder of models', () => {
  it('serves what was put, also after a restart; the one before stays beside it', async () => {
    const models = await open();
    expect([models.own(A), models.pooled('domain'), models.pooled('host')]).toEqual([null, null, null]);
    await models.put('pooled-domains', structuredModel(5), record(1, 'pooled-domains'));
    for (const day of [1, 2, 3]) await models.put(A, structuredModel(5), record(day));
    expect([await createdAt(`${A}.json`), await createdAt(`${A}.previous.json`)]).toEqual([record(3).createdAt, record(2).createdAt]);
    expect((await stat(join(folder, `${A}.json`))).mode & 0o777).toBe(0o600);
    const again = await open();
    expect(again.pooled('domain')).toEqual({ model: structuredModel(5), trainedAtMs: Date.UTC(2026, 0, 1), tickSeconds: 5 });
    expect(await again.unusable).toEqual([]);
    expect(again.own(A)).toEqual({ model: structuredModel(5), trainedAtMs: Date.UTC(2026, 0, 3), tickSeconds: 5 });
    expect(reads).toBeGreaterThan(0);
    await again.remove(A);
    expect([again.own(A), await readdir(folder)]).toEqual([null, ['pooled-domains.json']]);
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, 500)],
    ['empty', () => ''],
    ['foreign', () => '{"kind":"Pod"}'],
    ['of another target', () => writeModelFile(structuredModel(5), record(3, 'host-h1'))],
    ['too large', (text: string) => text + ' '.repeat(40_000)],
    ['changed by a digit', (text: string) => text.replace('"iterations":3', '"iterations":4')],
  ])('a file that is %s is set aside with a message, and the last good one serves', async (_, damage) => {
    const models = await open();
    for (const day of [1, 2]) await models.put(A, structuredModel(5), record(day));
    await writeFile(join(folder, `${A}.json`), damage(await readFile(join(folder, `${A}.json`), 'utf8')));
    const again = await open();
    expect(await again.unusable).toEqual([A]);
    expect(again.own(A)?.trainedAtMs).toBe(Date.UTC(2026, 0, 1));
    expect(warnings).toEqual([expect.stringMatching(/domain-a\.json is unusable and was set aside as .*\.bad-2026-01-02T000000\.000Z; it is trained anew: ./)]);
    expect((await readdir(folder)).sort()).toEqual([`${A}.json.bad-2026-01-02T000000.000Z`, `${A}.previous.json`]);
    await again.put(A, structuredModel(5), record(3));
    expect(await createdAt(`${A}.previous.json`)).toBe(record(1).createdAt);
  });

  it('without any good one there is none; of those set aside the newest stay', async () => {
    for (const day of [1, 2, 3, 4, 5]) {
      await writeFile(join(folder, `${A}.json`), 'no model');
      const models = await open(Date.UTC(2026, 0, day));
      expect(await models.unusable).toEqual([A]);
      expect(models.own(A)).toBeNull();
    }
    expect((await readdir(folder)).sort()).toEqual([3, 4, 5].map((day) => `${A}.json.bad-2026-01-0${day}T000000.000Z`));
  });

  it('after a kill between the two steps of a change the one before serves', async () => {
    const models = await open();
    await models.put(A, structuredModel(5), record(1));
    await rename(join(folder, `${A}.json`), join(folder, `${A}.previous.json`));
    const again = await open();
    expect(await again.unusable).toEqual([]);
    expect(again.own(A)?.trainedAtMs).toBe(Date.UTC(2026, 0, 1));
    expect(warnings).toEqual([]);
  });

  it('takes nothing else for a model', async () => {
    for (const name of ['README.json', 'domain-.json', '.domain-a.json.0123abcd.tmp', 'notes.txt']) await writeFile(join(folder, name), 'x');
    const models = await open();
    expect(await models.unusable).toEqual([]);
    expect(warnings).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(['README.json', 'domain-.json', 'notes.txt']);
  });

  it('what follows the newest observations serves until a restart', async () => {
    const models = await open();
    const followed = copyModel(structuredModel(5));
    models.follow(A, followed);
    expect(models.own(A)).toBeNull();
    await models.put(A, structuredModel(5), record(1));
    models.follow(A, followed);
    expect(models.own(A)?.model).toBe(followed);
    const again = await open();
    await again.unusable;
    expect(again.own(A)?.model).toEqual(structuredModel(5));
  });
});
