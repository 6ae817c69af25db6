import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from './refusal.ts';

/** Generations of leases, by domain. An executor whose lease went to another has an older one and may not act any more. */
export interface Generations {
  /**
   * Lets a generation in that is at least the highest seen; a higher one is on the disk before this resolves.
   *
   * @throws Refusal `stale-generation`; `generation-not-kept` where the disk does not take it; `generation-unreadable` where
   *   what was kept cannot be read, so that nobody knows what is stale
   */
  admit(uuid: string, generation: number): Promise<void>;
  /** Nobody with a higher one came since: asked immediately before each side effect. */
  isCurrent(uuid: string, generation: number): boolean;
}

const MOST_KEPT_BYTES = 32;

/** @param folder only the helper's own user may enter it */
export function openGenerations(folder: string): Generations {
  const highest = new Map<string, number>();
  /** The latest work on each domain, so that two requests never write one file at once. */
  const turns = new Map<string, Promise<void>>();

  async function admitInTurn(uuid: string, generation: number): Promise<void> {
    const seen = highest.get(uuid) ?? (await readKept(folder, uuid));
    highest.set(uuid, seen);
    if (generation < seen) {
      throw new Refusal('stale-generation', `generation ${generation} of the lease is older than ${seen}, which was seen for this domain; another executor has taken it over`);
    }
    if (generation === seen) return;
    await keep(folder, uuid, generation);
    highest.set(uuid, generation);
  }

  return {
    admit(uuid, generation) {
      const before = turns.get(uuid) ?? Promise.resolve();
      const turn = before.catch(() => undefined).then(() => admitInTurn(uuid, generation));
      turns.set(uuid, turn);
      const leave = (): void => {
        if (turns.get(uuid) === turn) turns.delete(uuid);
      };
      turn.then(leave, leave);
      return turn;
    },
    isCurrent: (uuid, generation) => highest.get(uuid) === generation,
  };
}

/** 0 where nothing was kept: generations begin with 1. */
async function readKept(folder: string, uuid: string): Promise<number> {
  const path = join(folder, uuid);
  let text: string;
  try {
    text = await readFile(path, { encoding: 'latin1', flag: constants.O_RDONLY | constants.O_NOFOLLOW });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw unreadable(path, (error as Error).message);
  }
  if (text.length > MOST_KEPT_BYTES || !/^[1-9]\d{0,15}\n$/.test(text) || !Number.isSafeInteger(Number(text))) throw unreadable(path, 'it holds no generation');
  return Number(text);
}

function unreadable(path: string, why: string): Refusal {
  return new Refusal('generation-unreadable', `${path}: ${why}. Make sure that no other executor acts on the domain, then remove the file`);
}

/** Whole or not at all, also when the machine loses its power in between. */
async function keep(folder: string, uuid: string, generation: number): Promise<void> {
  const path = join(folder, uuid);
  const temporary = `${path}.new`;
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);
    try {
      await file.writeFile(`${generation}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    const isFull = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
    const why = isFull ? 'its disk is full; free space on it' : (error as Error).message;
    throw new Refusal('generation-not-kept', `the generation of the lease cannot be kept in ${path}, so nothing is done: ${why}`, { cause: error });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
