import { describe, expect, test } from 'vitest';
import { createKernelWriter } from './kernel-writer.ts';
import type { PhysicalWriter } from './physical-writer.ts';
import { simulateGuest } from './testing/simulated-guest.ts';
import { failureOf } from './testing/simulated-tools.ts';

const BASE = 0xffff_8880_0000_0000n;

/** Three pages of kernel memory that lie apart and in another order in physical memory; the middle of the fourth is not mapped. */
function makeMemory() {
  const bytes = Buffer.alloc(4 * 4096, 0x11);
  const order = [2, 0, 3];
  const physicalOf = (address: bigint): number | null => {
    const page = order[Number((address - BASE) >> 12n)];
    return page === undefined ? null : page * 4096 + Number(address & 4095n);
  };
  const read = (address: bigint, into: Buffer, offset = 0, length = into.length - offset): boolean => {
    for (let at = 0; at < length; at++) {
      const place = physicalOf(address + BigInt(at));
      if (place === null) return false;
      into[offset + at] = bytes[place] ?? 0;
    }
    return true;
  };
  const kernel = { ...simulateGuest().kernel, physical: physicalOf, read, hasSymbol: (name: string) => name === '_stext' || name === '_etext', symbol: (name: string) => (name === '_stext' ? BASE + 0x2800n : BASE + 0x2900n) };
  const writes: [number, number][] = [];
  const physical: PhysicalWriter = {
    replace(place, before, after) {
      expect(bytes.subarray(place, place + before.length).equals(before)).toBe(true);
      writes.push([place, after.length]);
      after.copy(bytes, place);
    },
    close: () => undefined,
  };
  return { kernel, physical, bytes, read, writes };
}

describe('writing kernel memory', () => {
  test('goes page by page to where the kernel has them', () => {
    const { kernel, physical, read, writes } = makeMemory();
    const bytes = Buffer.from('across the border of two pages');
    createKernelWriter(kernel, physical).write(BASE + 4090n, bytes);
    const back = Buffer.alloc(bytes.length);
    expect(read(BASE + 4090n, back)).toBe(true);
    expect(back).toEqual(bytes);
    expect(writes).toEqual([[2 * 4096 + 4090, 6], [0, bytes.length - 6]]);
  });

  test('never touches code', () => {
    const { kernel, physical, writes } = makeMemory();
    const writer = createKernelWriter(kernel, physical);
    for (const at of [0x2800n, 0x27ffn, 0x28ffn]) expect(failureOf(() => writer.write(BASE + at, Buffer.alloc(2)))).toMatchObject({ reason: 'write-failed', left: false });
    expect(writes).toEqual([]);
    writer.write(BASE + 0x2900n, Buffer.alloc(2));
  });

  test('never touches constants either', () => {
    const { kernel, physical, writes } = makeMemory();
    const rodata = { ...kernel, hasSymbol: (name: string) => name.endsWith('_rodata'), symbol: (name: string) => (name === '__start_rodata' ? BASE + 0x1000n : BASE + 0x1800n) };
    expect(failureOf(() => createKernelWriter(rodata, physical).write(BASE + 0x17ffn, Buffer.alloc(1)))).toMatchObject({ reason: 'write-failed', left: false });
    expect(writes).toEqual([]);
    createKernelWriter(rodata, physical).write(BASE + 0x1800n, Buffer.alloc(1));
  });

  test('says whether something was written when it fails', () => {
    const { kernel, physical } = makeMemory();
    const writer = createKernelWriter(kernel, physical);
    expect(failureOf(() => writer.write(BASE + 0x3000n, Buffer.alloc(8)))).toMatchObject({ reason: 'write-failed', left: false });
    expect(failureOf(() => writer.write(BASE + 0x2ff8n, Buffer.alloc(16)))).toMatchObject({ reason: 'write-failed', left: true });
  });

  test('reads back, and fails where memory does not hold what was written', () => {
    const { kernel } = makeMemory();
    const writer = createKernelWriter(kernel, { replace: () => undefined, close: () => undefined });
    expect(failureOf(() => writer.write(BASE, Buffer.from('x')))).toMatchObject({ reason: 'write-failed', left: true });
  });

  test('refuses nothing and too much', () => {
    const { kernel, physical } = makeMemory();
    const writer = createKernelWriter(kernel, physical);
    expect(() => writer.write(BASE, Buffer.alloc(0))).toThrow(RangeError);
    expect(() => writer.write(BASE, Buffer.alloc(70_000))).toThrow(RangeError);
  });
});
