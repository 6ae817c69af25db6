import { expect, test } from 'vitest';
import { parseOptions, UsageError } from './options.ts';

test('everything has a default', () => {
  expect(parseOptions([])).toEqual({ help: false, keep: false, breaks: ['vm-killed', 'vm-deleted', 'vm-hung', 'app-killed', 'app-hung'], hosts: 2, preview: true });
  expect(parseOptions(['--no-preview']).preview).toBe(false);
});

test('chosen faults come in the order of the tour, each once', () => {
  expect(parseOptions(['--break', 'vm-hung', '--break=vm-killed', '--break', 'app-hung', '--break', 'vm-hung']).breaks).toEqual(['vm-killed', 'vm-hung', 'app-hung']);
});

test.each([
  [['--break', 'vm-eaten'], /--break vm-eaten: there are vm-killed, vm-deleted, vm-hung, app-killed, app-hung$/],
  [['--hosts', '0'], /--hosts 0: expected a number from 1 to 8/],
  [['--hosts', '1.5'], /--hosts 1.5/],
  [['--hurry'], /--hurry/],
  [['vm-killed'], /vm-killed/],
])('%j is refused', (argv, message) => {
  expect(() => parseOptions(argv)).toThrow(UsageError);
  expect(() => parseOptions(argv)).toThrow(message);
});
