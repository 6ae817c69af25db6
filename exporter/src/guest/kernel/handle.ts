import { KernelError } from '../error.ts';
import type { PhysicalMemory } from '../memory/memory.ts';
import { isInitTask, readBanner, type Found } from './examine.ts';
import type { Kernel } from './kernel.ts';
import { mapOffset } from './layout.ts';
import { symbolAddress } from './placement.ts';

const MOST_LIKE = 64;
const DEFAULT_TEXT_BYTES = 256;
const LONGEST_TEXT = 1024 * 1024;
const PAGE_BYTES = 4096;

/** The kernel that was found, as its users see it. */
export function kernelHandle(memory: PhysicalMemory, found: Found): Kernel {
  const { symbols, btf, space, anchor } = found;
  const word = Buffer.alloc(8);

  function offsetIn(type: string, path: string): number | null {
    const field = btf.field(type, path);
    return field === null || (field.bits !== null && field.bits.shift !== 0) ? null : field.offset;
  }

  return {
    banner: found.banner,
    release: found.release,
    btfHash: found.btfHash,
    symbol: (name) => symbolAddress(symbols, anchor, name),
    hasSymbol: (name) => typeof symbols.find(name) === 'object',
    symbolsLike: (prefix) => symbols.like(prefix, MOST_LIKE),
    sizeOf(type) {
      const size = btf.sizeOf(type);
      if (size === null) throw new KernelError('type-missing', `the kernel has no type ${type}`);
      return size;
    },
    offsetOf(type, path) {
      const offset = offsetIn(type, path);
      if (offset === null) throw new KernelError('type-missing', `the kernel's type ${type} has no ${path}, or not at a whole byte`);
      return offset;
    },
    tryOffsetOf: offsetIn,
    field: (type, path) => btf.field(type, path),
    read: space.read,
    readUser: space.readUser,
    readU64: (address) => (space.read(address, word, 0, 8) ? word.readBigUInt64LE(0) : null),
    readU32: (address) => (space.read(address, word, 0, 4) ? word.readUInt32LE(0) : null),
    readText: (address, maximum = DEFAULT_TEXT_BYTES) => readText(found, address, maximum),
    physical: space.physical,
    verify: () => isSame(memory, found),
  };
}

/** Page by page: text that ends before an unmapped page is whole. */
function readText({ space }: Found, start: bigint, maximum: number): string | null {
  if (!(maximum >= 0) || start < 0n) return null;
  const bytes = Buffer.alloc(Math.min(Math.floor(maximum), LONGEST_TEXT));
  let done = 0;
  while (done < bytes.length) {
    const address = start + BigInt(done);
    const part = Math.min(bytes.length - done, PAGE_BYTES - Number(address % BigInt(PAGE_BYTES)));
    if (!space.read(address, bytes, done, part)) return null;
    const end = bytes.subarray(done, done + part).indexOf(0);
    if (end >= 0) return bytes.toString('utf8', 0, done + end);
    done += part;
  }
  return bytes.toString('utf8');
}

function isSame(memory: PhysicalMemory, found: Found): boolean {
  const { symbols, anchor, physBase, space, btf } = found;
  const physicalOf = (name: string): number => (mapOffset(symbolAddress(symbols, anchor, name)) ?? 0) + physBase;
  const variable = Buffer.alloc(8);
  try {
    return (
      readBanner(memory, physicalOf('linux_banner')) === found.banner &&
      memory.read(physicalOf('phys_base'), variable, 0, 8) &&
      Number(variable.readBigInt64LE(0)) === physBase &&
      isInitTask(space, btf, symbolAddress(symbols, anchor, 'init_task'))
    );
  } catch {
    return false; // No banner there any more.
  }
}
