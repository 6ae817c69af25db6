/** How much time passed inside the guest, as far as it is certain: nothing in it does anything while it is held. */
import type { ListLook } from './look.ts';

export interface GuestTime {
  boot: string;
  /** Monotonic time of the look. */
  atMs: number;
  jiffies: bigint | null;
  /** That the guest ran since the first look at this boot; at most what passed. */
  ranMs: number;
  /** Since its boot, at least. */
  upMs: number;
}

/** Where no clock of the guest tells: longer than this nobody looked, and it may have been held. */
const LONGEST_STEP_MS = 30_000;
const LARGEST_MS = 1e14;

/** The time at a look; a boot that is not the one before begins it anew. */
export function guestTime(before: GuestTime | null, look: ListLook): GuestTime {
  const jiffies = look.liveness?.jiffies ?? null;
  const isSame = before !== null && before.boot === look.boot && (jiffies === null || before.jiffies === null || jiffies >= before.jiffies);
  const stepMs = isSame ? step(before, look) : 0;
  const told = look.liveness?.uptimeSeconds ?? null;
  const upMs = told !== null ? told * 1000 : Math.max((isSame ? before.upMs : 0) + stepMs, youngestMs(look));
  return {
    boot: look.boot,
    atMs: look.atMs,
    jiffies,
    ranMs: (isSame ? before.ranMs : 0) + stepMs,
    upMs: Math.min(Math.max(0, upMs), LARGEST_MS),
  };
}

/** Whether `after` is of another boot than `before`. */
export function isNewBoot(before: GuestTime | null, after: GuestTime): boolean {
  if (before === null || before.boot !== after.boot) return true;
  return before.jiffies !== null && after.jiffies !== null && after.jiffies < before.jiffies;
}

function step(before: GuestTime, { atMs, liveness }: ListLook): number {
  const passedMs = Math.max(0, atMs - before.atMs);
  if (liveness === null || before.jiffies === null) return Math.min(passedMs, LONGEST_STEP_MS);
  const ticks = Number(liveness.jiffies - before.jiffies);
  if (liveness.jiffiesPerSecond !== null) return Math.min(passedMs, (ticks * 1000) / liveness.jiffiesPerSecond);
  return ticks > 0 ? Math.min(passedMs, LONGEST_STEP_MS) : 0;
}

/** Start of the youngest process: the guest has been up for longer. */
function youngestMs({ processes }: ListLook): number {
  return processes.reduce((latest, { startTimeNanoseconds }) => Math.max(latest, startTimeNanoseconds / 1e6), 0);
}
