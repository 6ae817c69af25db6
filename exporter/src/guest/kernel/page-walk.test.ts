import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bufferMemory } from '../testing/buffer-memory.ts';
import { pageTables } from '../testing/page-tables.ts';
import { isCanonical, pageWalker } from './page-walk.ts';

const ROOT = 0x1000;
const [KIB4, MIB2, GIB1] = [4096, 2 ** 21, 2 ** 30];

describe.each([4, 5] as const)('page tables of %d levels', (levels) => {
  const bytes = Buffer.alloc(0x4_0000);
  const { map } = pageTables(bytes, 0x2000, levels);
  const { walk, reach } = pageWalker(bufferMemory([{ start: 0, bytes }]));
  map(ROOT, 0xffff_ffff_8000_0000n, 0x1234_5000, KIB4);
  map(ROOT, 0xffff_ffff_8060_0000n, 0x4_4060_0000, MIB2);
  map(ROOT, 0xffff_8880_4000_0000n, 0xf_c000_0000, GIB1);
  map(ROOT, 0x5555_5555_5000n, 0x7_7777_7000, KIB4);

  it('lead to pages of all sizes, with what is left of them', () => {
    expect(walk(ROOT, 0xffff_ffff_8000_0ffen, levels)).toEqual({ physical: 0x1234_5ffe, left: 2 });
    expect(walk(ROOT, 0xffff_ffff_807f_fff0n, levels)).toEqual({ physical: 0x4_407f_fff0, left: 16 });
    expect(walk(ROOT, 0xffff_8880_6123_4567n, levels)).toEqual({ physical: 0xf_e123_4567, left: GIB1 - 0x2123_4567 });
    expect(walk(ROOT, 0x5555_5555_5008n, levels)).toEqual({ physical: 0x7_7777_7008, left: KIB4 - 8 });
  });

  it('lead nowhere where nothing is mapped, and tell how far that goes', () => {
    for (const address of [0xffff_ffff_8000_1000n, 0xffff_ffff_8040_0000n, 0n, 0xffff_9000_0000_0000n, 0x5555_5555_4fffn]) expect(walk(ROOT, address, levels)).toBeNull();
    expect(reach(ROOT, 0xffff_ffff_8000_1800n, levels)).toEqual({ physical: null, left: 0x800 });
    expect(reach(ROOT, 0xffff_ffff_8021_0000n, levels)).toEqual({ physical: null, left: MIB2 - 0x1_0000 });
    expect(reach(ROOT, 0xffff_ffff_c000_0000n, levels).left).toBe(GIB1);
  });

  it('ignore flags in the address bits of large pages', () => {
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(tableEntry(0xffff_ffff_8060_0000n)) | 0x1000n | (1n << 63n), tableEntry(0xffff_ffff_8060_0000n));
    expect(walk(ROOT, 0xffff_ffff_8060_0008n, levels)?.physical).toBe(0x4_4060_0008);
  });

  function tableEntry(address: bigint): number {
    let table = ROOT;
    for (let level: number = levels; level > 2; level--) table = Number(bytes.readBigUInt64LE(table + Number((address >> BigInt(12 + 9 * (level - 1))) & 511n) * 8) & ~0xfffn);
    return table + Number((address >> 21n) & 511n) * 8;
  }

  it('never lead beyond five entries, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 1, maxLength: 16 }), fc.bigInt(0n, 2n ** 64n - 1n), (entries, address) => {
        let reads = 0;
        const content = Buffer.alloc(0x8000);
        // Entries point into this memory, so that walks get somewhere.
        for (let at = 0; at < content.length; at += 8) content.writeBigUInt64LE((entries[(at / 8) % entries.length] ?? 0n) & 0xfff0_0000_0000_7fffn, at);
        const inner = bufferMemory([{ start: 0, bytes: content }]);
        const counting = { ...inner, read: (...args: Parameters<typeof inner.read>) => (reads++, inner.read(...args)) };
        const page = pageWalker(counting).walk(ROOT, address, levels);
        expect(reads).toBeLessThanOrEqual(levels);
        if (page !== null) expect(Number.isSafeInteger(page.physical) && page.physical >= 0 && page.left > 0).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('addresses', () => {
  it('are canonical by the number of levels', () => {
    expect(isCanonical(0x7fff_ffff_ffffn, 4)).toBe(true);
    expect(isCanonical(0x8000_0000_0000n, 4)).toBe(false);
    expect(isCanonical(0x8000_0000_0000n, 5)).toBe(true);
    expect(isCanonical(0xffff_7fff_ffff_ffffn, 4)).toBe(false);
    expect(isCanonical(0xff00_0000_0000_0000n, 5)).toBe(true);
    expect(isCanonical(0xfe00_0000_0000_0000n, 5)).toBe(false);
    expect(isCanonical(-1n, 4) || isCanonical(1n << 64n, 5)).toBe(false);
  });
});
