/** What targets are used to, kept on the disk so that a restart need not learn it anew. */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Clock } from '../events/clock.ts';
import type { TargetKey } from '../prediction/model-source.ts';
import type { SavedObserver } from '../prediction/observation/saved-observer.ts';
import { isTemporary, writeAtomically } from './atomic-file.ts';
import { HabitsFileError, readHabitsFile, writeHabitsFile } from './habits-file.ts';
import type { SavedHabits } from './habits-file.ts';

export interface HabitsOptions {
  /** Made where it does not exist. */
  folder: string;
  clock: Clock;
  onWarning(text: string): void;
}

export interface Habits {
  /** Those of one target, as they were read; from then on its own ones are saved instead. */
  take(key: TargetKey): unknown;
  /** Saves from now on, a part at a time, each every quarter of an hour. `of`: the habits of the wanted targets now. */
  start(of: (wanted: (key: TargetKey) => boolean) => Iterable<[TargetKey, SavedObserver]>): void;
  /** Saves everything once more. */
  stop(): Promise<void>;
}

/** Files; 10,000 targets are about 1 MB in each. */
const PARTS = 64;
const ROUND_MS = 900_000;
/** A target that was not seen for so long has changed, or is gone. */
const KEPT_MS = 30 * 86_400_000;
const MOST_FILE_BYTES = 64 * 2 ** 20;
const FILE = /^part-(\d\d)\.json$/;

/** Reads what there is; what is unusable is set aside and said. @throws what the file system says when the folder can't be made or listed */
export async function openHabits({ folder, clock, onWarning }: HabitsOptions): Promise<Habits> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  await Promise.all(names.filter(isTemporary).map((name) => rm(join(folder, name), { force: true })));
  /** Of targets that have not been seen since. */
  const waiting = new Map<TargetKey, SavedHabits>();
  const written = new Set<number>();
  for (const name of names) {
    const part = FILE.exec(name)?.[1];
    if (part === undefined) continue;
    const read = await readPart(join(folder, name), clock, onWarning);
    if (read !== null) written.add(Number(part));
    for (const [key, saved] of read ?? []) if (clock.nowMs() - saved.savedAtMs <= KEPT_MS) waiting.set(key, saved);
  }
  const saver = createSaver(folder, clock, waiting, written, onWarning);
  return {
    take(key) {
      const saved = waiting.get(key);
      waiting.delete(key);
      return saved?.observer;
    },
    ...saver,
  };
}

function createSaver(folder: string, clock: Clock, waiting: ReadonlyMap<TargetKey, SavedHabits>, written: Set<number>, onWarning: (text: string) => void): Pick<Habits, 'start' | 'stop'> {
  let source: Parameters<Habits['start']>[0] | null = null;
  let cancel = (): void => undefined;
  let underWay: Promise<void> = Promise.resolve();
  let failed = false;

  function contentOf(part: number): Map<TargetKey, SavedHabits> {
    const isPart = (key: TargetKey): boolean => partOf(key) === part;
    const nowMs = clock.nowMs();
    const content = new Map<TargetKey, SavedHabits>();
    for (const [key, saved] of waiting) if (isPart(key) && nowMs - saved.savedAtMs <= KEPT_MS) content.set(key, saved);
    for (const [key, observer] of source?.(isPart) ?? []) content.set(key, { savedAtMs: nowMs, observer });
    return content;
  }

  async function save(part: number): Promise<void> {
    const content = contentOf(part);
    if (content.size === 0 && !written.has(part)) return;
    try {
      await writeAtomically(join(folder, fileName(part)), writeHabitsFile(content));
      written.add(part);
      failed = false;
    } catch (error) {
      if (!failed) onWarning(`habits can't be saved in ${folder}: ${String(error)}`);
      failed = true;
    }
  }

  function saveNext(part: number): void {
    cancel = clock.after(ROUND_MS / PARTS, () => {
      underWay = save(part).then(() => saveNext((part + 1) % PARTS));
    });
  }

  return {
    start(of) {
      source = of;
      saveNext(0);
    },
    async stop() {
      if (source === null) return;
      cancel();
      await underWay;
      cancel();
      for (let part = 0; part < PARTS; part++) await save(part);
      source = null;
    },
  };
}

function fileName(part: number): string {
  return `part-${String(part).padStart(2, '0')}.json`;
}

function partOf(key: TargetKey): number {
  return crc32(key) % PARTS;
}

/** Null: it was unusable. */
async function readPart(path: string, clock: Clock, onWarning: (text: string) => void): Promise<Map<TargetKey, SavedHabits> | null> {
  try {
    return readHabitsFile(await readBounded(path));
  } catch (error) {
    if (!(error instanceof HabitsFileError)) {
      onWarning(`the habits in ${path} can't be read: ${String(error)}`);
      return null;
    }
    const aside = `${path}.bad-${new Date(clock.nowMs()).toISOString().replaceAll(':', '')}`;
    const moved = await rename(path, aside).then(() => `was set aside as ${aside}`, (failure: unknown) => `can't be set aside (${String(failure)})`);
    onWarning(`${path} is unusable and ${moved}; its targets learn their habits anew: ${error.message}`);
    return null;
  }
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MOST_FILE_BYTES) throw new HabitsFileError(`${size} bytes, at most ${MOST_FILE_BYTES}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
