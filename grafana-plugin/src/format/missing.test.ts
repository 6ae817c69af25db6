import { signalWord, whyMissing } from './missing';

test('signals and reasons are told to people', () => {
  expect(signalWord('memoryUsedRatio')).toBe('memory');
  expect(whyMissing('not-said')).toBe('libvirt does not tell');
  expect(whyMissing('own-operation')).toBe('virtmedic was acting on it');
});

test('others are shown as they are, cut', () => {
  expect(signalWord('fanSpeed')).toBe('fanSpeed');
  expect(whyMissing('full-moon')).toBe('full moon');
  expect([signalWord('x'.repeat(1_000_000)).length, whyMissing('x'.repeat(1_000_000)).length]).toEqual([60, 60]);
});
