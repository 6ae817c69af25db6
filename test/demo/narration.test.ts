import { expect, test } from 'vitest';
import { formatFact, formatTable } from './narration.ts';

test('a fact stands with its time since the fault', () => {
  expect(formatFact({ atMs: 12_340, what: 'seen', text: 'domain_crashed' }, 10_000)).toBe('     2.3 s  seen        domain_crashed');
});

test('the table has the paper\'s row for each fault beside the measured seconds', () => {
  const lines = formatTable([
    { name: 'vm-killed', serving: 12.34, verified: 14 },
    { name: 'vm-deleted', serving: null, verified: null },
    { name: 'app-killed', serving: 5, verified: 9.99 },
  ]).split('\n');
  expect(lines[2]?.trim().split(/ {2,}/)).toEqual(['vm-killed', 'Table 3, VM down', '< 30 s', '< 25 s', '< 50 s', '12.3 s', '14.0 s']);
  expect(lines[3]?.trim().split(/ {2,}/)).toEqual(['vm-deleted', 'Table 3, VM deleted', '< 40 s', '< 30 s', '< 1 min', 'not recovered', 'not recovered']);
  expect(lines[4]?.trim().split(/ {2,}/)).toEqual(['app-killed', 'Table 4, web server', '< 1 min', '< 45 s', '< 2 min', '5.0 s', '10.0 s']);
  expect(lines).toHaveLength(6);
});

test('where an application hung, the table says that the paper has no such figure', () => {
  expect(formatTable([{ name: 'app-hung', serving: 1, verified: 2 }])).toMatch(/\n {2}app-hung .*\n.*\n.*made none hang\.$/);
});
