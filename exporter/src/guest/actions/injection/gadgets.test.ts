import { describe, expect, test } from 'vitest';
import { findPop } from './gadgets.ts';

const START = 0xffff_ffff_8100_0000n;
const THUNK = 0xffff_ffff_8200_0000n;

/** `pop r15` and a jump of 32 bits to `target`, at `at`. */
function withJump(at: number, target: bigint): Buffer {
  const code = Buffer.alloc(64, 0x90);
  code.set([0x41, 0x5f, 0xe9], at);
  code.writeInt32LE(Number(BigInt.asIntN(32, target - (START + BigInt(at) + 7n))), at + 3);
  return code;
}

describe('a pop that returns', () => {
  test('is found without its prefix', () => {
    const code = Buffer.alloc(64, 0x90);
    code.set([0x41, 0x5f, 0x90], 4);
    code.set([0x41, 0x5f, 0xc3], 20);
    expect(findPop(code, START, 0x5f, new Set())).toBe(START + 21n);
  });

  test('may return through a thunk, behind or before it', () => {
    expect(findPop(withJump(10, THUNK), START, 0x5f, new Set([THUNK]))).toBe(START + 11n);
    const before = START - 0x1000n;
    expect(findPop(withJump(10, before), START, 0x5f, new Set([before]))).toBe(START + 11n);
  });

  test('is none where the jump goes elsewhere, the code ends, or the register is another', () => {
    expect(findPop(withJump(10, THUNK + 16n), START, 0x5f, new Set([THUNK]))).toBeNull();
    expect(findPop(Buffer.from([0x41, 0x5f]), START, 0x5f, new Set())).toBeNull();
    expect(findPop(withJump(10, THUNK), START, 0x5c, new Set([THUNK]))).toBeNull();
    expect(findPop(Buffer.alloc(0), START, 0x5f, new Set())).toBeNull();
  });
});
