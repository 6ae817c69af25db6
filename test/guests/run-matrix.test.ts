import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Lab, LinuxGuest } from '../lab/lab.ts';
import type { GuestCheck } from './check.ts';
import type { MatrixEntry } from './matrix.ts';
import { openResults } from './results.ts';
import { runMatrix } from './run-matrix.ts';
import type { MatrixRun } from './run-matrix.ts';
import { allPassed, summaryTable } from './table.ts';

let folder: string;
let happened: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'matrix-'));
  happened = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const ENTRIES: readonly MatrixEntry[] = [
  { name: 'a', system: 'tiny', kernel: '6.1-cloud', options: {} }, { name: 'b', system: 'debian', kernel: '6.12-rt', options: {} },
];
const check = (name: string, run: GuestCheck['run'], more: Partial<GuestCheck> = {}): GuestCheck => ({ name, what: '', timeoutSeconds: 10, run, ...more });
const good = check('good', async ({ entry }) => { happened.push(`good ${entry.name}`); return { seen: 3 }; });
const bad = check('bad', async ({ entry }) => { if (entry.name === 'a') throw new Error('broken'); return undefined; });
const debianOnly = check('units', async () => undefined, { appliesTo: ({ system }) => system === 'debian' });

const results = (resume = false, sources = 'x') => openResults(join(folder, 'results.json'), sources, { resume });
const matrix = (more: Partial<MatrixRun>): MatrixRun => ({
  entries: ENTRIES, known: ENTRIES, checks: [good], results: results(), lab: undefined as unknown as Lab, progress: () => {}, signal: new AbortController().signal,
  boot: async ({ name }) => {
    happened.push(`boot ${name}`);
    return { guest: { name } as unknown as LinuxGuest, end: async () => void happened.push(`end ${name}`) };
  },
  ...more,
});

test('one guest at a time; a failure stops neither its guest nor the others', async () => {
  const run = matrix({ checks: [bad, good, debianOnly] });
  await runMatrix(run);
  expect(happened).toEqual(['boot a', 'good a', 'end a', 'boot b', 'good b', 'end b']);
  expect(allPassed(ENTRIES, run.checks, run.results)).toBe(false);
  const lines = summaryTable(ENTRIES, run.checks, run.results).split('\n').map((line) => line.split(/ {2,}/));
  expect(lines).toEqual([
    ['guest', 'boot', 'bad', 'good', 'units'], ['a', '0 s', 'FAILED', '0 s', '-'], ['b', '0 s', '0 s', '0 s', '0 s'],
    [''], ['a: bad: broken'], [''], ['2 guests, 5 checks: 4 passed, 1 not'],
  ]);
});

test('a run that is gone on with does what has not passed, and everything where sources have changed', async () => {
  await runMatrix(matrix({ checks: [bad, good] }));
  happened.length = 0;
  const run = matrix({ checks: [bad, good], results: results(true) });
  await runMatrix(run);
  expect(happened).toEqual(['boot a', 'end a']);
  happened.length = 0;
  await runMatrix(matrix({ results: results(true, 'y') }));
  expect(happened).toEqual(['boot a', 'good a', 'end a', 'boot b', 'good b', 'end b']);
});

test('a guest that does not boot: its checks are not run, and the next one is', async () => {
  const boot: MatrixRun['boot'] = async (entry) => (entry.name === 'a' ? Promise.reject(new Error('no console')) : matrix({}).boot(entry));
  const run = matrix({ boot });
  await runMatrix(run);
  expect(run.results.all().map(({ guest, check: name, status, error }) => [guest, name, status, error])).toEqual([
    ['a', 'boot', 'failed', 'no console'], ['a', 'good', 'not-run', ''], ['b', 'boot', 'passed', ''], ['b', 'good', 'passed', ''],
  ]);
});

test('a check that takes too long fails, its signal is aborted, and its guest ends', async () => {
  const slow = check('slow', ({ signal }) => new Promise(() => signal.addEventListener('abort', () => happened.push('told'))), { timeoutSeconds: 0.01 });
  const run = matrix({ entries: ENTRIES.slice(0, 1), checks: [slow] });
  await runMatrix(run);
  expect(run.results.all().at(-1)).toMatchObject({ status: 'failed', error: 'not within 0.01 s' });
  expect(happened).toEqual(['boot a', 'told', 'end a']);
});

