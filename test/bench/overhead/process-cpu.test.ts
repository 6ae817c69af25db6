import { expect, it } from 'vitest';
import { cpuSecondsOf, processCpuSeconds } from './process-cpu.ts';

it('adds user and system time, whatever the name of the process', () => {
  expect(cpuSecondsOf('17 (a) b (c)) S 1 17 17 0 -1 4194560 900 0 3 0 250 130 7 9 20 0 11 0 4242 1 2 3')).toBeCloseTo(3.8, 9);
  expect(() => cpuSecondsOf('no such line')).toThrow('not a /proc/PID/stat line');
});

it('agrees with what the process itself says', () => {
  const { user, system } = process.cpuUsage();
  expect(Math.abs(processCpuSeconds(process.pid) - (user + system) / 1e6)).toBeLessThan(0.1);
});
