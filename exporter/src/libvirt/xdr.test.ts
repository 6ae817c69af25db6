import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError, ProtocolError } from './errors.ts';
import { XdrReader, XdrWriter } from './xdr.ts';

const write = (fill: (writer: XdrWriter) => void): Buffer => {
  const writer = new XdrWriter(1_000_000, 4);
  fill(writer);
  return writer.written;
};

describe('XDR', () => {
  it('has the byte layout of RFC 4506', () => {
    const bytes = write((writer) => writer.int(-2).uint(0xffff_fffe).string('abcde').uuid('01234567-89ab-cdef-0123-456789abcdef'));
    expect(bytes.toString('hex')).toBe(
      'fffffffe' + 'fffffffe' + '00000005' + '6162636465000000' + '0123456789abcdef0123456789abcdef',
    );
  });

  it('reads back what it wrote', () => {
    const field = fc.oneof(
      fc.record({ kind: fc.constant('int' as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
      fc.record({ kind: fc.constant('uint' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
      fc.record({ kind: fc.constant('string' as const), value: fc.string({ unit: 'grapheme', maxLength: 300 }) }),
      fc.record({ kind: fc.constant('optionalString' as const), value: fc.option(fc.string()) }),
      fc.record({ kind: fc.constant('uuid' as const), value: fc.uuid() }),
    );
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const bytes = write((writer) => {
          for (const { kind, value } of fields) (writer[kind] as (value: unknown) => void).call(writer, value);
        });
        const reader = new XdrReader(bytes);
        expect(fields.map(({ kind }) => reader[kind]())).toEqual(fields.map(({ value }) => value));
        reader.end();
      }),
    );
  });

  it('refuses every truncation', () => {
    const bytes = write((writer) => writer.int(1).string('abc').uuid('01234567-89ab-cdef-0123-456789abcdef').optionalString('x'));
    for (let length = 0; length < bytes.length; length++) {
      const reader = new XdrReader(bytes.subarray(0, length));
      expect(() => [reader.int(), reader.string(), reader.uuid(), reader.optionalString()]).toThrow(ProtocolError);
    }
  });

  it('rounds 64-bit integers beyond 2^53 to the nearest double', () => {
    const bytes = Buffer.alloc(24);
    bytes.writeBigUInt64BE(2n ** 64n - 1n, 0);
    bytes.writeBigUInt64BE(2n ** 53n - 1n, 8);
    bytes.writeBigInt64BE(-(2n ** 63n), 16);
    const reader = new XdrReader(bytes);
    expect([reader.uhyper(), reader.uhyper(), reader.hyper()]).toEqual([2 ** 64, 2 ** 53 - 1, -(2 ** 63)]);
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        bytes.writeBigInt64BE(value);
        expect(Math.abs(new XdrReader(bytes).hyper() - Number(value))).toBeLessThanOrEqual(Math.abs(Number(value)) * 2 ** -52);
      }),
    );
  });

  it('refuses lengths over the limit before it looks at the bytes', () => {
    expect(() => new XdrReader(write((writer) => writer.string('abcdef'))).string(5)).toThrow(/6 bytes where 5 are allowed/);
    expect(() => new XdrReader(write((writer) => writer.uint(0xffff_fffc))).string(0xffff_ffff)).toThrow(ProtocolError);
  });

  it('refuses a count that can not be true before it reads one item', () => {
    let items = 0;
    const read = (count: number, limit: number): unknown =>
      new XdrReader(write((writer) => writer.uint(count).uint(0))).array(limit, 4, () => items++);
    expect(() => read(11, 10)).toThrow(/11 items where 10 are allowed/);
    expect(() => read(2, 10)).toThrow(/only 4 bytes are left/);
    expect(items).toBe(0);
    expect(read(1, 10)).toEqual([0]);
  });

  it('refuses an optional item that is neither there nor not', () => {
    expect(() => new XdrReader(write((writer) => writer.uint(2))).optionalString()).toThrow(ProtocolError);
  });

  it('reads characters of one unit each, up to the first NUL', () => {
    const bytes = write((writer) => [...Buffer.from('qé\0x')].forEach((byte) => writer.int(byte)));
    expect(new XdrReader(bytes).charArray(5)).toBe('qé');
  });

  it('refuses to write what does not fit', () => {
    const writer = new XdrWriter(8);
    expect(() => writer.int(2 ** 31)).toThrow(ArgumentError);
    expect(() => writer.int(0.5)).toThrow(ArgumentError);
    expect(() => writer.uint(2 ** 32)).toThrow(ArgumentError);
    expect(() => writer.string('abc', 2)).toThrow(ArgumentError);
    expect(() => writer.uuid('no uuid')).toThrow(ArgumentError);
    expect(() => writer.array([1, 2], 1, (item, value) => item.int(value))).toThrow(ArgumentError);
    expect(() => writer.string('12345')).toThrow(/more than 8 bytes/);
  });

  it('writes a negative result of | as the flags that it means', () => {
    expect(write((writer) => writer.uint(0x8000_0000 | 1)).toString('hex')).toBe('80000001');
  });
});
