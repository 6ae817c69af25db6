import { BtfKind } from '../kernel/btf/types.ts';

/** A member: `bit` is its place; `width` its number of bits, where it is a bit field. */
export interface BuiltMember {
  name: string;
  type: number;
  bit: number;
  width?: number;
}

export interface BtfBuilder {
  integer(name: string, size: number, bits?: { offset: number; width: number }): number;
  /** Kinds that have nothing but another type: pointer, typedef, qualifiers, type tag. */
  refer(kind: number, type: number, name?: string): number;
  array(type: number, count: number): number;
  /** With `flag`, widths are in the members' offsets. */
  struct(name: string, size: number, members: readonly BuiltMember[], options?: { union?: boolean; flag?: boolean }): number;
  /** A type as it is: `info`'s kind and number of elements, size or type, and what follows, words of 32 bits. */
  raw(name: string, kind: number, elements: number, value: number, extra?: readonly number[]): number;
  /** @param least bytes: text is added up to that length */
  build(least?: number): Buffer;
}

const HEADER_BYTES = 24;

/** Writes BTF (`Documentation/bpf/btf.rst`). Types are numbered from 1, 0 is void. */
export function btfBuilder(): BtfBuilder {
  const types: number[] = [];
  const strings: string[] = [''];
  const places = new Map<string, number>([['', 0]]);
  let stringBytes = 1;
  let count = 0;

  function text(value: string): number {
    const known = places.get(value);
    if (known !== undefined) return known;
    places.set(value, stringBytes);
    strings.push(value);
    stringBytes += value.length + 1;
    return stringBytes - value.length - 1;
  }
  function raw(name: string, kind: number, elements: number, value: number, extra: readonly number[] = [], flag = false): number {
    types.push(text(name), (flag ? 0x8000_0000 : 0) + kind * 0x100_0000 + elements, value, ...extra);
    return ++count;
  }

  return {
    integer: (name, size, bits = { offset: 0, width: 8 * size }) => raw(name, BtfKind.INT, 0, size, [(bits.offset << 16) | bits.width]),
    refer: (kind, type, name = '') => raw(name, kind, 0, type),
    array: (type, elements) => raw('', BtfKind.ARRAY, 0, 0, [type, type, elements]),
    struct(name, size, members, { union = false, flag = false } = {}) {
      const extra = members.flatMap((member) => [text(member.name), member.type, member.bit + (flag ? (member.width ?? 0) * 0x100_0000 : 0)]);
      return raw(name, union ? BtfKind.UNION : BtfKind.STRUCT, members.length, size, extra, flag);
    },
    raw: (name, kind, elements, value, extra) => raw(name, kind, elements, value, extra),
    build(least = 0) {
      const typeBytes = Buffer.alloc(4 * types.length);
      types.forEach((value, index) => typeBytes.writeUInt32LE(value >>> 0, 4 * index));
      const texts = Buffer.from(`${strings.join('\0')}\0`, 'latin1');
      const padding = Buffer.alloc(Math.max(0, least - HEADER_BYTES - typeBytes.length - texts.length));
      const header = Buffer.from([0x9f, 0xeb, 1, 0, ...new Array<number>(HEADER_BYTES - 4).fill(0)]);
      [HEADER_BYTES, 0, typeBytes.length, typeBytes.length, texts.length + padding.length].forEach((value, index) => header.writeUInt32LE(value, 4 + 4 * index));
      return Buffer.concat([header, typeBytes, texts, padding]);
    },
  };
}
