import { hashOf } from '../hash.ts';
import type { Field } from '../kernel.ts';
import { findField } from './fields.ts';
import { btfSections } from './sections.ts';
import { BtfKind, kindOf, scanTypes, TYPE_BYTES } from './types.ts';

/** The types of a kernel, as its BTF describes them. Everything is bounded, as BTF comes out of a guest's memory. */
export interface Btf {
  readonly typeCount: number;
  /** Size in bytes of a type by name (struct, union, enum, integer, typedef; the first of that name); null: there is none. */
  sizeOf(type: string): number | null;
  /** A member by its path; null: no such type or member. */
  field(type: string, path: string): Field | null;
}

/** What finding members needs of the types. Numbers are those of types; 0 is void. */
export interface BtfTypes {
  readonly bytes: Buffer;
  /** Place of a type in `bytes`; 0: there is no such type. */
  place(type: number): number;
  /** The type behind typedefs and qualifiers; 0 where that is void or has no end. */
  resolve(type: number): number;
  /** Bytes; 0 where it has no size. */
  size(type: number): number;
  nameIs(offset: number, name: Buffer): boolean;
  name(offset: number): string;
}

const { POINTER, ARRAY, STRUCT, UNION, ENUM, INT, FLOAT, ENUM64, TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG } = BtfKind;
const TRANSPARENT = new Set<number>([TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG]);
const SIZED = new Set<number>([STRUCT, UNION, ENUM, INT, FLOAT, ENUM64]);
const LONGEST_CHAIN = 32;
const LONGEST_NAME = 256;
/** Types of one hash that are compared. */
const MOST_CANDIDATES = 4096;
/** Answers that are kept; a program asks for some hundred. */
const MOST_ANSWERS = 10_000;
const POINTER_BYTES = 8;
const LARGEST_TYPE = 2 ** 32;

/**
 * Reads a kernel's BTF (`Documentation/bpf/btf.rst`).
 *
 * @param bytes kept: give a copy of what is to change or go
 * @throws KernelError `unsupported-kernel`
 */
export function parseBtf(bytes: Buffer): Btf {
  const sections = btfSections(bytes);
  const { places, named } = scanTypes(bytes, sections);

  // Never further than a name may be long: there may be no NUL in all of the strings.
  const nameEnd = (start: number): number => {
    const limit = Math.min(start + LONGEST_NAME, sections.stringsEnd);
    let end = start;
    while (end < limit && bytes[end] !== 0) end++;
    return end;
  };
  const nameStart = (offset: number): number => Math.min(sections.stringsStart + offset, sections.stringsEnd);
  const types: BtfTypes = {
    bytes,
    place: (type) => places[type] ?? 0,
    resolve(type) {
      let resolved = type;
      for (let step = 0; step < LONGEST_CHAIN; step++) {
        const place = types.place(resolved);
        if (place === 0) return 0;
        if (!TRANSPARENT.has(kindOf(bytes.readUInt32LE(place + 4)))) return resolved;
        resolved = bytes.readUInt32LE(place + 8);
      }
      return 0;
    },
    size: (type) => sizeOfType(types, type, 0),
    nameIs(offset, name) {
      const start = nameStart(offset);
      const end = start + name.length;
      return end < sections.stringsEnd && bytes[end] === 0 && bytes.compare(name, 0, name.length, start, end) === 0;
    },
    name(offset) {
      const start = nameStart(offset);
      return bytes.toString('latin1', start, nameEnd(start));
    },
  };

  const hashes = new Int32Array(named.length);
  named.forEach((type, index) => {
    const start = nameStart(bytes.readUInt32LE(places[type] ?? 0));
    hashes[index] = hashOf(bytes, start, nameEnd(start));
  });

  return withAnswers(types, (name) => namedType(types, { named, hashes }, name), places.length);
}

/** The first type of that name; an empty struct (a forward declaration made one) only where there is no other. */
function namedType(types: BtfTypes, { named, hashes }: { named: Uint32Array; hashes: Int32Array }, name: string): number {
  const wanted = Buffer.from(name, 'latin1');
  if (wanted.length === 0 || wanted.length > LONGEST_NAME) return 0;
  const hash = hashOf(wanted);
  let empty = 0;
  let compared = 0;
  for (let index = hashes.indexOf(hash); index >= 0 && ++compared <= MOST_CANDIDATES; index = hashes.indexOf(hash, index + 1)) {
    const type = named[index] ?? 0;
    if (!types.nameIs(types.bytes.readUInt32LE(types.place(type)), wanted)) continue;
    if (types.size(type) > 0) return type;
    if (empty === 0) empty = type;
  }
  return empty;
}

function withAnswers(types: BtfTypes, typeByName: (name: string) => number, typeCount: number): Btf {
  const numbers = new Map<string, number>();
  const fields = new Map<string, Field | null>();
  const byName = (name: string): number => remembered(numbers, name, () => typeByName(name));
  return {
    typeCount,
    sizeOf(type) {
      const number = byName(type);
      return number === 0 ? null : types.size(number);
    },
    field(type, path) {
      return remembered(fields, `${type} ${path}`, () => {
        const number = byName(type);
        return number === 0 ? null : findField(types, number, path);
      });
    },
  };
}

function remembered<T>(answers: Map<string, T>, key: string, find: () => T): T {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = find();
  if (answers.size >= MOST_ANSWERS) answers.clear();
  answers.set(key, answer);
  return answer;
}

function sizeOfType(types: BtfTypes, type: number, depth: number): number {
  const resolved = types.resolve(type);
  const place = types.place(resolved);
  if (place === 0 || depth > LONGEST_CHAIN) return 0;
  const kind = kindOf(types.bytes.readUInt32LE(place + 4));
  if (kind === POINTER) return POINTER_BYTES;
  if (kind === ARRAY) {
    const size = types.bytes.readUInt32LE(place + TYPE_BYTES + 8) * sizeOfType(types, types.bytes.readUInt32LE(place + TYPE_BYTES), depth + 1);
    return size <= LARGEST_TYPE ? size : 0;
  }
  return SIZED.has(kind) ? types.bytes.readUInt32LE(place + 8) : 0;
}
