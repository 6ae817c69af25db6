import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuestError } from '../error.ts';
import { parseFlatView, parseHostAddress } from './flat-view.ts';

const TEXT = `FlatView #0
 AS "I/O", root: io
 Root memory region: io
  0000000000000000-0000000000000007 (prio 0, i/o): dma-chan
  0000000000000000-0000000000000fff (prio 0, ram): not.this

FlatView #1
 AS "memory", root: system
 AS "cpu-memory-0", root: system
 Root memory region: system
  0000000000000000-00000000000c2fff (prio 0, ram): pc.ram KVM
  00000000000c3000-00000000000e7fff (prio 0, rom): pc.ram @00000000000c3000
  00000000000e8000-00000000000effff (prio 0, ram): pc.ram @00000000000e8000
  00000000000f0000-00000000000fffff (prio 0, rom): pc.ram @00000000000f0000
  0000000000100000-000000007fffffff (prio 0, ram): pc.ram @0000000000100000
  00000000febc0000-00000000febdffff (prio 1, i/o): e1000-mmio
  00000000fd000000-00000000fdffffff (prio 1, ramd): 0000:00:05.0 BAR 1 mmaps[0]
  0000000100000000-00000001bfffffff (prio 0, ram): pc.ram @0000000080000000

FlatView #2
 AS "pci", root: bus
  0000000200000000-00000002ffffffff (prio 0, ram): not.this.either
`;

describe('flat view of QEMU', () => {
  it('has the RAM of the address space "memory" and nothing else', () => {
    expect(parseFlatView(TEXT)).toEqual([
      { start: 0, end: 0xc3000 },
      { start: 0xe8000, end: 0xf0000 },
      { start: 0x100000, end: 0x8000_0000 },
      { start: 0x1_0000_0000, end: 0x1_c000_0000 },
    ]);
  });

  it('takes line ends of a monitor', () => {
    expect(parseFlatView(TEXT.replaceAll('\n', '\r\n'))).toEqual(parseFlatView(TEXT));
  });

  it.each([
    ['nothing', ''],
    ['an error', 'unknown command: \'info mtree -f\''],
    ['RAM that overlaps', 'FlatView #0\n AS "memory", root: system\n  0000000000000000-000000000000ffff (prio 0, ram): a\n  0000000000001000-000000000001ffff (prio 0, ram): b\n'],
    ['an end before its start', 'FlatView #0\n AS "memory", root: system\n  0000000000010000-000000000000ffff (prio 0, ram): a\n'],
    ['an address beyond any processor', 'FlatView #0\n AS "memory", root: system\n  0000000000000000-ffffffffffffffff (prio 0, ram): a\n'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseFlatView(text)).toThrow(GuestError);
  });

  it('answers or refuses, whatever the text', () => {
    const pieces = fc.constantFrom(...TEXT.split('\n'), 'FlatView', ' AS "memory"', '  ffffffffffffffff-0000000000000000 (prio 0, ram): x');
    fc.assert(
      fc.property(fc.array(pieces), (lines) => {
        try {
          const rows = parseFlatView(lines.join('\n'));
          for (const row of rows) expect(row.end).toBeGreaterThan(row.start);
        } catch (error) {
          expect(error).toBeInstanceOf(GuestError);
        }
      }),
    );
  });
});

describe('host address', () => {
  it('is what gpa2hva answers', () => {
    expect(parseHostAddress('Host virtual address for 0x100000 (pc.ram) is 0x7f1122300000\r\n')).toBe(0x7f1122300000);
    expect(parseHostAddress('No memory is mapped at address 0x100000')).toBeNull();
    expect(parseHostAddress('Memory at address 0xa0000 is not RAM')).toBeNull();
    expect(parseHostAddress('x is 0x0')).toBeNull();
  });
});
