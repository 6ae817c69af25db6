import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from '../processes/addresses.ts';
import { defineView } from '../processes/view.ts';

/** Modules that are loaded at the same time. */
const MAXIMUM_MODULES = 4096;
/** Types of one module; the largest of today's have about 1 MiB. */
const MAXIMUM_BYTES = 8 * 2 ** 20;
const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
const KIND_STRUCT = 4;
const KIND_FUNCTION_PROTOTYPE = 13;
/** What follows the 12 bytes of a type, by its kind: bytes for each of its `vlen`, and bytes in any case. Linux, Documentation/bpf/btf.rst. */
const PER_MEMBER: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, [KIND_FUNCTION_PROTOTYPE]: 8, 15: 12, 19: 12 };
const ALWAYS: Readonly<Record<number, number>> = { 1: 4, 3: 12, 14: 4, 17: 4 };
const LAST_KIND = 19;

/** Offsets of a structure's own members, by name; bytes. Bit fields are left out. */
export type StructMembers = ReadonlyMap<string, number>;

/**
 * Reads structures of the kernel's modules, whose types the kernel keeps beside its own (`btf_modules`) where it was built with
 * CONFIG_DEBUG_INFO_BTF_MODULES. The function answers null where the module is not loaded, tells nothing, or has no such structure.
 */
export function createModuleTypes(kernel: Kernel): (module: string, struct: string) => StructMembers | null {
  if (!kernel.hasSymbol('btf_modules') || kernel.tryOffsetOf('btf_module', 'btf') === null || kernel.tryOffsetOf('btf', 'base_btf') === null) return () => null;
  const head = kernel.symbol('btf_modules');
  const entry = defineView(kernel, 'btf_module', { list: 'list', btf: 'btf' });
  const inEntry = BigInt(kernel.offsetOf('btf_module', 'list'));
  const nameOffset = BigInt(kernel.offsetOf('btf', 'name'));

  /** `struct btf` of a module. */
  function find(module: string): bigint | null {
    let node = kernel.readU64(head);
    for (let index = 0; index < MAXIMUM_MODULES && node !== null && node !== head && isKernelPointer(node); index++) {
      const bytes = entry.read(node - inEntry);
      if (bytes === null) return null;
      const btf = bytes.readBigUInt64LE(entry.at.btf);
      node = bytes.readBigUInt64LE(entry.at.list);
      if (isKernelPointer(btf) && kernel.readText(btf + nameOffset, 56) === module) return btf;
    }
    return null;
  }

  const btfView = defineView(kernel, 'btf', { data: 'data', size: 'data_size', base: 'base_btf', firstString: 'start_str_off', strings: 'strings' });
  return (module, struct) => {
    const address = find(module);
    const bytes = address === null ? null : btfView.read(address);
    if (bytes === null) return null;
    const { at } = btfView;
    const data = bytes.readBigUInt64LE(at.data);
    const size = bytes.readUInt32LE(at.size);
    const base = bytes.readBigUInt64LE(at.base);
    const firstString = bytes.readUInt32LE(at.firstString);
    if (size < HEADER_BYTES || size > MAXIMUM_BYTES) return null;
    const image = Buffer.alloc(size);
    if (!isKernelPointer(data) || !kernel.read(data, image)) return null;
    const baseBytes = isKernelPointer(base) ? btfView.read(base) : null;
    const baseStrings = baseBytes === null ? null : baseBytes.readBigUInt64LE(at.strings);
    // Names that the kernel itself has too are kept only there.
    const baseName = (offset: number) => (baseStrings === null ? null : kernel.readText(baseStrings + BigInt(offset), 128));
    return membersOf(image, struct, firstString, baseName);
  };
}

/**
 * Members of a structure out of the types of a module.
 *
 * @param firstString offsets of names below this one are those of the kernel's own types
 */
export function membersOf(image: Buffer, struct: string, firstString: number, baseName: (offset: number) => string | null): StructMembers | null {
  if (image.length < HEADER_BYTES || image.readUInt16LE(0) !== MAGIC) return null;
  const headerBytes = image.readUInt32LE(4);
  const section = (offsetAt: number) => {
    const start = headerBytes + image.readUInt32LE(offsetAt);
    const end = start + image.readUInt32LE(offsetAt + 4);
    return end <= image.length ? { start, end } : null;
  };
  const types = section(8);
  const strings = section(16);
  if (types === null || strings === null) return null;
  const name = (offset: number) => {
    if (offset < firstString) return baseName(offset);
    const start = strings.start + offset - firstString;
    const end = image.indexOf(0, start);
    return start < strings.end && end >= start && end < strings.end ? image.toString('utf8', start, end) : null;
  };
  for (let at = types.start; at + 12 <= types.end; ) {
    const info = image.readUInt32LE(at + 4);
    const kind = (info >>> 24) & 0x1f;
    const count = info & 0xffff;
    if (kind === 0 || kind > LAST_KIND) return null;
    const next = at + 12 + (ALWAYS[kind] ?? 0) + count * (PER_MEMBER[kind] ?? 0);
    if (next > types.end) return null;
    // Structures of modules have names of their own; only those are looked at, which saves most reads.
    const nameOffset = image.readUInt32LE(at);
    if (kind === KIND_STRUCT && nameOffset >= firstString && name(nameOffset) === struct) return readMembers(image, at, count, info, name);
    at = next;
  }
  return null;
}

function readMembers(image: Buffer, at: number, count: number, info: number, name: (offset: number) => string | null): StructMembers {
  const members = new Map<string, number>();
  const hasBitFields = info >>> 31 === 1;
  for (let index = 0; index < count; index++) {
    const member = at + 12 + 12 * index;
    const where = image.readUInt32LE(member + 8);
    const bits = hasBitFields ? where & 0xff_ffff : where;
    const isBitField = hasBitFields && where >>> 24 !== 0;
    const text = isBitField ? null : name(image.readUInt32LE(member));
    if (text !== null && text !== '' && !members.has(text)) members.set(text, bits / 8);
  }
  return members;
}
