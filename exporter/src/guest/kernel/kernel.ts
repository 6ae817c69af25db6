/** What a member of a structure is. */
export type FieldKind = 'integer' | 'pointer' | 'array' | 'struct' | 'union' | 'enum' | 'float' | 'other';

/** A member of a structure, by its path. */
export interface Field {
  /** Bytes from the start of the structure; of a bit field the byte that its first bit is in. */
  readonly offset: number;
  /** Bytes; of an array all of it. */
  readonly size: number;
  readonly kind: FieldKind;
  /** Name of its type after typedefs and qualifiers, of an array that of its elements; empty where it has none. */
  readonly typeName: string;
  /** Elements of an array (its first dimension), else 1. */
  readonly count: number;
  /** Of a bit field: its lowest bit within the byte at `offset`, and its number of bits; else null. */
  readonly bits: { readonly shift: number; readonly width: number } | null;
}

/**
 * The kernel of a running Linux guest, found in its memory. Everything that it reads changes while it is read, and may be
 * made up by the guest: callers bound every loop and check every value.
 */
export interface Kernel {
  /** `linux_banner` without its line feed: `Linux version 6.1.0-56-cloud-amd64 (…)`. */
  readonly banner: string;
  /** `6.1.0-56-cloud-amd64` */
  readonly release: string;
  /** SHA-256 of the kernel's BTF, hexadecimal. Banner and this name the profile. */
  readonly btfHash: string;

  /** Address of a symbol. @throws KernelError `symbol-missing`, `symbol-ambiguous` */
  symbol(name: string): bigint;
  /** There is exactly one symbol of that name. */
  hasSymbol(name: string): boolean;
  /** Names of symbols, sorted, that begin with `prefix`: compilers add `.123` to static ones. At most 64. */
  symbolsLike(prefix: string): string[];

  /** Size of a struct, union, enum or typedef, bytes. @throws KernelError `type-missing` */
  sizeOf(type: string): number;
  /**
   * Offset in bytes of a member, by a path such as `se.sum_exec_runtime` that goes through anonymous members by itself.
   *
   * @throws KernelError `type-missing`: no such type or member, or a bit field that does not begin at a byte
   */
  offsetOf(type: string, path: string): number;
  /** As `offsetOf`, null where the kernel has no such type or member. */
  tryOffsetOf(type: string, path: string): number | null;
  /** As `offsetOf`, all about the member; null where the kernel has no such type or member. */
  field(type: string, path: string): Field | null;

  /**
   * Reads kernel virtual memory into `into` at `offset` (default 0), `length` bytes (default: to the end of `into`).
   *
   * @returns false: not all of it is mapped to RAM. Never throws for any address. `length` is at most 16 MiB.
   */
  read(address: bigint, into: Buffer, offset?: number, length?: number): boolean;
  /** As `read`, in the address space of a process: `pageTable` is its `mm_struct.pgd`, a kernel virtual address. Pages swapped out are not mapped. */
  readUser(pageTable: bigint, address: bigint, into: Buffer, offset?: number, length?: number): boolean;
  /** 8 bytes, little-endian, at a kernel virtual address; null: not mapped. */
  readU64(address: bigint): bigint | null;
  /** 4 bytes, likewise. */
  readU32(address: bigint): number | null;
  /** Text up to a NUL, at most `maximum` bytes (default 256); null: not mapped. Bytes that are not UTF-8 become U+FFFD. */
  readText(address: bigint, maximum?: number): string | null;
  /** Guest physical address of a kernel virtual one; null: not mapped. */
  physical(address: bigint): number | null;

  /**
   * Still the same kernel in memory (banner, phys_base, init_task)? Asked before every list; false: open it anew. It costs three reads. After a
   * restart the old kernel may stay in memory as it was, where the new one lies elsewhere: only `isRunning` knows that.
   */
  verify(): boolean;
}
