/** The trained models: files under `models/`, of which each target's best one forecasts. */
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hmm } from '../prediction/hmm/model.ts';
import { MOST_BYTES, ModelFileError, readModelFile, writeModelFile } from '../prediction/model-file.ts';
import type { ModelRecord } from '../prediction/model-file.ts';
import type { ModelSource, TrainedModel } from '../prediction/model-source.ts';
import { isTemporary, writeAtomically } from './atomic-file.ts';
import { isModelKey, pooledKey } from './keys.ts';
import type { ModelKey } from './keys.ts';

export interface Models extends ModelSource {
  get(key: ModelKey): TrainedModel | null;
  keys(): ModelKey[];
  /** From now on this one, on the disk too; the one before stays beside it as `<key>.previous.json`. Rejects with what the file system says. */
  put(key: ModelKey, model: Hmm, record: ModelRecord): Promise<void>;
  /** From now on this one, in memory alone: a restart goes on with the last that was put. Not where there is none. */
  follow(key: ModelKey, model: Hmm): void;
  /** With its files. Rejects with what the file system says. */
  remove(key: ModelKey): Promise<void>;
  /** Resolves when all that was there at the start is read: those whose file was unusable, and was set aside. */
  readonly unusable: Promise<ModelKey[]>;
  /** No more is read. */
  stop(): void;
}

export interface ModelsOptions {
  /** Made where it does not exist. */
  folder: string;
  nowMs(): number;
  /** After models were read that were not there before. */
  onRead(): void;
  onWarning(text: string): void;
}

const ENDING = '.json';
const PREVIOUS = '.previous.json';
/** Of one key, so many files that were set aside stay: for people to look at. */
const MOST_SET_ASIDE = 3;
const READS_BETWEEN_TURNS = 8;

/** Models of all targets together are read when this resolves, the others soon after. @throws what the file system says when the folder can't be made or listed */
export async function openModels({ folder, nowMs, onRead, onWarning }: ModelsOptions): Promise<Models> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const held = new Map<ModelKey, TrainedModel>();
  let stopped = false;
  const names = await readdir(folder);
  await Promise.all(names.filter(isTemporary).map((name) => rm(join(folder, name), { force: true })));
  const keys = new Set(names.filter((name) => name.endsWith(ENDING)).map((name) => name.replace(/(?:\.previous)?\.json$/, '')));

  const { currentPath, previousPath } = pathsIn(folder);
  const readModel = createReader(folder, nowMs, onWarning);

  function hold(key: ModelKey, model: Hmm, { createdAt, trainedOn }: ModelRecord): void {
    held.set(key, { model, trainedAtMs: Date.parse(createdAt), tickSeconds: trainedOn.tickSeconds });
  }

  async function readAll(wanted: readonly ModelKey[]): Promise<ModelKey[]> {
    const unusable: ModelKey[] = [];
    for (const [n, key] of wanted.entries()) {
      if (stopped) break;
      const { found, wasUnusable } = await readModel(key);
      if (wasUnusable) unusable.push(key);
      // Unless it was trained anew meanwhile.
      if (found !== null && !held.has(key)) hold(key, found.model, found.record);
      if (n % READS_BETWEEN_TURNS === 0) await new Promise(setImmediate);
    }
    if (wanted.length > 0 && !stopped) onRead();
    return unusable;
  }

  const known = [...keys].filter(isModelKey);
  const unusablePooled = await readAll(known.filter((key) => key.startsWith('pooled-')));
  return {
    get: (key) => held.get(key) ?? null,
    own: (key) => held.get(key) ?? null,
    pooled: (kind) => held.get(pooledKey(kind)) ?? null,
    keys: () => [...held.keys()],
    unusable: readAll(known.filter((key) => !key.startsWith('pooled-'))).then((own) => [...unusablePooled, ...own]),
    async put(key, model, record) {
      const text = writeModelFile(model, record);
      // Killed between the two, the one before is found there.
      await ifThere(rename(currentPath(key), previousPath(key)));
      await writeAtomically(currentPath(key), text);
      hold(key, model, record);
    },
    follow(key, model) {
      const one = held.get(key);
      if (one) held.set(key, { ...one, model });
    },
    async remove(key) {
      held.delete(key);
      await Promise.all([currentPath(key), previousPath(key)].map((path) => rm(path, { force: true })));
    },
    stop: () => void (stopped = true),
  };
}

function pathsIn(folder: string): Record<'currentPath' | 'previousPath', (key: ModelKey) => string> {
  return { currentPath: (key) => join(folder, `${key}${ENDING}`), previousPath: (key) => join(folder, `${key}${PREVIOUS}`) };
}

interface ModelFile {
  model: Hmm;
  record: ModelRecord;
}

/** Reads the last good model of a key; what is none is set aside. */
function createReader(folder: string, nowMs: () => number, onWarning: (text: string) => void): (key: ModelKey) => Promise<{ found: ModelFile | null; wasUnusable: boolean }> {
  const { currentPath, previousPath } = pathsIn(folder);

  async function setAside(path: string, key: ModelKey, error: unknown): Promise<void> {
    const why = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ModelFileError)) return onWarning(`the model ${path} can't be read: ${why}`);
    const aside = `${path}.bad-${new Date(nowMs()).toISOString().replaceAll(':', '')}`;
    try {
      await rename(path, aside);
      onWarning(`the model ${path} is unusable and was set aside as ${aside}; it is trained anew: ${why}`);
      const all = (await readdir(folder)).filter((name) => name.startsWith(`${key}.`) && name.includes('.bad-')).sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
      await Promise.all(all.slice(0, -MOST_SET_ASIDE).map((name) => rm(join(folder, name), { force: true })));
    } catch (failure) {
      onWarning(`the model ${path} is unusable and can't be set aside: ${why}; ${String(failure)}`);
    }
  }

  return async (key) => {
    let wasUnusable = false;
    for (const path of [currentPath(key), previousPath(key)]) {
      try {
        const found = await readOne(path, key);
        if (found !== null) return { found, wasUnusable };
      } catch (error) {
        wasUnusable = true;
        await setAside(path, key, error);
      }
    }
    return { found: null, wasUnusable };
  };
}

/** Null: there is no such file. */
async function readOne(path: string, key: ModelKey): Promise<ModelFile | null> {
  const found = await ifThere(stat(path));
  if (found === null) return null;
  if (!found.isFile() || found.size > MOST_BYTES) throw new ModelFileError(found.isFile() ? `${found.size} bytes, a model has at most ${MOST_BYTES}` : 'it is no file');
  const file = readModelFile(await readFile(path, 'utf8'));
  const { target } = file.record;
  if (isModelKey(target) && target !== key) throw new ModelFileError(`it is the model of ${target}`);
  return file;
}

/** Null: there is no such file. */
async function ifThere<T>(operation: Promise<T>): Promise<T | null> {
  try {
    return await operation;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function timeOf(name: string): string {
  return name.slice(name.lastIndexOf('.bad-'));
}
