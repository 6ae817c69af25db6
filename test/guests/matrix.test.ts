import { expect, test } from 'vitest';
import { KERNEL_CHOICES } from '../lab/guest/kernel-choice.ts';
import { checkName } from '../lab/naming.ts';
import { MATRIX } from './matrix.ts';
import { CHECKS } from './registry.ts';
import { BOOT } from './run-matrix.ts';

test('names are allowed for guests and used once', () => {
  const names = MATRIX.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(checkName('guest', name)).toBe(name);
  expect(new Set([BOOT, ...CHECKS.map(({ name }) => name)]).size).toBe(CHECKS.length + 1);
});

test('every kernel is there in both systems, both hierarchies of control groups, and memory above 4 GiB', () => {
  expect(new Set(MATRIX.filter(({ system }) => system === 'tiny').map(({ kernel }) => kernel))).toEqual(new Set(KERNEL_CHOICES));
  expect(new Set(MATRIX.filter(({ system }) => system === 'debian').map(({ kernel }) => kernel))).toEqual(new Set(KERNEL_CHOICES));
  expect(MATRIX.some(({ options }) => options.cgroups === 1)).toBe(true);
  expect(MATRIX.some(({ options }) => options.machine === 'q35' && (options.memoryMiB ?? 0) > 4096)).toBe(true);
});