test('an interruption is no failure: the check is not run, no guest is left, nothing more boots', async () => {
  const interruption = new AbortController();
  const interrupted = check('stops', () => new Promise(() => interruption.abort(new Error('interrupted'))));
  const run = matrix({ checks: [interrupted, good], signal: interruption.signal });
  await runMatrix(run);
  expect(happened).toEqual(['boot a', 'end a']);
  expect(run.results.all().map(({ check: name, status }) => [name, status])).toEqual([['boot', 'passed'], ['stops', 'not-run'], ['good', 'not-run']]);
});

const parts = (run: GuestCheck['run']) => check('long', run, { parts: 3 });

test('a check of several parts is kept part by part: a run that is cut goes on with the next one, in a guest booted anew', async () => {
  const interruption = new AbortController();
  const long = parts(async ({ part }) => {
    happened.push(`part ${part}`);
    if (part === 2 && happened.filter((line) => line === 'part 2').length === 1) interruption.abort(new Error('interrupted'));
    return { done: 1, heldMost: part };
  });
  const entries = ENTRIES.slice(0, 1);
  const first = matrix({ entries, checks: [long], signal: interruption.signal });
  await runMatrix(first);
  expect(first.results.find('a', 'long')).toMatchObject({ status: 'not-run', partsDone: 2, figures: { done: 2, heldMost: 1 } });
  expect(summaryTable(entries, [long], first.results)).toContain('2 of 3');
  const second = matrix({ entries, checks: [long], results: results(true) });
  await runMatrix(second);
  expect(happened).toEqual(['boot a', 'part 0', 'part 1', 'part 2', 'end a', 'boot a', 'part 2', 'end a']);
  expect(second.results.find('a', 'long')).toMatchObject({ status: 'passed', partsDone: 3, figures: { done: 3, heldMost: 2 } });
  expect(allPassed(entries, [long], second.results)).toBe(true);
});

test('of a check whose part fails nothing is kept, and the rest of it is not done', async () => {
  let isBroken = true;
  const long = parts(async ({ part }) => {
    happened.push(`part ${part}`);
    if (part === 1 && isBroken) throw new Error('broken');
    return undefined;
  });
  const entries = ENTRIES.slice(0, 1);
  const first = matrix({ entries, checks: [long] });
  await runMatrix(first);
  expect(first.results.find('a', 'long')).toMatchObject({ status: 'failed', error: 'broken', partsDone: 0 });
  isBroken = false;
  await runMatrix(matrix({ entries, checks: [long], results: results(true) }));
  expect(happened).toEqual(['boot a', 'part 0', 'part 1', 'end a', 'boot a', 'part 0', 'part 1', 'part 2', 'end a']);
});

test('what an interrupted guest had of a check is not forgotten where it does not boot again', async () => {
  const interruption = new AbortController();
  const long = parts(async ({ part }) => void (part === 1 && interruption.abort(new Error('interrupted'))));
  const entries = ENTRIES.slice(0, 1);
  await runMatrix(matrix({ entries, checks: [long], signal: interruption.signal }));
  const run = matrix({ entries, checks: [long], results: results(true), boot: () => Promise.reject(new Error('no console')) });
  await runMatrix(run);
  expect(run.results.find('a', 'long')).toMatchObject({ status: 'not-run', partsDone: 1 });
});

test('how long it will take is told by how long it took, also with other sources', async () => {
  const lines: string[] = [];
  const progress = (line: string) => void lines.push(line);
  await runMatrix(matrix({ progress }));
  expect(lines[0]).toMatch(/^\[1\/2\] a: booting .*; no estimate yet: 4 checks that were never timed$/);
  lines.length = 0;
  await runMatrix(matrix({ progress, results: results(false, 'y') }));
  expect(lines[0]).toMatch(/; about \d+ min left$/);
  lines.length = 0;
  await runMatrix(matrix({ progress, entries: [{ ...(ENTRIES[0] as MatrixEntry), name: 'c' }], results: results(false, 'z') }));
  expect(lines[0]).toMatch(/; about \d+ min left$/);
});

test('results that are not gone on with stay beside the new ones', async () => {
  await runMatrix(matrix({ checks: [bad, good] }));
  const run = matrix({ checks: [good], results: results(false) });
  await runMatrix(run);
  const previous = JSON.parse(readFileSync(join(folder, 'results.previous.json'), 'utf8')) as { results: { check: string }[] };
  expect(previous.results.map(({ check: name }) => name)).toContain('bad');
  expect(run.results.all().map(({ check: name }) => name)).not.toContain('bad');
});
