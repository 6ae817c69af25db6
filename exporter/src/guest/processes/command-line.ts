import type { Kernel } from '../kernel/kernel.ts';
import type { AddressSpace } from './address-space.ts';

const PAGE_BYTES = 4096;
/** The user's half of the address space, with 5 levels of page tables. */
const HIGHEST_USER = 1n << 56n;

export interface CommandLine {
  arguments: string[];
  /** It is longer than what was read. */
  cut: boolean;
}

/**
 * Reads the command line of a process as /proc/PID/cmdline has it, at most `maximum` bytes (at least 1).
 *
 * @returns null: none, or its first page is not in memory
 */
export function readCommandLine(kernel: Kernel, space: AddressSpace, maximum: number): CommandLine | null {
  const { argumentsStart: start, argumentsEnd: end } = space;
  if (start <= 0n || start >= end || end > HIGHEST_USER) return null;
  const length = end - start;
  const wanted = length > BigInt(maximum) ? maximum : Number(length);
  const bytes = readPages(kernel, space.pageTable, start, wanted);
  if (bytes === null) return null;
  const whole = BigInt(bytes.length) === length;
  // A process that names itself overwrites the NUL at the end, and may go on into its environment right behind.
  const renamed = whole && bytes.at(-1) !== 0;
  if (renamed) return readTitle(kernel, space, bytes, maximum);
  return { arguments: split(bytes), cut: !whole };
}

function readTitle(kernel: Kernel, space: AddressSpace, known: Buffer, maximum: number): CommandLine {
  const { argumentsStart: start, argumentsEnd, environmentStart, environmentEnd } = space;
  let bytes = known;
  if (environmentStart === argumentsEnd && environmentEnd > environmentStart && environmentEnd <= HIGHEST_USER) {
    const limit = Math.min(maximum, PAGE_BYTES);
    const reach = environmentEnd - start;
    const wanted = reach > BigInt(limit) ? limit : Number(reach);
    if (wanted > known.length) bytes = readPages(kernel, space.pageTable, start, wanted) ?? known;
  }
  const end = bytes.indexOf(0);
  return { arguments: [bytes.toString('utf8', 0, end < 0 ? bytes.length : end)], cut: false };
}

/** As much of `length` bytes as is in memory without a gap; null: not even the first page. */
function readPages(kernel: Kernel, pageTable: bigint, address: bigint, length: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const inPage = PAGE_BYTES - Number((address + BigInt(done)) & BigInt(PAGE_BYTES - 1));
    const next = Math.min(inPage, length - done);
    if (!kernel.readUser(pageTable, address + BigInt(done), bytes, done, next)) break;
    done += next;
  }
  return done === 0 ? null : bytes.subarray(0, done);
}

function split(bytes: Buffer): string[] {
  const texts = bytes.toString('utf8').split('\0');
  // One after the last NUL, and those that a process which named itself filled up with NULs.
  while (texts.length > 0 && texts.at(-1) === '') texts.pop();
  return texts;
}
