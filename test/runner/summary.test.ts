import { expect, test } from 'vitest';
import { summary, totals } from './summary.ts';
import type { StageResult } from './summary.ts';

const lint: StageResult = { name: 'lint', title: 'Lint', outcome: 'passed', counts: { passed: 1, failed: 0, skipped: 0 }, seconds: 4.25, failures: [], retried: [] };
const unit: StageResult = { name: 'unit', title: 'Unit tests', outcome: 'failed', counts: { passed: 120, failed: 2, skipped: 0 }, seconds: 31, failures: [], retried: [] };

test('the last line has the totals, skipped ones only where there are any', () => {
  expect(totals([lint, unit])).toBe('121 passed, 2 failed');
  expect(totals([lint, { ...unit, counts: { passed: 1, failed: 0, skipped: 3 } }])).toBe('2 passed, 0 failed, 3 skipped');
  expect(summary([lint, unit]).split('\n').at(-1)).toBe('121 passed, 2 failed');
});

test('the table has a row for each stage, in columns', () => {
  expect(summary([lint, unit]).split('\n').slice(0, 3)).toEqual([
    'stage  result  passed  failed  skipped    time',
    'lint   passed       1       0        0   4.3 s',
    'unit   failed     120       2        0  31.0 s',
  ]);
});

test('what failed or was tried again stands before the table', () => {
  const lines = summary([lint, { ...unit, failures: ['a.test.ts > adds\n    1 is not 2'], retried: ['b.test.ts > waits\n    late'] }]).split('\n');
  expect(lines.slice(0, 7)).toEqual([
    'passed only at the second try in unit: b.test.ts > waits', '    late', '',
    'failed in unit: a.test.ts > adds', '    1 is not 2', '',
    'stage  result  passed  failed  skipped    time',
  ]);
});
