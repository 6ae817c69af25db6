import type { Field, FieldKind } from '../kernel.ts';
import type { BtfTypes } from './btf.ts';
import { BtfKind, elementsOf, kindOf, TYPE_BYTES } from './types.ts';

const MEMBER_BYTES = 12;
const DEEPEST = 16;
const LONGEST_PATH = 16;
/** Members that one lookup looks at: many times those of the largest structure. */
const MOST_MEMBERS = 100_000;

const { INT, POINTER, ARRAY, STRUCT, UNION, ENUM, FLOAT, ENUM64 } = BtfKind;
const KIND_NAMES = new Map<number, FieldKind>([
  [INT, 'integer'], [POINTER, 'pointer'], [ARRAY, 'array'], [STRUCT, 'struct'], [UNION, 'union'], [ENUM, 'enum'], [ENUM64, 'enum'], [FLOAT, 'float'],
]);

/** A member: where it is, in bits; its type; of a bit field the number of its bits, else 0. */
interface Member {
  readonly bit: number;
  readonly type: number;
  readonly width: number;
}

/**
 * Finds a member by its path, going through members without a name by itself.
 *
 * @param type number of a structure or of a typedef of one
 */
export function findField(types: BtfTypes, type: number, path: string): Field | null {
  const names = path.split('.');
  if (names.length > LONGEST_PATH) return null;
  const budget = { members: MOST_MEMBERS };
  let bit = 0;
  let member: Member = { bit: 0, type, width: 0 };
  for (const name of names) {
    const found = memberNamed(types, member.type, { name: Buffer.from(name, 'latin1'), depth: 0, budget });
    if (found === null) return null;
    bit += found.bit;
    member = found;
  }
  return fieldAt(types, bit, member);
}

interface Search {
  readonly name: Buffer;
  readonly depth: number;
  readonly budget: { members: number };
}

function memberNamed(types: BtfTypes, type: number, search: Search): Member | null {
  const place = types.place(types.resolve(type));
  if (place === 0 || search.depth > DEEPEST || search.name.length === 0) return null;
  const { bytes } = types;
  const info = bytes.readUInt32LE(place + 4);
  if (kindOf(info) !== STRUCT && kindOf(info) !== UNION) return null;
  const count = elementsOf(info);
  for (let index = 0; index < count; index++) {
    if (--search.budget.members < 0) return null;
    const at = place + TYPE_BYTES + index * MEMBER_BYTES;
    const name = bytes.readUInt32LE(at);
    if (name === 0) {
      const inner = memberNamed(types, bytes.readUInt32LE(at + 4), { ...search, depth: search.depth + 1 });
      if (inner !== null) return { ...inner, bit: inner.bit + memberAt(types, at, info).bit };
    } else if (types.nameIs(name, search.name)) {
      return memberAt(types, at, info);
    }
  }
  return null;
}

/**
 * Bit fields are written in two ways: with the structure's flag the upper 8 bits of the offset are the number of bits; without it the
 * member's integer type has an offset and a number of bits of its own.
 */
function memberAt(types: BtfTypes, at: number, structInfo: number): Member {
  const { bytes } = types;
  const type = bytes.readUInt32LE(at + 4);
  const offset = bytes.readUInt32LE(at + 8);
  if (structInfo >>> 31 === 1) return { bit: offset & 0xff_ffff, type, width: offset >>> 24 };
  const place = types.place(types.resolve(type));
  if (place === 0 || kindOf(bytes.readUInt32LE(place + 4)) !== INT) return { bit: offset, type, width: 0 };
  const encoding = bytes.readUInt32LE(place + TYPE_BYTES);
  const width = encoding & 0xff;
  return { bit: offset + ((encoding >>> 16) & 0xff), type, width: width === 8 * types.size(type) ? 0 : width };
}

function fieldAt(types: BtfTypes, bit: number, member: Member): Field {
  const resolved = types.resolve(member.type);
  const place = types.place(resolved);
  const kind = place === 0 ? 0 : kindOf(types.bytes.readUInt32LE(place + 4));
  return {
    offset: Math.floor(bit / 8),
    size: types.size(resolved),
    kind: KIND_NAMES.get(kind) ?? 'other',
    typeName: typeName(types, place),
    count: kind === ARRAY ? types.bytes.readUInt32LE(place + 20) : 1,
    bits: member.width === 0 ? null : { shift: bit % 8, width: member.width },
  };
}

/** Of an array the name of its elements' type. */
function typeName(types: BtfTypes, place: number): string {
  let at = place;
  for (let depth = 0; depth < DEEPEST && at !== 0; depth++) {
    if (kindOf(types.bytes.readUInt32LE(at + 4)) !== ARRAY) return types.name(types.bytes.readUInt32LE(at));
    at = types.place(types.resolve(types.bytes.readUInt32LE(at + TYPE_BYTES)));
  }
  return '';
}
