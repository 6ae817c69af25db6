import { describe, expect, it } from 'vitest';
import { isKernelAddress, isKernelPointer } from './addresses.ts';

describe('addresses of the kernel', () => {
  it.each([
    ['the direct map with five levels', 0xff11_0000_0000_0000n],
    ['the start of its half with five levels', 0xff00_0000_0000_0000n],
    ['the direct map with four levels', 0xffff_8880_0010_0000n],
    ['its data', 0xffff_ffff_8260_0000n],
  ])('are in its half: %s', (_what, address) => {
    expect([isKernelPointer(address), isKernelPointer(address + 4n), isKernelAddress(address + 1n)]).toEqual([true, false, true]);
  });

  it.each([0n, 0x7fff_ffff_f000n, 0x00ff_ffff_ffff_f000n, 0xfeff_ffff_ffff_fff8n])('are nowhere else: %s', (address) => {
    expect([isKernelPointer(address), isKernelAddress(address)]).toEqual([false, false]);
  });
});
