import { describe, expect, test } from 'vitest';
import { RULES } from '../../exporter/src/guest/actions/index.ts';
import { KERNEL_CHOICES } from '../lab/guest/kernel-choice.ts';
import { checkName } from '../lab/naming.ts';
import { LISTS } from './checks/churn.ts';
import { STARTS } from './checks/crawl.ts';
import { KILLS } from './checks/killed.ts';
import { REASONS_TO_REFUSE } from './checks/reasons-to-refuse.ts';
import { PER_WAY, waysOf } from './checks/restarts.ts';
import { MATRIX } from './matrix.ts';
import type { MatrixEntry } from './matrix.ts';
import { CHECKS } from './registry.ts';
import { BOOT } from './run-matrix.ts';

test('names are allowed for guests and used once', () => {
  const names = MATRIX.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(checkName('guest', name)).toBe(name);
  expect(new Set([BOOT, ...CHECKS.map(({ name }) => name)]).size).toBe(CHECKS.length + 1);
});

test('every kernel is there in both systems', () => {
  expect(new Set(MATRIX.filter(({ system }) => system === 'tiny').map(({ kernel }) => kernel))).toEqual(new Set(KERNEL_CHOICES));
  expect(new Set(MATRIX.filter(({ system }) => system === 'debian').map(({ kernel }) => kernel))).toEqual(new Set(KERNEL_CHOICES));
});

describe.each(['6.1', '6.12'])('kernels %s', (series) => {
  const entries = MATRIX.filter(({ kernel }) => kernel.split('-')[0] === series);

  test.each<[string, (options: MatrixEntry['options']) => boolean]>([
    ['page tables of five levels', ({ pageTableLevels }) => pageTableLevels === 5],
    ['page tables of four levels', ({ pageTableLevels }) => pageTableLevels === 4],
    ['page table isolation', ({ pageTableIsolation }) => pageTableIsolation === true],
    ['memory above 4 GiB', ({ machine, memoryMiB = 0 }) => machine === 'q35' && memoryMiB > 4096],
    ['several processors', ({ vcpus = 1 }) => vcpus > 1],
    ['control groups of version 1', ({ cgroups }) => cgroups === 1],
  ])('are there with %s', (_what, has) => {
    expect(entries.some(({ options }) => has(options))).toBe(true);
  });
});

test('nothing turns KASLR off', () => {
  for (const { options } of MATRIX) expect(options.kernelArguments ?? '').not.toContain('kaslr');
});

test('one run of the matrix comes to 100 restarts by each way, 10,000 lists, and, with the long ones, 200 starts and 50 kills in a guest', () => {
  for (const way of ['keyboard', 'sysrq', 'injection'] as const) expect(MATRIX.filter((entry) => waysOf(entry).includes(way)).length * PER_WAY).toBeGreaterThanOrEqual(100);
  expect(MATRIX.length * LISTS).toBeGreaterThanOrEqual(10_000);
  expect([STARTS, KILLS]).toEqual([200, 50]);
  for (const { name, parts = 1 } of CHECKS) expect([name, Number.isInteger(parts) && parts > 0]).toEqual([name, true]);
});

test('what refuses in real guests is every rule but those of memory that is encrypted, of what QEMU does not tell, and of a kernel that starts, stops or was built otherwise', () => {
  // A job that is none of a disk's is one of a snapshot or dump, for moments; open SysRq is asked in another check.
  const others = ['domain-unclear', 'encrypted-memory', 'job-running', 'static-usermodehelper', 'sysrq-open', 'system-not-running'];
  const brought = REASONS_TO_REFUSE.map(({ reason }) => reason);
  expect([...brought, ...others].sort()).toEqual(RULES.map(({ reason }) => reason).sort());
  for (const { reason, ways } of REASONS_TO_REFUSE) expect([reason, ways]).toEqual([reason, RULES.find((rule) => rule.reason === reason)?.ways]);
});
