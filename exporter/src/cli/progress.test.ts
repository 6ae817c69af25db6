import { expect, it } from 'vitest';
import { createProgress } from './progress.ts';

it('progress is told only of what takes long, and not too often', () => {
  const said: string[] = [];
  let nowMs = 0;
  const progress = createProgress({ out: () => undefined, note: (text) => said.push(text), colour: false, nowMs: () => nowMs });
  for (; nowMs <= 12_000; nowMs += 500) progress('read', nowMs / 20_000);
  progress('read');
  expect(said).toEqual(['read: 15 %\n', 'read: 40 %\n']);
  nowMs = 13_000;
  progress('counted');
  progress('read', 1.5);
  expect(said.at(-1)).toBe('counted\n');
  nowMs = 20_000;
  progress('read', 1.5);
  expect(said.at(-1)).toBe('read: 100 %\n');
});
