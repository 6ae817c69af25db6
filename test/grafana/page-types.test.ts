import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The page has its own project, for the browser; nothing else checks its types: esbuild only strips them. */
test('the page is typed', () => {
  const root = join(import.meta.dirname, '../..');
  const check = (): string => execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(import.meta.dirname, 'page/tsconfig.json')], { encoding: 'utf8' });
  expect(check).not.toThrow();
});
