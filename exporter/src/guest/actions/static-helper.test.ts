import { describe, expect, test } from 'vitest';
import { storesConstant } from './static-helper.ts';

/** Padded to the length that is looked at. */
const code = (...bytes: number[]) => Buffer.concat([Buffer.from(bytes), Buffer.alloc(32, 0x90)]);

describe('a constant stored at an offset', () => {
  test('is found with a displacement of 8 and of 32 bits, and in registers r8 to r15', () => {
    expect(storesConstant(code(0x48, 0xc7, 0x40, 0x28, 1, 2, 3, 4), 0x28)).toBe(true);
    expect(storesConstant(code(0x90, 0x49, 0xc7, 0x47, 0x28, 1, 2, 3, 4), 0x28)).toBe(true);
    expect(storesConstant(code(0x48, 0xc7, 0x83, 0x28, 0, 0, 0, 1, 2, 3, 4), 0x28)).toBe(true);
  });

  test('is none at another offset, nor where a register is stored', () => {
    expect(storesConstant(code(0x48, 0xc7, 0x40, 0x18, 1, 2, 3, 4), 0x28)).toBe(false);
    expect(storesConstant(code(0x48, 0x89, 0x68, 0x28), 0x28)).toBe(false);
    expect(storesConstant(code(0x48, 0xc7, 0xc0, 0x28, 0, 0, 0), 0x28)).toBe(false);
    expect(storesConstant(Buffer.alloc(0), 0x28)).toBe(false);
  });
});
