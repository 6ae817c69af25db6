import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const ENDINGS = ['.ts', '.tsx', '/index.ts', '/index.tsx'];

/** The source files that a module loads, itself first: imports, re-exports and `import()` of files beside it, not of packages. */
export function reachableFrom(entry: string): string[] {
  const found = new Set([entry]);
  for (const file of found) {
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
    for (const { fileName } of importedFiles.filter((one) => one.fileName.startsWith('.'))) {
      const base = join(dirname(file), fileName);
      const target = ENDINGS.map((ending) => base + ending).find((path) => existsSync(path));
      if (target !== undefined) {
        found.add(target);
      }
    }
  }
  return [...found];
}
