import { expect, test } from 'vitest';
import { formatFact, formatTable } from './narration.ts';

test('a fact stands with its time since the fault', () => {
  expect(formatFact({ atMs: 12_340, what: 'seen', text: 'domain_crashed' }, 10_000)).toBe('     2.3 s  seen        domain_crashed');
});

test('the table has the paper\'s row for each fault beside the measured seconds', () => {
  const lines = formatTable([
    { name: 'vm-killed', serving: 12.34, verified: 14 },
    { name: 'vm-deleted', serving: null, verified: null },
  ]).split('\n');
  expect(lines[2]?.trim().split(/ {2,}/)).toEqual(['vm-killed', 'VM down', '< 30 s', '< 25 s', '< 50 s', '12.3 s', '14.0 s']);
  expect(lines[3]?.trim().split(/ {2,}/)).toEqual(['vm-deleted', 'VM deleted', '< 40 s', '< 30 s', '< 1 min', 'not recovered', 'not recovered']);
});
