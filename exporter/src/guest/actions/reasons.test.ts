import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HELPER_REASONS, REFUSAL_REASONS } from '../helper/refusal.ts';
import { ACTION_FAILURES, ACTION_REFUSALS } from './action-error.ts';
import { RULES } from './rules.ts';

interface Row {
  word: string;
  cells: string[];
}

/** Rows of the tables of a section of the README whose first cell is a word. */
function rowsOf(section: string): Row[] {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const body = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return [...body.matchAll(/^\| `([a-z-]+)` \|(.*)\|$/gm)].map(([, word = '', rest = '']) => ({ word, cells: rest.split(' | ').map((cell) => cell.trim()) }));
}

const refusals = rowsOf('Refusals');
const failures = rowsOf('Failures');
const wordsOf = (rows: readonly Row[]): string[] => rows.map(({ word }) => word);
const FOLDERS = ['exporter/src/guest', 'test/guests'].map((folder) => join(import.meta.dirname, '..', '..', '..', '..', folder));
const tests = FOLDERS.flatMap((folder) => globSync(['**/*.test.ts', 'checks/*.ts'], { cwd: folder }).map((file) => join(folder, file))).filter((file) => file !== import.meta.filename);
const expectations = tests.map((file) => readFileSync(file, 'utf8')).join('\n');

describe('the tables of reasons for users', () => {
  test('have every reason of the code, each once, and no other', () => {
    const words = [...wordsOf(refusals), ...wordsOf(failures)];
    expect(new Set(words).size).toBe(words.length);
    for (const word of ACTION_REFUSALS) expect(wordsOf(refusals)).toContain(word);
    expect(wordsOf(failures).sort()).toEqual([...ACTION_FAILURES].sort());
    // Counted by the helper: each has its series from the start.
    expect(REFUSAL_REASONS).toEqual(expect.arrayContaining(words));
    const ofHelper: readonly string[] = HELPER_REASONS;
    expect(REFUSAL_REASONS.filter((word) => !words.includes(word) && !ofHelper.includes(word))).toEqual([]);
  });

  test('have the rules first, in the order and for the ways that the code asks them', () => {
    const rows = refusals.slice(0, RULES.length).map(({ word, cells }) => [word, cells[0]]);
    expect(rows).toEqual(RULES.map(({ reason, ways }) => [reason, ways.length === 3 ? 'all' : ways.join(', ')]));
  });

  test('say of each why, and what to do', () => {
    for (const { word, cells } of refusals) expect([word, cells.length, cells.every((cell) => cell !== '') || word === 'process-protected']).toEqual([word, 3, true]);
    for (const { word, cells } of failures) expect([word, cells.length, cells.every((cell) => cell !== '')]).toEqual([word, 2, true]);
  });
});

test.each(wordsOf([...refusals, ...failures]))('%s is what some test expects', (word) => {
  expect(expectations.includes(`'${word}'`)).toBe(true);
});
