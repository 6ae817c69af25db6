/** Builds into a folder named after the content it was built from; what is there already is used again. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const CACHE = join(import.meta.dirname, '.cache');
/** Builds of other states are kept for this long: another process may be serving them. */
const KEEP_MS = 24 * 3_600_000;

/** `build` fills a new folder, which gets its name once it is complete, so that no one sees half of it. */
export async function cachedBuild(kind: string, hash: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, `${kind}-${hash}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  removeOld(kind);
  const unfinished = mkdtempSync(join(CACHE, `unfinished-${kind}-`));
  try {
    await build(unfinished);
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another process may have built the same meanwhile.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function removeOld(kind: string): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    const isOwn = name.startsWith(`${kind}-`) || name.startsWith(`unfinished-${kind}-`);
    if (isOwn && Date.now() - statSync(path).mtimeMs > KEEP_MS) rmSync(path, { recursive: true, force: true });
  }
}
