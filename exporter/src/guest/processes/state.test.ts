import { describe, expect, it } from 'vitest';
import { stateLetter } from './state.ts';

describe('letter of a state', () => {
  // include/linux/sched.h of 6.1 and 6.12
  it.each([
    ['running', 0, 0, 'R'],
    ['interruptible', 0x1, 0, 'S'],
    ['uninterruptible', 0x2, 0, 'D'],
    ['stopped', 0x4, 0, 'T'],
    ['stopped and wakekill', 0x104, 0, 'T'],
    ['traced', 0x8, 0, 't'],
    ['killable', 0x102, 0, 'D'],
    ['dead while being reaped', 0x80, 0x10, 'X'],
    ['zombie: dead and exit_state', 0x80, 0x20, 'Z'],
    ['parked', 0x40, 0, 'P'],
    ['idle kernel thread', 0x402, 0, 'I'],
    ['uninterruptible, not counted in load, freezable', 0x2402, 0, 'I'],
    ['waking', 0x200, 0, 'R'],
    ['new', 0x800, 0, 'R'],
    ['real-time lock', 0x1000, 0, 'D'],
    ['frozen', 0x8000, 0, 'D'],
    ['freezable sleep', 0x2001, 0, 'S'],
  ])('%s', (_what, state, exitState, letter) => {
    expect(stateLetter(state, exitState)).toBe(letter);
  });

  it('is some letter for every number', () => {
    for (const bits of [0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 0xff]) {
      expect('RSDTtXZPI').toContain(stateLetter(bits, 0));
      expect('RSDTtXZPI').toContain(stateLetter(0, bits));
    }
  });
});
