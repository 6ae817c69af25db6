import { describe, expect, test } from 'vitest';
import { simulateGuest } from '../testing/simulated-guest.ts';
import { findGadgets, findPop } from './gadgets.ts';

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

/** A kernel with nothing but this code, at `START`, and symbols; `chosen` is what its variable x86_return_thunk holds. */
function kernelWith(pieces: Buffer, symbols: Record<string, bigint> = {}, chosen: bigint | null = null) {
  const code = Buffer.concat([pieces, Buffer.alloc(16, 0x90)]);
  const known: Record<string, bigint> = { _stext: START, _etext: START + BigInt(code.length), ...symbols };
  return {
    ...simulateGuest().kernel,
    hasSymbol: (name: string) => name in known,
    symbol: (name: string) => known[name] ?? 0n,
    read: (_address: bigint, into: Buffer) => code.copy(into) > 0,
    readU64: () => chosen,
  };
}

describe('the gadgets of a kernel', () => {
  const popRsp = Buffer.from([0x41, 0x5c, 0xc3]);
  const [plain, throughThunk] = [Buffer.concat([Buffer.from([0x41, 0x5f, 0xc3]), popRsp]), Buffer.concat([withJump(0, START + 48n), popRsp])];

  test('are both found, or the call is refused', () => {
    expect(findGadgets(kernelWith(plain))).toEqual({ popRdi: START + 1n, popRsp: START + 4n });
    for (const code of [popRsp, Buffer.from([0x41, 0x5f, 0xc3]), Buffer.alloc(32, 0x90)]) {
      expect(() => findGadgets(kernelWith(code))).toThrow(expect.objectContaining({ reason: 'gadget-missing' }));
    }
  });

  test.each(['__x86_return_thunk', 'srso_alias_return_thunk', 'call_depth_return_thunk'])('return through %s where the kernel has it', (name) => {
    expect(() => findGadgets(kernelWith(throughThunk))).toThrow(expect.objectContaining({ reason: 'gadget-missing' }));
    expect(findGadgets(kernelWith(throughThunk, { [name]: START + 48n }))).toMatchObject({ popRdi: START + 1n });
  });

  test('return through the thunk that the kernel chose, if that is code of its own', () => {
    expect(findGadgets(kernelWith(throughThunk, { x86_return_thunk: START }, START + 48n))).toMatchObject({ popRdi: START + 1n });
    const outside = Buffer.concat([withJump(0, START + 4096n), popRsp]);
    expect(() => findGadgets(kernelWith(outside, { x86_return_thunk: START }, START + 4096n))).toThrow(expect.objectContaining({ reason: 'gadget-missing' }));
  });

  test('are not looked for in code that cannot be read', () => {
    expect(() => findGadgets({ ...kernelWith(plain), read: () => false })).toThrow(expect.objectContaining({ reason: 'unreadable' }));
  });
});
