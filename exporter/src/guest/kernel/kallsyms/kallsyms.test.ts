import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildKallsyms, KALLSYMS_LAYOUTS, type BuiltSymbol } from '../../testing/kallsyms-builder.ts';
import { findKallsyms } from './find.ts';
import { indexSymbols, type Symbols } from './symbols.ts';

const PLACE = 0x120_0000;
const OFFSET = 0x100_0000;

/** 3,000 symbols with long names too, so that markers are several and lengths have one byte and two. */
function manySymbols(perCpu: boolean): BuiltSymbol[] {
  const symbols: BuiltSymbol[] = [];
  for (let index = 0; index < 3000; index++) {
    const name = index % 97 === 0 ? `very_${'long_'.repeat(40)}${index}` : `fn_${index.toString(36)}.part.${index % 5}`;
    symbols.push({ name, type: 'tTdDbB'[index % 6] ?? 't', offset: OFFSET + index * 48 });
  }
  symbols.push({ name: 'same', type: 't', offset: OFFSET + 8 }, { name: 'same', type: 't', offset: OFFSET + 8 });
  symbols.push({ name: 'two', type: 't', offset: OFFSET + 16 }, { name: 'two', type: 't', offset: OFFSET + 24 });
  if (perCpu) symbols.push({ name: 'cpu_first', type: 'A', offset: 0, absolute: true }, { name: 'cpu_next', type: 'A', offset: 0x1000, absolute: true });
  return symbols;
}

function build(layout: (typeof KALLSYMS_LAYOUTS)[number], before = 4096): { image: Buffer; symbols: BuiltSymbol[] } {
  const symbols = manySymbols(layout !== '6.15' && layout !== 'place');
  const tables = buildKallsyms(symbols, layout, PLACE + before);
  return { image: Buffer.concat([Buffer.alloc(before, 0xcc), tables, Buffer.alloc(4096, 0xcc)]), symbols };
}

function indexed(image: Buffer): { symbols: Symbols; offsetOf(name: string): number } {
  const found = findKallsyms(image);
  if (found === null) throw new Error('not found');
  const symbols = indexSymbols(image, found);
  const anchor = found.addresses.base === null ? PLACE + found.addresses.start : Number(found.addresses.base & 0x7fff_ffffn);
  return {
    symbols,
    offsetOf(name) {
      const place = symbols.find(name);
      if (typeof place === 'string') throw new Error(place);
      return place.absolute ? place.distance : anchor + place.distance;
    },
  };
}

describe.each(KALLSYMS_LAYOUTS)('symbols laid out as %s', (layout) => {
  const { image, symbols: built } = build(layout);

  it('are all found, each at its address', () => {
    const { symbols, offsetOf } = indexed(image);
    expect(symbols.count).toBe(built.length);
    expect([...symbols.all()].map(({ name, type }) => type + name).sort()).toEqual(built.map(({ name, type }) => type + name).sort());
    for (const { name, offset } of built) if (name !== 'two') expect(offsetOf(name), name).toBe(offset);
  });

  it('tell a missing name from one that has several addresses', () => {
    const { symbols } = indexed(image);
    expect(symbols.find('two')).toBe('ambiguous');
    expect(symbols.find('same')).toMatchObject({ absolute: false });
    for (const name of ['', 'fn_', 'fn_zzz', 'tfn_0.part.0', 'two\0', 'x'.repeat(10_000), '\u{1f600}']) expect(symbols.find(name), name).toBe('missing');
  });

  it('are listed by prefix', () => {
    const { symbols } = indexed(image);
    expect(symbols.like('fn_1a', 5)).toEqual(built.map(({ name }) => name).filter((name) => name.startsWith('fn_1a')).sort().slice(0, 5));
    expect(symbols.like('nothing', 5)).toEqual([]);
  });

  it('are found behind something that looks like them', () => {
    const decoy = Buffer.from([...'0123456789'].map((digit) => `${digit}\0`).join(''));
    const other = build(layout, 8192);
    decoy.copy(other.image, 512);
    // A whole token table with nothing around it.
    const tables = findKallsyms(image)?.table;
    image.copy(other.image, 1024, tables?.start ?? 0, tables?.end ?? 0);
    expect(indexed(other.image).symbols.count).toBe(built.length);
  });

  it('are refused where a part is missing', () => {
    expect(findKallsyms(image.subarray(0, image.length / 2))).toBeNull();
    expect(findKallsyms(image.subarray(8 * Math.floor(image.length / 16)))).toBeNull();
  });

  it('end in symbols or in nothing, whatever is changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(changes, (list) => {
        const changed = Buffer.from(image);
        for (const [at, value] of list) changed[at] = value;
        const found = findKallsyms(changed);
        if (found === null) return;
        const symbols = indexSymbols(changed, found);
        symbols.find('fn_1.part.1');
        symbols.like('fn_', 3);
        expect([...symbols.all()]).toHaveLength(symbols.count);
      }),
      { numRuns: 20 },
    );
  });
});

describe('memory made to be searched for ever', () => {
  it('is given up on', () => {
    const { image } = build('6.5');
    const tables = findKallsyms(image)?.table;
    if (tables === undefined) throw new Error('no tables');
    // Names of 8 bytes that also look like their own number, all over 16 MiB: each multiple of 8 may be their beginning.
    const name = Buffer.from([7, 0x20, 0x03, 0, 0, 0, 0, 0]);
    const count = name.readUInt32LE(0);
    const names = Buffer.alloc(8 * (count + 8192), name);
    const markers = Buffer.alloc(8 * Math.ceil(Math.ceil(count / 256) / 2));
    for (let at = 0; at < Math.ceil(count / 256); at++) markers.writeUInt32LE(2048 * at, 4 * at);
    const trap = Buffer.concat([names, Buffer.alloc(8, 1), markers, image.subarray(tables.start, tables.end), Buffer.alloc(4096, 1)]);
    expect(findKallsyms(trap)).toBeNull();
  });

  it('has rows of digits all over', () => {
    expect(findKallsyms(Buffer.from('0\x001\x002\x003\x004\x005\x006\x007\x008\x009\0'.repeat(200_000)))).toBeNull();
  });
});

describe('a piece of memory without symbols', () => {
  it('has none', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(100_000), Buffer.alloc(100_000, '0\0'), Buffer.from('0\x001\x002\x003\x004\x005\x006\x007\x008\x009\0'.repeat(5000))]) {
      expect(findKallsyms(bytes)).toBeNull();
    }
  });
});
