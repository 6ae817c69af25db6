import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from '../processes/addresses.ts';
import { defineView } from '../processes/view.ts';

/** The guest's clocks at its last tick; an idle guest's last tick may be seconds ago. */
export interface GuestClock {
  /** Since its boot, time asleep included. */
  uptimeSeconds: number;
  /** Its own wall clock, since 1970 in UTC. */
  wallSeconds: number;
  /** Wall clock at its boot; moves when its wall clock is set. */
  bootTimeSeconds: number;
}

const NANOSECONDS = 1e9;
/** Passes while the kernel is setting its clocks. */
const PASSES = 8;
/** Year 2242; with what a guest's wall clock may be set to before it knows the time. */
const LATEST_SECONDS = 2 ** 33;

/**
 * Reads the kernel's timekeeper. The function answers null where it can't be read or holds no possible time.
 *
 * Up to 6.12 it is the second member of an unnamed structure, behind a sequence counter; since 6.13 it is in `struct tk_data`.
 */
export function createClockReader(kernel: Kernel): () => GuestClock | null {
  const name = ['tk_core', 'timekeeper_data'].find((candidate) => kernel.hasSymbol(candidate));
  if (name === undefined || kernel.tryOffsetOf('timekeeper', 'tkr_mono.xtime_nsec') === null) return () => null;
  const core = kernel.symbol(name);
  const sequence = core + BigInt(kernel.tryOffsetOf('tk_data', 'seq') ?? 0);
  const keeper = core + BigInt(kernel.tryOffsetOf('tk_data', 'timekeeper') ?? sizeOfSequence(kernel));
  const view = defineView(kernel, 'timekeeper', {
    clock: 'tkr_mono.clock',
    shift: 'tkr_mono.shift',
    nanoseconds: 'tkr_mono.xtime_nsec',
    base: 'tkr_mono.base',
    seconds: 'xtime_sec',
    boot: 'offs_boot',
  });
  const decode = (bytes: Buffer): GuestClock | null => {
    const { at } = view;
    const shift = bytes.readUInt32LE(at.shift);
    if (shift > 63 || !isKernelPointer(bytes.readBigUInt64LE(at.clock))) return null;
    const fraction = bytes.readBigUInt64LE(at.nanoseconds) >> BigInt(shift);
    const uptimeSeconds = Number(bytes.readBigInt64LE(at.base) + bytes.readBigInt64LE(at.boot) + fraction) / NANOSECONDS;
    const wallSeconds = Number(bytes.readBigUInt64LE(at.seconds)) + Number(fraction) / NANOSECONDS;
    if (!(uptimeSeconds >= 0 && uptimeSeconds < LATEST_SECONDS && wallSeconds < LATEST_SECONDS)) return null;
    return { uptimeSeconds, wallSeconds, bootTimeSeconds: wallSeconds - uptimeSeconds };
  };
  return () => {
    for (let pass = 0; pass < PASSES; pass++) {
      const before = kernel.readU32(sequence);
      const bytes = view.read(keeper);
      if (before === null || bytes === null) return null;
      const clock = decode(bytes);
      // Odd while it is written.
      if ((before & 1) === 0 && kernel.readU32(sequence) === before) return clock;
    }
    return null;
  };
}

/** Of the sequence counter, with what follows it up to a multiple of 8: real-time kernels keep a pointer to its lock beside it. */
function sizeOfSequence(kernel: Kernel): number {
  const type = 'seqcount_raw_spinlock';
  return kernel.tryOffsetOf(type, 'seqcount') === null ? 8 : Math.ceil(kernel.sizeOf(type) / 8) * 8;
}
