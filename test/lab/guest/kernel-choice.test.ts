import { expect, test } from 'vitest';
import { KERNEL_CHOICES, isKernelChoice, newestOf } from './kernel-choice.ts';

const NAMES = [
  'linux-image-6.1.0-9-amd64', 'linux-image-6.1.0-56-amd64', 'linux-image-6.1.0-56-cloud-amd64', 'linux-image-6.1.0-56-rt-amd64',
  'linux-image-6.1.0-99-amd64-unsigned', 'linux-image-6.1.0-99-rt-amd64-dbg', 'linux-image-6.12-amd64', 'linux-image-6.12.9+bpo-cloud-amd64',
  'linux-image-6.12.117+deb12-amd64', 'linux-image-6.12.117+deb12-cloud-amd64', 'linux-image-6.12.117+deb12-rt-amd64',
  'linux-image-6.12.200+deb12-rt-amd64-unsigned', 'linux-image-6.12.99+deb12-rt-amd64', '',
];

test('the newest package of every choice, by number, neither unsigned nor for debuggers', () => {
  expect(KERNEL_CHOICES.map((choice) => newestOf(NAMES, choice))).toEqual([
    'linux-image-6.1.0-56-cloud-amd64', 'linux-image-6.1.0-56-amd64', 'linux-image-6.1.0-56-rt-amd64',
    'linux-image-6.12.117+deb12-cloud-amd64', 'linux-image-6.12.117+deb12-amd64', 'linux-image-6.12.117+deb12-rt-amd64',
  ]);
  expect(newestOf(['linux-image-6.12.9+bpo-cloud-amd64'], '6.12-cloud')).toBe('linux-image-6.12.9+bpo-cloud-amd64');
  expect(newestOf(NAMES.slice(0, 4), '6.12-rt')).toBeUndefined();
});

test('choices are told from other words', () => {
  expect(isKernelChoice('6.12-rt')).toBe(true);
  expect(isKernelChoice('full')).toBe(false);
});
