import { KernelError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from './addresses.ts';
import { defineView } from './view.ts';

const PAGE_BYTES = 4096;
/** Kinds of pages that are counted, in the order of the kernel since 4.5: file, anonymous, swapped out, shared memory. */
const RESIDENT_KINDS = [0, 1, 3];
/** No machine has as much; more is no count. */
const MAXIMUM_PAGES = 1n << 40n;

/** What `mm_struct` says. Addresses of arguments and environment are the process's own. */
export interface AddressSpace {
  pageTable: bigint;
  argumentsStart: bigint;
  argumentsEnd: bigint;
  environmentStart: bigint;
  environmentEnd: bigint;
  /** `struct file` of what is executed; 0n: none. */
  executable: bigint;
  /** As ps prints it; null: no possible number. */
  residentBytes: number | null;
}

/** Reads `mm_struct`s. The function answers null where `address` is not readable. */
export function createAddressSpaceReader(kernel: Kernel): (address: bigint) => AddressSpace | null {
  const counters = residentCounters(kernel);
  const view = defineView(kernel, 'mm_struct', {
    pgd: 'pgd',
    argumentsStart: 'arg_start',
    argumentsEnd: 'arg_end',
    environmentStart: 'env_start',
    environmentEnd: 'env_end',
    executable: 'exe_file',
    resident: 'rss_stat',
  });
  const { at } = view;
  return (address) => {
    if (!isKernelPointer(address)) return null;
    const bytes = view.read(address);
    if (bytes === null) return null;
    let pages = 0n;
    for (const offset of counters) {
      const count = bytes.readBigInt64LE(at.resident + offset);
      // Counters of single processors are added late, so a sum may be below 0 for a while; the kernel shows 0 then.
      if (count > 0n) pages += count;
    }
    return {
      pageTable: bytes.readBigUInt64LE(at.pgd),
      argumentsStart: bytes.readBigUInt64LE(at.argumentsStart),
      argumentsEnd: bytes.readBigUInt64LE(at.argumentsEnd),
      environmentStart: bytes.readBigUInt64LE(at.environmentStart),
      environmentEnd: bytes.readBigUInt64LE(at.environmentEnd),
      executable: bytes.readBigUInt64LE(at.executable),
      residentBytes: pages <= MAXIMUM_PAGES ? Number(pages) * PAGE_BYTES : null,
    };
  };
}

/** Offsets, in `mm_struct.rss_stat`, of the counters of resident pages. */
function residentCounters(kernel: Kernel): number[] {
  const total = kernel.field('mm_struct', 'rss_stat');
  // Up to 6.1: struct mm_rss_stat { atomic_long_t count[4]; }
  const single = kernel.field('mm_struct', 'rss_stat.count');
  let offset: number;
  let step: number;
  if (total?.kind === 'struct' && single !== null) {
    offset = single.offset - total.offset;
    step = 8;
  } else if (total?.kind === 'array' && total.typeName === 'percpu_counter') {
    // Since 6.2. ps prints `count` alone; the exact value has what is in `counters` of every processor added.
    offset = kernel.offsetOf('percpu_counter', 'count');
    step = kernel.sizeOf('percpu_counter');
  } else {
    throw new KernelError('unsupported-kernel', `mm_struct.rss_stat is ${total?.kind ?? 'missing'} ${total?.typeName ?? ''}, neither mm_rss_stat nor percpu_counter[]`);
  }
  const offsets = RESIDENT_KINDS.map((kind) => offset + kind * step);
  if (offsets.some((at) => at + 8 > total.size)) throw new KernelError('unsupported-kernel', 'mm_struct.rss_stat has fewer than 4 counters');
  return offsets;
}
