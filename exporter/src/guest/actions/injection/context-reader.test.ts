import { describe, expect, test } from 'vitest';
import type { Registers } from '../gdb/registers.ts';
import { simulateGuest } from '../testing/simulated-guest.ts';
import { createContextReader, unsafeContext } from './context.ts';

const PER_CPU = 0xffff_8880_3ec0_0000n;
const TASK = 0xffff_8880_0100_0000n;
const STACK = 0xffff_c900_0001_0000n;
const OFFSETS: Record<string, number> = { stack: 0x20, __state: 0x18, exit_state: 0x1c, flags: 0x2c, rcu_read_lock_nesting: 0x38, softirq_disable_cnt: 0x3c, current_task: 0x0, preempt_count: 0x8 };
const TABLE = 0xffff_ffff_8100_2000n;
const HOT = 0x2000n;

interface Build {
  /** Kernels from 6.2 on have both in one structure of a processor. */
  isHot: boolean;
  /** RT kernels. */
  isRealTime: boolean;
}

/** What is read of a processor that stands at a safe place of a kernel of such a build; `change`: 32-bit words by address, null: cannot be read. */
function factsOf({ isHot, isRealTime }: Build, change: Record<string, number | null> = {}, registers: Partial<Registers> = {}, gsBase = PER_CPU) {
  const [current, preempt] = isHot ? [HOT, HOT + 8n] : [0x1000n, 0x1008n];
  const words = new Map<bigint, number | null>([[TABLE, 1]]);
  const put64 = (address: bigint, value: bigint) => [0n, 4n].forEach((at) => words.set(address + at, Number((value >> (8n * at)) & 0xffff_ffffn)));
  put64(TABLE + 8n, PER_CPU);
  put64(PER_CPU + current, TASK);
  put64(TASK + 0x20n, STACK);
  const places: Record<string, bigint> = { preempt: PER_CPU + preempt, ...Object.fromEntries(Object.entries(OFFSETS).map(([name, at]) => [name, TASK + BigInt(at)])) };
  for (const [name, value] of Object.entries(change)) words.set(places[name] ?? 0n, value);
  const readU32 = (address: bigint): number | null => {
    const word = words.get(address);
    return word === undefined ? 0 : word;
  };
  const symbols: Record<string, bigint> = { nr_cpu_ids: TABLE, __per_cpu_offset: TABLE + 8n, ...(isHot ? { pcpu_hot: HOT } : { current_task: 0x1000n, __preempt_count: 0x1008n }) };
  const kernel = {
    ...simulateGuest().kernel,
    hasSymbol: (name: string) => name in symbols,
    symbol: (name: string) => symbols[name] ?? 0n,
    offsetOf: (_type: string, path: string) => OFFSETS[path] ?? 0,
    tryOffsetOf: (_type: string, path: string) => (path === 'softirq_disable_cnt' && !isRealTime ? null : (OFFSETS[path] ?? null)),
    readU32,
    readU64: (address: bigint) => {
      const [low, high] = [readU32(address), readU32(address + 4n)];
      return low === null || high === null ? null : BigInt(low) | (BigInt(high) << 32n);
    },
  };
  const at = { rsp: STACK + 16_000n, cs: 0x10, eflags: 0x202, ...registers } as Registers;
  return createContextReader(kernel, 1000)(at, gsBase);
}

const BUILDS: readonly Build[] = [true, false].flatMap((isHot) => [true, false].map((isRealTime) => ({ isHot, isRealTime })));

describe.each(BUILDS)('what is read of a processor, $isHot $isRealTime', (build) => {
  test('allows a call where nothing is wrong; the bit of preempt_count that says that nobody waits is none', () => {
    expect(unsafeContext(factsOf(build))).toBeNull();
    expect(unsafeContext(factsOf(build, { preempt: 0x8000_0000 }))).toBeNull();
  });

  test.each<[string, Record<string, number | null>]>([
    ['preempt-count', { preempt: 0x8000_0001 }],
    ['preempt-count', { preempt: 0x100 }],
    ['preempt-count', { preempt: 0x1_0000 }],
    ['in-rcu', { rcu_read_lock_nesting: 1 }],
    ['in-rcu', { rcu_read_lock_nesting: null }],
    ['not-running', { __state: 2 }],
    ['exiting', { exit_state: 16 }],
    ['exiting', { flags: 0x4 }],
    ['unreadable', { preempt: null }],
    ['unreadable', { stack: null }],
    ['unreadable', { __state: null }],
    ['unreadable', { exit_state: null }],
    ['unreadable', { flags: null }],
  ])('refuses: %s %j', (word, change) => {
    expect(unsafeContext(factsOf(build, change))).toBe(word);
  });

  test('refuses by the registers', () => {
    expect(unsafeContext(factsOf(build, {}, { cs: 0x33 }))).toBe('user-mode');
    expect(unsafeContext(factsOf(build, {}, { eflags: 0x2 }))).toBe('interrupts-off');
    expect(unsafeContext(factsOf(build, {}, {}, 0x7f00_0000_1000n))).toBe('not-kernel-gs');
    expect(unsafeContext(factsOf(build, {}, { rsp: STACK + 6999n }))).toBe('stack-too-full');
    expect(unsafeContext(factsOf(build, {}, { rsp: STACK - 8n }))).toBe('off-task-stack');
  });
});

test('on RT kernels, whose preempt_count is 0 in softirqs, those are refused by their own count', () => {
  for (const isHot of [true, false]) {
    expect(unsafeContext(factsOf({ isHot, isRealTime: true }, { softirq_disable_cnt: 1 }))).toBe('softirqs-off');
    expect(unsafeContext(factsOf({ isHot, isRealTime: true }, { softirq_disable_cnt: null }))).toBe('softirqs-off');
    expect(unsafeContext(factsOf({ isHot, isRealTime: false }, { softirq_disable_cnt: 1 }))).toBeNull();
  }
});
