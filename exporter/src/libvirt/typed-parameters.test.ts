import { describe, expect, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { createFieldNames } from './field-names.ts';
import { readParameters } from './typed-parameters.ts';
import { XdrReader, XdrWriter } from './xdr.ts';

function bytesOf(fill: (writer: XdrWriter) => void): Buffer {
  const writer = new XdrWriter(10_000);
  fill(writer);
  return writer.written;
}

describe('typed parameters', () => {
  it('reads every type', () => {
    const bytes = bytesOf((writer) => {
      writer.uint(7);
      writer.string('i').int(1).int(-5);
      writer.string('ui').int(2).uint(4_000_000_000);
      writer.string('l').int(3).int(-1).uint(0xffff_fffe);
      writer.string('ul').int(4).uint(1).uint(2);
      writer.string('d').int(5).uint(0x3ff8_0000).uint(0);
      writer.string('b').int(6).int(1);
      writer.string('s').int(7).string('vda');
    });
    expect(readParameters(new XdrReader(bytes), 7)).toEqual({ i: -5, ui: 4_000_000_000, l: -2, ul: 2 ** 32 + 2, d: 1.5, b: true, s: 'vda' });
  });

  it('keeps a hostile field name an ordinary key', () => {
    const bytes = bytesOf((writer) => writer.uint(2).string('__proto__').int(7).string('x').string('constructor').int(1).int(3));
    const parameters = readParameters(new XdrReader(bytes), 10);
    expect(Object.entries(parameters)).toEqual([['__proto__', 'x'], ['constructor', 3]]);
    expect(parameters['toString']).toBeUndefined();
  });

  it('refuses an unknown type and too many parameters', () => {
    expect(() => readParameters(new XdrReader(bytesOf((writer) => writer.uint(1).string('a').int(8).int(0))), 5)).toThrow(
      /"a" of unknown type 8/,
    );
    const many = bytesOf((writer) => writer.uint(2).string('a').int(1).int(0).string('b').int(1).int(0));
    expect(() => readParameters(new XdrReader(many), 1)).toThrow(ProtocolError);
    expect(() => readParameters(new XdrReader(bytesOf((writer) => writer.uint(1_000_000))), 262_144 * 8)).toThrow(ProtocolError);
  });
});

describe('field names', () => {
  const get = (names: ReturnType<typeof createFieldNames>, text: string): string => {
    const bytes = Buffer.from(`..${text}..`);
    return names.get(bytes, 2, bytes.length - 2);
  };

  it('are decoded once', () => {
    let decoded = 0;
    const names = createFieldNames();
    const bytes = Buffer.from('block.0.rd.bytes');
    bytes.toString = function (...args: Parameters<Buffer['toString']>) {
      decoded++;
      return Buffer.prototype.toString.apply(this, args);
    };
    expect([1, 2, 3].map(() => names.get(bytes, 0, bytes.length))).toEqual(['block.0.rd.bytes', 'block.0.rd.bytes', 'block.0.rd.bytes']);
    expect(decoded).toBe(1);
  });

  it('are right when full, long, not ASCII or alike', () => {
    const names = createFieldNames(4);
    const texts = [...Array.from({ length: 100 }, (_, n) => `vcpu.${n}.time`), 'é', 'x'.repeat(500), '', '\ufffd', 'ab', 'ba'];
    for (const text of [...texts, ...texts]) expect(get(names, text)).toBe(text);
  });
});
