import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Of the names and contents of files, given as patterns below `folder`. Twelve characters: a name for a folder, not a seal. */
export function contentHash(folder: string, patterns: readonly string[], more: readonly string[] = []): string {
  const hash = createHash('sha256');
  const files = [...new Set(globSync([...patterns], { cwd: folder }))].sort().filter((file) => statSync(join(folder, file)).isFile());
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(folder, file))).update('\0');
  for (const text of more) hash.update(`${text}\0`);
  return hash.digest('hex').slice(0, 12);
}
