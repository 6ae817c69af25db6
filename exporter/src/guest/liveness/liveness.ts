import { KernelError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { withBudget } from '../processes/budget.ts';
import { createClockReader, type GuestClock } from './clock.ts';
import { createMemoryReader, type GuestMemoryUse } from './memory-use.ts';

/** `enum system_states`, in its order since 4.13. */
const SYSTEM_STATES = ['booting', 'scheduling', 'freeing-init-memory', 'running', 'halted', 'powered-off', 'restarting', 'suspending'] as const;
export type SystemState = (typeof SYSTEM_STATES)[number];

/** How the guest's kernel is. Null: this kernel doesn't tell, or not now. */
export interface GuestLiveness {
  /**
   * Ticks since shortly before boot; they begin at a number of the kernel's choice. An idle guest stops its tick for some seconds at a time,
   * so they stand still for longer before anything is wrong.
   */
  jiffies: bigint;
  /** The kernel's HZ. */
  jiffiesPerSecond: number | null;
  /** Null: a number that this version doesn't know. */
  systemState: SystemState | null;
  /** A processor is in `panic()`. QEMU goes on calling such a guest running. */
  panicked: boolean;
  /** The processor in `panic()`. */
  panicCpu: number | null;
  /** An oops is being printed. */
  oopsInProgress: boolean;
  /** Oopses since boot. */
  oopses: number | null;
  /** Bits as in /proc/sys/kernel/tainted: 1 << 7 after an oops, 1 << 9 after a warning, 1 << 14 after a soft lockup. */
  tainted: bigint | null;
  /** Averages of 1, 5 and 15 minutes. */
  load: [number, number, number] | null;
  /** All threads of all processes. */
  threads: number | null;
  /** Processes and threads ever made. */
  forks: bigint | null;
  clock: GuestClock | null;
  memory: GuestMemoryUse | null;
}

export interface LivenessReader {
  /** @throws GuestError `unreadable` where jiffies or panic cannot be read, `inconsistent` where another kernel runs by now */
  read(): GuestLiveness;
}

/** Fraction bits of a load average, `FSHIFT`. */
const LOAD_UNIT = 2048;
/** More tasks than Linux can have, `PID_MAX_LIMIT`. */
const MAXIMUM_LOAD = 4_194_304;
const NANOSECONDS = 1e9;
/** HZ that a kernel can be built with, and some more. */
const MAXIMUM_HZ = 10_000;

/** @throws KernelError where this kernel has not what tells that it lives: jiffies and panic */
export function createLivenessReader(guest: Kernel): LivenessReader {
  const kernel = withBudget(guest, { reads: 10_000, milliseconds: 1000 });
  const jiffies = kernel.symbol('jiffies_64');
  const panicCpu = kernel.symbol('panic_cpu');
  const oopsInProgress = kernel.symbol('oops_in_progress');
  const u64 = optional(kernel, (address) => kernel.readU64(address));
  const i32 = optional(kernel, (address) => asInt32(kernel.readU32(address)));
  const readLoad = optional(kernel, (address) => loadAt(kernel, address));
  const readClock = createClockReader(kernel);
  const readMemory = createMemoryReader(kernel);
  return {
    read: () => {
      kernel.renew();
      if (!kernel.verify()) throw new KernelError('inconsistent', 'the guest runs another kernel than the one that was found (it restarted?): open it anew');
      const ticks = kernel.readU64(jiffies);
      const panicking = asInt32(kernel.readU32(panicCpu));
      const oops = kernel.readU32(oopsInProgress);
      if (ticks === null || panicking === null || oops === null) {
        throw new KernelError('unreadable', 'jiffies and panic of the guest cannot be read; look again later, or open the guest anew');
      }
      const state = i32('system_state');
      return {
        jiffies: ticks,
        jiffiesPerSecond: hertz(u64('tick_nsec')),
        systemState: state === null ? null : (SYSTEM_STATES[state] ?? null),
        panicked: panicking >= 0,
        panicCpu: panicking >= 0 ? panicking : null,
        oopsInProgress: oops !== 0,
        oopses: i32('oops_count'),
        tainted: u64('tainted_mask'),
        load: readLoad('avenrun'),
        threads: i32('nr_threads'),
        forks: u64('total_forks'),
        clock: readClock(),
        memory: readMemory(),
      };
    },
  };
}

/** A function that reads a variable by name, null where the kernel has none. */
function optional<Value>(kernel: Kernel, read: (address: bigint) => Value | null): (name: string) => Value | null {
  const addresses = new Map<string, bigint | null>();
  return (name) => {
    let address = addresses.get(name);
    if (address === undefined) {
      address = kernel.hasSymbol(name) ? kernel.symbol(name) : null;
      addresses.set(name, address);
    }
    return address === null ? null : read(address);
  };
}

const asInt32 = (value: number | null) => (value === null ? null : value | 0);

function loadAt(kernel: Kernel, address: bigint): [number, number, number] | null {
  const bytes = Buffer.alloc(24);
  if (!kernel.read(address, bytes)) return null;
  const average = (index: number) => Number(bytes.readBigUInt64LE(8 * index)) / LOAD_UNIT;
  const load: [number, number, number] = [average(0), average(1), average(2)];
  return load.every((value) => value <= MAXIMUM_LOAD) ? load : null;
}

/** Out of `tick_nsec`, which NTP moves a little. */
function hertz(tickNanoseconds: bigint | null): number | null {
  if (tickNanoseconds === null || tickNanoseconds <= 0n) return null;
  const rate = Math.round(NANOSECONDS / Number(tickNanoseconds));
  return rate >= 1 && rate <= MAXIMUM_HZ ? rate : null;
}
