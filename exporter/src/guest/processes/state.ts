/** State of a process as `ps` prints it: running, sleeping, disk sleep, stopped, traced, dead, zombie, parked, idle. */
export type ProcessState = 'R' | 'S' | 'D' | 'T' | 't' | 'X' | 'Z' | 'P' | 'I';

/** By the highest bit of the state that is reported, `task_state_array` of fs/proc/array.c; none is R. */
const LETTERS: readonly ProcessState[] = ['R', 'S', 'D', 'T', 't', 'X', 'Z', 'P'];

const REPORTED = 0x7f;
const IDLE = 0x402;
/** Waiting for a lock of a real-time kernel, and frozen: the kernel shows both as D. */
const SHOWN_AS_UNINTERRUPTIBLE = 0x1000 | 0x8000;

/**
 * The letter for `task_struct.__state` and `.exit_state`, as the kernel's `task_state_index()` computes it since 6.1. States outside
 * the reported bits (waking, new) are R, as there.
 */
export function stateLetter(state: number, exitState: number): ProcessState {
  if ((state & SHOWN_AS_UNINTERRUPTIBLE) !== 0) return 'D';
  if ((state & IDLE) === IDLE) return 'I';
  const reported = (state | exitState) & REPORTED;
  return LETTERS[32 - Math.clz32(reported)] ?? 'R';
}

