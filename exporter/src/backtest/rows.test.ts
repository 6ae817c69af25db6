import { expect, it } from 'vitest';
import { headerRow, tickRow } from './rows.ts';
import { replayed, simulatedValues } from './testing/leaking.ts';

const NAMES = { host: 'h1', domain: '=a,"b"\r\nc' };
const [tick] = replayed(simulatedValues({ ticks: 2 }));
const TICK = { ...tick!, atMs: 1_700_000_000_500, failureProbability: 0.1234567, health: { normal: 0.9, abnormal: 0.1, failed: 1e-9 } };

it('rows have the timestamps of the input', () => {
  const row = (timeForm: 's' | 'ms' | 'iso'): string => tickRow(TICK, { timeForm, all: false, named: false }, NAMES);
  expect(headerRow({ timeForm: 's', all: false, named: false })).toBe('timestamp,failure_probability\n');
  expect([row('s'), row('ms'), row('iso')]).toEqual(['1700000000.5,0.123457\n', '1700000000500,0.123457\n', '2023-11-14T22:13:20.500Z,0.123457\n']);
});

it('rows tell healths, and names that no spreadsheet runs', () => {
  const options = { timeForm: 's', all: true, named: true } as const;
  expect(headerRow(options)).toBe('timestamp,failure_probability,health_normal,health_abnormal,health_failed,host,domain\n');
  expect(tickRow(TICK, options, NAMES)).toBe(`1700000000.5,0.123457,0.900000,0.100000,0.000000,h1,"'=a,""b"" c"\n`);
});
