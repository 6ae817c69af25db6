import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelError } from '../../error.ts';
import { btfBuilder } from '../../testing/btf-builder.ts';
import { parseBtf } from './btf.ts';
import { BtfKind } from './types.ts';

/** A bit of everything. */
function buildAll(): Buffer {
  const b = btfBuilder();
  const int = b.integer('int', 4);
  const char = b.integer('char', 1);
  const long = b.integer('long int', 8);
  const pointer = b.refer(BtfKind.POINTER, 0);
  const volatileInt = b.refer(BtfKind.VOLATILE, int);
  const constInt = b.refer(BtfKind.CONST, volatileInt);
  const alias = b.refer(BtfKind.TYPEDEF, constInt, 'pid_t');
  b.refer(BtfKind.FORWARD, 0, 'later');
  b.raw('state', BtfKind.ENUM, 2, 4, [1, 0, 1, 1]);
  b.raw('wide', BtfKind.ENUM64, 1, 8, [1, 0, 1]);
  b.raw('', BtfKind.PROTOTYPE, 2, int, [0, int, 0, long]);
  b.raw('call', BtfKind.FUNCTION, 0, 11);
  b.raw('variable', BtfKind.VARIABLE, 0, int, [1]);
  b.raw('.data', BtfKind.SECTION, 1, 8, [13, 0, 4]);
  b.raw('double', BtfKind.FLOAT, 0, 8);
  b.raw('tag', BtfKind.DECLARATION_TAG, 0, int, [0xffff_ffff]);
  const tagged = b.refer(BtfKind.TYPE_TAG, pointer, 'user');
  b.refer(BtfKind.RESTRICT, pointer);
  const text = b.array(char, 16);
  const counter = b.struct('counter', 16, [{ name: 'lock', type: int, bit: 0 }, { name: 'count', type: long, bit: 64 }]);
  const counters = b.array(counter, 4);
  const inner = b.struct('', 8, [{ name: 'low', type: int, bit: 0 }, { name: 'high', type: int, bit: 32 }], { union: false });
  const anonymous = b.struct('', 8, [{ name: 'both', type: long, bit: 0 }, { name: '', type: inner, bit: 0 }], { union: true });
  b.struct('task', 200, [
    { name: 'pid', type: alias, bit: 0 },
    { name: '', type: anonymous, bit: 64 },
    { name: 'name', type: text, bit: 128 },
    { name: 'counters', type: counters, bit: 256 },
    { name: 'mm', type: tagged, bit: 768 },
    { name: 'single', type: counter, bit: 832 },
  ]);
  b.struct('flags', 8, [{ name: 'first', type: int, bit: 0, width: 3 }, { name: 'second', type: int, bit: 3, width: 7 }, { name: 'whole', type: int, bit: 32, width: 0 }], { flag: true });
  const three = b.integer('unsigned int', 4, { offset: 5, width: 3 });
  b.struct('old_flags', 4, [{ name: 'third', type: three, bit: 8 }]);
  b.struct('task', 0, []);
  return b.build();
}

describe('types of a kernel', () => {
  const btf = parseBtf(buildAll());

  it('have sizes', () => {
    expect(['int', 'pid_t', 'state', 'wide', 'double', 'task', 'counter'].map((type) => btf.sizeOf(type))).toEqual([4, 4, 4, 8, 8, 200, 16]);
    for (const name of ['nothing', '', 'later', 'call', 'variable', 'tas', 'x'.repeat(1000)]) expect(btf.sizeOf(name), name).toBeNull();
  });

  it('have members, by paths and through members without a name', () => {
    expect(btf.field('task', 'pid')).toEqual({ offset: 0, size: 4, kind: 'integer', typeName: 'int', count: 1, bits: null });
    expect(btf.field('task', 'both')?.offset).toBe(8);
    expect(btf.field('task', 'high')?.offset).toBe(12);
    expect(btf.field('task', 'single.count')?.offset).toBe(112);
    expect(btf.field('task', 'name')).toMatchObject({ offset: 16, size: 16, kind: 'array', count: 16, typeName: 'char' });
    expect(btf.field('task', 'counters')).toMatchObject({ offset: 32, size: 64, kind: 'array', count: 4, typeName: 'counter' });
    expect(btf.field('task', 'mm')).toMatchObject({ offset: 96, size: 8, kind: 'pointer' });
    for (const path of ['', 'nothing', 'pid.low', 'single.', '.', 'counters.count', 'mm.pgd', Array(100).fill('single').join('.')]) expect(btf.field('task', path), path).toBeNull();
    expect(btf.field('pid_t', 'x')).toBeNull();
  });

  it('have bit fields, in both ways of writing them', () => {
    expect(btf.field('flags', 'first')).toMatchObject({ offset: 0, bits: { shift: 0, width: 3 } });
    expect(btf.field('flags', 'second')).toMatchObject({ offset: 0, bits: { shift: 3, width: 7 } });
    expect(btf.field('flags', 'whole')).toMatchObject({ offset: 4, bits: null });
    expect(btf.field('old_flags', 'third')).toMatchObject({ offset: 1, bits: { shift: 5, width: 3 } });
  });

  it('may go in circles, which end', () => {
    const b = btfBuilder();
    b.refer(BtfKind.TYPEDEF, 1, 'self');
    b.refer(BtfKind.CONST, 3);
    b.refer(BtfKind.VOLATILE, 2);
    b.struct('circle', 8, [{ name: 'none', type: 2, bit: 0 }, ...Array.from({ length: 100 }, () => ({ name: '', type: 4, bit: 64 }))]);
    b.array(5, 7);
    b.struct('array', 8, [{ name: 'elements', type: 5, bit: 0 }, { name: 'far', type: 9999, bit: 0 }]);
    const circles = parseBtf(b.build());
    expect(circles.sizeOf('self')).toBe(0);
    expect(circles.field('circle', 'member')).toBeNull();
    expect(circles.field('array', 'elements')?.size).toBe(0);
    expect(circles.field('array', 'far')?.kind).toBe('other');
  });

  it('may have no end of a name', () => {
    const b = btfBuilder();
    for (let type = 0; type < 20_000; type++) b.integer('int', 4);
    const bytes = b.build(8_000_000);
    bytes.fill(0x61, bytes.length - 7_700_000);
    expect(parseBtf(bytes).sizeOf('int')).toBeNull();
  });

  it('are refused where a kind is not known, or the end is missing', () => {
    const unknown = btfBuilder();
    unknown.raw('new', 25, 0, 0);
    expect(() => parseBtf(unknown.build())).toThrow(/kind 25/);
    const whole = buildAll();
    expect(() => parseBtf(whole.subarray(0, whole.length - 1))).toThrow(KernelError);
    expect(() => parseBtf(Buffer.alloc(10))).toThrow(KernelError);
  });

  it('end in answers or a refusal, whatever is changed', () => {
    const whole = buildAll();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }), (changes) => {
        const changed = Buffer.from(whole);
        for (const [at, value] of changes) changed[at] = value;
        try {
          const types = parseBtf(changed);
          for (const path of ['pid', 'high', 'single.count', 'counters', 'first']) {
            const field = types.field('task', path) ?? types.field('flags', path);
            if (field !== null) expect(Number.isSafeInteger(field.offset) && field.offset >= 0).toBe(true);
          }
          types.sizeOf('pid_t');
        } catch (error) {
          expect(error).toBeInstanceOf(KernelError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
