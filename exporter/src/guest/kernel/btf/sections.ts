import { KernelError } from '../../error.ts';

/** Where the sections of a kernel's BTF are; bytes from its beginning. */
export interface BtfSections {
  readonly typesStart: number;
  readonly typesEnd: number;
  readonly stringsStart: number;
  readonly stringsEnd: number;
  /** Of all together. */
  readonly length: number;
}

/** `struct btf_header` (`include/uapi/linux/btf.h`): magic, version 1, no flags. */
export const BTF_START = Buffer.from([0x9f, 0xeb, 1, 0]);
/** Bytes of the header that are read; newer kernels have a longer one. */
export const BTF_HEADER_BYTES = 24;
const LONGEST_HEADER = 128;
const LARGEST_BTF = 64 * 1024 * 1024;

/** The sections that a header tells; null where it is not a header that could be. */
export function readBtfHeader(bytes: Buffer, at = 0): BtfSections | null {
  if (at + BTF_HEADER_BYTES > bytes.length || bytes.compare(BTF_START, 0, BTF_START.length, at, at + BTF_START.length) !== 0) return null;
  const header = bytes.readUInt32LE(at + 4);
  const [types, typesLength, strings, stringsLength] = [8, 12, 16, 20].map((offset) => bytes.readUInt32LE(at + offset)) as [number, number, number, number];
  const length = header + strings + stringsLength;
  if (header < BTF_HEADER_BYTES || header > LONGEST_HEADER || header % 4 !== 0 || types % 4 !== 0) return null;
  if (types + typesLength > strings || stringsLength === 0 || length > LARGEST_BTF) return null;
  const typesStart = header + types;
  const stringsStart = header + strings;
  return { typesStart, typesEnd: typesStart + typesLength, stringsStart, stringsEnd: stringsStart + stringsLength, length };
}

/** @throws KernelError `unsupported-kernel` */
export function btfSections(bytes: Buffer): BtfSections {
  const sections = readBtfHeader(bytes);
  if (sections === null || sections.length > bytes.length) {
    throw new KernelError('unsupported-kernel', "the kernel's description of its types (BTF) has no header that could be");
  }
  return sections;
}
