import type { Kernel } from '../../kernel/kernel.ts';
import type { Registers } from '../gdb/registers.ts';

/** Why a call is not safe at the place where a processor stands. Words are stable. */
export type UnsafeContext =
  | 'user-mode'
  | 'interrupts-off'
  | 'not-kernel-gs'
  | 'unreadable'
  | 'preempt-count'
  | 'off-task-stack'
  | 'stack-too-full'
  | 'softirqs-off'
  | 'in-rcu'
  | 'not-running'
  | 'exiting';

/** What is known about the place, out of registers and memory, while all processors stand still. null: could not be read. */
export interface ContextFacts {
  readonly privilege: number;
  readonly hasInterruptsOn: boolean;
  /** The register points to the own memory of one of the kernel's processors. */
  readonly isKernelGs: boolean;
  /** Without the bit that says that no rescheduling is needed. */
  readonly preemptCount: number | null;
  readonly stackPointer: bigint;
  /** The current task's stack: its lowest address and its bytes. */
  readonly stack: bigint | null;
  readonly stackBytes: number;
  readonly neededBytes: number;
  /** `softirq_disable_cnt` of the current task, which only RT kernels have; they have preempt_count 0 in softirqs. */
  readonly softirqDisabled: number | null;
  readonly rcuNesting: number | null;
  /** `__state`, `exit_state`, `flags`. */
  readonly state: number | null;
  readonly exitState: number | null;
  readonly flags: number | null;
}

const IF = 0x200;
const PREEMPT_MASK = 0x7fff_ffff;
const PF_EXITING = 0x4;
const THREAD_BYTES = 16_384;
/** What the called functions need at most on the stack, with room for interrupts. */
const CALL_BYTES = 6000;
const MOST_CPUS = 8192;

/** Whether a sleeping function may be called here; null: it may. Pure. */
export function unsafeContext(facts: ContextFacts): UnsafeContext | null {
  if (facts.privilege !== 0) return 'user-mode';
  if (!facts.hasInterruptsOn) return 'interrupts-off';
  if (!facts.isKernelGs) return 'not-kernel-gs';
  if (facts.preemptCount === null || facts.stack === null || facts.state === null || facts.exitState === null || facts.flags === null) return 'unreadable';
  if (facts.preemptCount !== 0) return 'preempt-count';
  if (facts.stackPointer <= facts.stack || facts.stackPointer >= facts.stack + BigInt(facts.stackBytes)) return 'off-task-stack';
  if (facts.stackPointer - facts.stack < BigInt(facts.neededBytes)) return 'stack-too-full';
  if (facts.softirqDisabled !== null && facts.softirqDisabled !== 0) return 'softirqs-off';
  if (facts.rcuNesting !== null && facts.rcuNesting !== 0) return 'in-rcu';
  if (facts.state !== 0) return 'not-running';
  return facts.exitState !== 0 || (facts.flags & PF_EXITING) !== 0 ? 'exiting' : null;
}

/**
 * Makes a reader of the facts for this kernel. Everything that has to be known about its layout is looked up now, not while the guest stands.
 *
 * @param neededBytes of stack that the call's own data takes
 * @throws GuestError where the kernel lacks something
 */
export function createContextReader(kernel: Kernel, neededBytes: number): (registers: Registers, gsBase: bigint) => ContextFacts {
  const perCpu = currentOf(kernel);
  const task = (path: string) => BigInt(kernel.offsetOf('task_struct', path));
  const maybe = (path: string) => kernel.tryOffsetOf('task_struct', path);
  const offsets = { stack: task('stack'), state: task('__state'), exitState: task('exit_state'), flags: task('flags') };
  const softirq = maybe('softirq_disable_cnt');
  const rcu = maybe('rcu_read_lock_nesting');
  const processors = processorBases(kernel);

  return (registers, gsBase) => {
    const current = kernel.readU64(BigInt.asUintN(64, gsBase + perCpu.current));
    const preempt = kernel.readU32(BigInt.asUintN(64, gsBase + perCpu.preemptCount));
    const read = (offset: bigint) => (current === null ? null : kernel.readU32(current + offset));
    const readMaybe = (offset: number | null) => (offset === null ? null : (read(BigInt(offset)) ?? -1));
    return {
      privilege: registers.cs & 3,
      hasInterruptsOn: (registers.eflags & IF) !== 0,
      isKernelGs: processors.has(gsBase),
      preemptCount: preempt === null ? null : preempt & PREEMPT_MASK,
      stackPointer: registers.rsp,
      stack: current === null ? null : kernel.readU64(current + offsets.stack),
      stackBytes: THREAD_BYTES,
      neededBytes: neededBytes + CALL_BYTES,
      softirqDisabled: readMaybe(softirq),
      rcuNesting: readMaybe(rcu),
      state: read(offsets.state),
      exitState: read(offsets.exitState),
      flags: read(offsets.flags),
    };
  };
}

/** Offsets of the current task and of preempt_count in a processor's own memory: in `pcpu_hot` since 6.2, before that each by itself. */
function currentOf(kernel: Kernel): { current: bigint; preemptCount: bigint } {
  if (kernel.hasSymbol('pcpu_hot')) {
    const hot = kernel.symbol('pcpu_hot');
    return { current: hot + BigInt(kernel.offsetOf('pcpu_hot', 'current_task')), preemptCount: hot + BigInt(kernel.offsetOf('pcpu_hot', 'preempt_count')) };
  }
  return { current: kernel.symbol('current_task'), preemptCount: kernel.symbol('__preempt_count') };
}

/** Where each processor's own memory is: the values that gs_base can have in the kernel. */
function processorBases(kernel: Kernel): ReadonlySet<bigint> {
  const count = Math.min(kernel.readU32(kernel.symbol('nr_cpu_ids')) ?? 0, MOST_CPUS);
  const table = kernel.symbol('__per_cpu_offset');
  const bases = new Set<bigint>();
  for (let cpu = 0; cpu < count; cpu++) {
    const base = kernel.readU64(table + BigInt(cpu * 8));
    if (base !== null) bases.add(base);
  }
  return bases;
}
