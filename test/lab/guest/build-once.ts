import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkBuildPrerequisites } from '../prerequisites.ts';
import { acquireLock } from '../run-lock.ts';

/** What chosen kernels and Debian guests boot from. Apart from the other images, whose build clears its own folder. */
export const CACHE = join(import.meta.dirname, '..', '.cache', 'linux');

export interface Build {
  cache: string;
  /** Builds of the same kind replace each other. */
  kind: string;
  /** Changes with everything that goes into the build. */
  key: string;
  /** Fills the folder `result`, which exists; `scratch` beside it is thrown away. */
  build(result: string, scratch: string): Promise<void>;
}

/**
 * Returns the folder of a build, made now where it was not made before. Several processes may ask at once: one builds, the others
 * wait. It is there whole or not at all; older ones of its kind go, running labs keep links of their own.
 */
export async function buildOnce({ cache, kind, key, build }: Build): Promise<string> {
  const folder = join(cache, `${kind}_${key}`);
  if (existsSync(folder)) return folder;
  checkBuildPrerequisites();
  const place = join(cache, 'locks', kind);
  await mkdir(place, { recursive: true });
  const lock = await acquireLock(place, { wait: true });
  try {
    if (!existsSync(folder)) await buildNow(cache, kind, folder, build);
  } finally {
    lock?.release();
  }
  return folder;
}

async function buildNow(cache: string, kind: string, folder: string, build: Build['build']): Promise<void> {
  // Of this kind and we hold its lock: what is left was left by somebody who was killed.
  await removeMatching(cache, `.new-${kind}_`);
  const temporary = await mkdtemp(join(cache, `.new-${kind}_`));
  try {
    const [result, scratch] = [join(temporary, 'result'), join(temporary, 'scratch')];
    await mkdir(result);
    await mkdir(scratch);
    await build(result, scratch);
    await rename(result, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await removeMatching(cache, `${kind}_`, basename(folder));
}

async function removeMatching(cache: string, prefix: string, except?: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith(prefix) && name !== except) await rm(join(cache, name), { recursive: true, force: true });
  }
}

/** An earlier build whose name begins so, for machines that cannot build now; undefined where there is none. */
export async function earlierBuild(cache: string, prefix: string): Promise<string | undefined> {
  const name = existsSync(cache) ? (await readdir(cache)).find((entry) => entry.startsWith(prefix)) : undefined;
  return name === undefined ? undefined : join(cache, name);
}

/** Names, modes and contents of files; folders count with all that they hold. */
export async function hashOf(paths: readonly string[], more: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const inside = (await stat(path)).isDirectory() ? (await readdir(path, { recursive: true })).sort() : [''];
    for (const name of inside) {
      const entry = await stat(join(path, name)).catch(() => undefined);
      hash.update(`${name}\0${entry?.mode ?? 'link'}\0`);
      if (entry?.isFile() === true) hash.update(await readFile(join(path, name)));
    }
  }
  for (const text of more) hash.update(`${text}\0`);
  return hash.digest('hex').slice(0, 12);
}
