import { expect, test } from 'vitest';
import { bootIdentity } from './boot-identity.ts';
import { simulateGuest } from './testing/simulated-guest.ts';

test('is the same within one boot, and another where any of what a boot makes anew is another', () => {
  const guest = simulateGuest();
  const first = bootIdentity(guest.kernel);
  expect(bootIdentity(guest.kernel)).toBe(first);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  const others = [
    bootIdentity({ ...guest.kernel, banner: 'Linux version 6.1.0-other' }),
    bootIdentity({ ...guest.kernel, btfHash: '11'.repeat(32) }),
    bootIdentity({ ...guest.kernel, symbol: (name) => guest.kernel.symbol(name) + (name === 'init_task' ? 0n : 16n) }),
  ];
  for (const [name, offset] of [['page_offset_base', 0n], ['phys_base', 0n], ['init_task', 104n]] as const) {
    const changed = simulateGuest();
    changed.set64(name, 0x1111_2222_3333_4444n, offset);
    others.push(bootIdentity(changed.kernel));
  }
  expect(new Set([first, ...others]).size).toBe(1 + others.length);
});
