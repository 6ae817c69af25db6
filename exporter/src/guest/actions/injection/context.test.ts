import { describe, expect, test } from 'vitest';
import { unsafeContext } from './context.ts';
import type { ContextFacts } from './context.ts';

const STACK = 0xffff_c900_0000_0000n;
const SAFE: ContextFacts = {
  privilege: 0,
  hasInterruptsOn: true,
  isKernelGs: true,
  preemptCount: 0,
  stackPointer: STACK + 16_000n,
  stack: STACK,
  stackBytes: 16_384,
  neededBytes: 7000,
  softirqDisabled: null,
  rcuNesting: 0,
  state: 0,
  exitState: 0,
  flags: 0x20_0000,
};

describe('a place for a call', () => {
  test('is safe on a task of its own that may sleep', () => {
    expect(unsafeContext(SAFE)).toBeNull();
    expect(unsafeContext({ ...SAFE, softirqDisabled: 0, rcuNesting: null })).toBeNull();
  });

  test.each<[string, Partial<ContextFacts>]>([
    ['user-mode', { privilege: 3 }],
    ['interrupts-off', { hasInterruptsOn: false }],
    ['not-kernel-gs', { isKernelGs: false }],
    ['unreadable', { preemptCount: null }],
    ['unreadable', { stack: null }],
    ['unreadable', { state: null }],
    ['unreadable', { exitState: null }],
    ['unreadable', { flags: null }],
    ['preempt-count', { preemptCount: 1 }],
    ['preempt-count', { preemptCount: 0x100 }],
    ['preempt-count', { preemptCount: 0x1_0000 }],
    ['off-task-stack', { stackPointer: STACK }],
    ['off-task-stack', { stackPointer: STACK + 16_384n }],
    ['off-task-stack', { stackPointer: 0xffff_fe00_0000_0f00n }],
    ['stack-too-full', { stackPointer: STACK + 6999n }],
    ['softirqs-off', { softirqDisabled: 1 }],
    ['softirqs-off', { softirqDisabled: -1 }],
    ['in-rcu', { rcuNesting: 1 }],
    ['not-running', { state: 1 }],
    ['not-running', { state: 2 }],
    ['exiting', { exitState: 16 }],
    ['exiting', { flags: 0x4 }],
  ])('is refused: %s', (word, change) => {
    expect(unsafeContext({ ...SAFE, ...change })).toBe(word);
  });
});
