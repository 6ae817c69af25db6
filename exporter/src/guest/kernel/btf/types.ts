import { KernelError } from '../../error.ts';
import type { BtfSections } from './sections.ts';

/** Kinds of types (`include/uapi/linux/btf.h`). */
export const BtfKind = {
  VOID: 0, INT: 1, POINTER: 2, ARRAY: 3, STRUCT: 4, UNION: 5, ENUM: 6, FORWARD: 7, TYPEDEF: 8, VOLATILE: 9, CONST: 10, RESTRICT: 11,
  FUNCTION: 12, PROTOTYPE: 13, VARIABLE: 14, SECTION: 15, FLOAT: 16, DECLARATION_TAG: 17, TYPE_TAG: 18, ENUM64: 19,
} as const;

/** Bytes that follow the 12 of each type: so many, and so many for each of its `vlen` elements. By kind. */
const FIXED_BYTES = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0] as const;
const ELEMENT_BYTES = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12] as const;
export const TYPE_BYTES = 12;
/** BTF_MAX_TYPE */
const MOST_TYPES = 0x10_0000;

const { INT, STRUCT, UNION, ENUM, TYPEDEF, FLOAT, ENUM64 } = BtfKind;
/** Kinds that are looked up by name. */
const NAMED = new Set<number>([INT, STRUCT, UNION, ENUM, TYPEDEF, FLOAT, ENUM64]);

export const kindOf = (info: number): number => (info >>> 24) & 0x1f;
export const elementsOf = (info: number): number => info & 0xffff;

/**
 * Goes once over all types.
 *
 * @returns the place of each type by its number (0 is void and has none); places of the types that have a name, and where it is
 * @throws KernelError `unsupported-kernel`: a kind that is not known, so that what follows it cannot be found
 */
export function scanTypes(bytes: Buffer, sections: BtfSections): { places: Uint32Array; named: Uint32Array } {
  const places = new Uint32Array(Math.min(MOST_TYPES, Math.floor((sections.typesEnd - sections.typesStart) / TYPE_BYTES)) + 1);
  const named = new Uint32Array(places.length);
  let count = 1;
  let namedCount = 0;
  for (let at = sections.typesStart; at < sections.typesEnd; ) {
    const info = at + TYPE_BYTES <= sections.typesEnd ? bytes.readUInt32LE(at + 4) : -1;
    const kind = kindOf(info);
    const fixed = FIXED_BYTES[kind];
    const element = ELEMENT_BYTES[kind];
    if (info < 0 || kind === 0 || fixed === undefined || element === undefined || count >= places.length) {
      throw new KernelError('unsupported-kernel', `the kernel's BTF has a type of kind ${kind} at ${at}, which is not known`);
    }
    if (NAMED.has(kind) && bytes.readUInt32LE(at) !== 0) named[namedCount++] = count;
    places[count++] = at;
    at += TYPE_BYTES + fixed + element * elementsOf(info);
    if (at > sections.typesEnd) throw new KernelError('unsupported-kernel', "the kernel's BTF ends in the midst of a type");
  }
  return { places: places.slice(0, count), named: named.slice(0, namedCount) };
}
