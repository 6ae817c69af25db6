import { expect, test } from 'vitest';
import { whatCameBack } from './serving.ts';

const before = { boots: 1, count: 10, bootId: 'a', uptimeSeconds: 12, failures: 0, diskFreeKiB: 1000 };

test('a guest is back after a new boot, with the disk that it had', () => {
  expect(whatCameBack('guest', before, { ...before, count: 12 })).toBe(false);
  expect(whatCameBack('guest', before, { ...before, boots: 2, bootId: 'b', count: 14 })).toEqual({ text: 'boot 2 (1 before), counter on its disk kept (10 before, 14 now)', isWhole: true });
  expect(whatCameBack('guest', before, { ...before, boots: 2, bootId: 'b', count: 1 })).toMatchObject({ text: expect.stringContaining('LOST') as string, isWhole: false });
});

test('an app is back in the guest as it ran: a guest that booted is no success', () => {
  expect(whatCameBack('app', before, { ...before, count: 25 })).toMatchObject({ text: expect.stringMatching(/^still boot 1, .* went on \(10 before, 25 now\)$/) as string, isWhole: true });
  expect(whatCameBack('app', before, { ...before, boots: 2, bootId: 'b', count: 25 })).toMatchObject({ text: expect.stringContaining('BOOTED') as string, isWhole: false });
});
