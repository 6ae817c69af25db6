import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from '../processes/addresses.ts';

/** Memory of the guest as its /proc/meminfo shows it. */
export interface GuestMemoryUse {
  totalBytes: number;
  freeBytes: number;
  /**
   * What could be had without swapping: the kernel's own estimate (MemAvailable), save what drivers say they could give back
   * (KReclaimable without SReclaimable), which is nothing on most machines.
   */
  availableBytes: number | null;
  swapTotalBytes: number | null;
  swapFreeBytes: number | null;
}

const PAGE_BYTES = 4096;
/** No machine has more; 4 PiB. */
const MAXIMUM_PAGES = 2 ** 40;
const MAXIMUM_NODES = 1024;
const MAXIMUM_ZONES = 16;
/** `NR_FREE_PAGES` of `enum zone_stat_item`. */
const FREE_PAGES = 0;
/** Of `enum node_stat_item` since 5.9: inactive and active pages of files, and slab that can be given back (counted in pages here). */
const [INACTIVE_FILE, ACTIVE_FILE, SLAB_RECLAIMABLE] = [2, 3, 5];
/** `WMARK_LOW` */
const LOW = 1;

/** Reads the kernel's counters of pages. The function answers null where they can't be read or are no possible numbers. */
export function createMemoryReader(kernel: Kernel): () => GuestMemoryUse | null {
  const needed = ['_totalram_pages', 'vm_zone_stat'];
  if (!needed.every((name) => kernel.hasSymbol(name))) return () => null;
  const counter = (name: string, index = 0) => {
    if (!kernel.hasSymbol(name)) return null;
    const value = kernel.readU64(kernel.symbol(name) + BigInt(8 * index));
    if (value === null) return null;
    // Single processors add late, so a counter may be below 0 for a while.
    const pages = Math.max(0, Number(BigInt.asIntN(64, value)));
    return pages <= MAXIMUM_PAGES ? pages : null;
  };
  const lowWatermark = createWatermarkReader(kernel);
  const bytes = (pages: number | null) => (pages === null ? null : pages * PAGE_BYTES);

  /** `si_mem_available()` */
  const available = (free: number) => {
    const reserve = counter('totalreserve_pages');
    const inactive = counter('vm_node_stat', INACTIVE_FILE);
    const active = counter('vm_node_stat', ACTIVE_FILE);
    const slab = counter('vm_node_stat', SLAB_RECLAIMABLE);
    const low = lowWatermark();
    if (reserve === null || inactive === null || active === null || slab === null || low === null) return null;
    const withoutLow = (pages: number) => pages - Math.min(Math.floor(pages / 2), low);
    return Math.max(0, free - reserve + withoutLow(inactive + active) + withoutLow(slab));
  };

  return () => {
    const total = counter('_totalram_pages');
    const free = counter('vm_zone_stat', FREE_PAGES);
    if (total === null || free === null || total === 0 || free > total) return null;
    return {
      totalBytes: total * PAGE_BYTES,
      freeBytes: free * PAGE_BYTES,
      availableBytes: bytes(available(free)),
      swapTotalBytes: bytes(counter('total_swap_pages')),
      swapFreeBytes: bytes(counter('nr_swap_pages')),
    };
  };
}

/** Sum of the low watermarks of all zones, pages; null: unknown. */
function createWatermarkReader(kernel: Kernel): () => number | null {
  const zones = kernel.field('pglist_data', 'node_zones');
  const watermarks = kernel.tryOffsetOf('zone', '_watermark');
  const boost = kernel.tryOffsetOf('zone', 'watermark_boost');
  if (zones === null || watermarks === null || boost === null || !kernel.hasSymbol('node_data') || !kernel.hasSymbol('nr_node_ids')) return () => null;
  const step = kernel.sizeOf('zone');
  const count = Math.min(zones.count, MAXIMUM_ZONES);
  const nodes = kernel.symbol('node_data');
  const nodeCount = kernel.symbol('nr_node_ids');
  return () => {
    let pages = 0;
    const number = kernel.readU32(nodeCount);
    if (number === null || number > MAXIMUM_NODES) return null;
    for (let node = 0; node < number; node++) {
      const address = kernel.readU64(nodes + BigInt(8 * node));
      if (address === 0n) continue;
      if (address === null || !isKernelPointer(address)) return null;
      for (let zone = 0; zone < count; zone++) {
        const at = address + BigInt(zones.offset + zone * step);
        const low = kernel.readU64(at + BigInt(watermarks + 8 * LOW));
        const extra = kernel.readU64(at + BigInt(boost));
        if (low === null || extra === null) return null;
        pages += Number(low + extra);
      }
    }
    return pages <= MAXIMUM_PAGES ? pages : null;
  };
}
