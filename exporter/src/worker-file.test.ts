import { expect, it } from 'vitest';
import { workerFile } from './worker-file.ts';

it('finds the worker beside the source and beside what it is compiled to', () => {
  expect(workerFile('file:///x/src/history/sqlite/open.ts').pathname).toBe('/x/src/history/sqlite/worker.ts');
  expect(workerFile('file:///x/dist/history/sqlite/open.js').pathname).toBe('/x/dist/history/sqlite/worker.js');
});
