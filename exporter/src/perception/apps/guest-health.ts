/**
 * What a guest's kernel shows of the guest as a whole: a panic, and ticks that stand still. Two proofs of a domain's health; whether the
 * domain hangs is decided where its network and block requests are known too.
 */
import type { GuestLook } from './look.ts';

export interface GuestHealthState {
  /** Looks in a row that show a panic. */
  panicLooks: number;
  still: { jiffies: bigint; sinceMs: number; atMs: number; looks: number } | null;
}

export interface GuestHealth {
  /** Proof of `domain_panicked`, for people; null: none. */
  panicked: string | null;
  /** One of the proofs of `domain_hung`, for people; null: none. */
  frozen: string | null;
}

/** One look may have been into memory that changed. */
const PANIC_LOOKS = 2;
/** An idle guest stops its tick, but wakes every few seconds for its own watchdogs. */
const FROZEN_LOOKS = 5;
const FROZEN_MS = 30_000;
/** Looks that are closer together count as one. */
const LEAST_STEP_MS = 200;
/** Over a longer pause the guest may have been held in between. */
const LONGEST_PAUSE_MS = 60_000;

export function newGuestHealth(): GuestHealthState {
  return { panicLooks: 0, still: null };
}

/** A look without liveness begins both anew; so does whatever else makes the caller take a `newGuestHealth()`: a boot, a pause, work of our own on the domain. */
export function judgeGuest(before: GuestHealthState, { atMs, liveness }: GuestLook): GuestHealthState {
  return liveness === null ? newGuestHealth() : { panicLooks: liveness.panicked ? Math.min(before.panicLooks + 1, PANIC_LOOKS) : 0, still: standStill(before.still, liveness.jiffies, atMs) };
}

function standStill(before: GuestHealthState['still'], jiffies: bigint, atMs: number): GuestHealthState['still'] {
  if (before === null || before.jiffies !== jiffies || atMs < before.atMs || atMs - before.atMs > LONGEST_PAUSE_MS) return { jiffies, sinceMs: atMs, atMs, looks: 1 };
  return atMs - before.atMs < LEAST_STEP_MS ? before : { ...before, atMs, looks: before.looks + 1 };
}

export function guestHealth({ panicLooks, still }: GuestHealthState): GuestHealth {
  const forMs = still === null ? 0 : still.atMs - still.sinceMs;
  return {
    panicked: panicLooks >= PANIC_LOOKS ? "panic in the guest's kernel" : null,
    frozen: still !== null && still.looks >= FROZEN_LOOKS && forMs >= FROZEN_MS ? `jiffies of the guest's kernel frozen for ${Math.round(forMs / 1000)} s, ${still.looks} looks` : null,
  };
}
