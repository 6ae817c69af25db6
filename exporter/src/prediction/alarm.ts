/** When a probability becomes a fault: hysteresis in height and in time, so that what hovers at a limit does not come and go. */
export interface AlarmSettings {
  /** From here on a target is failing. */
  raiseAbove: number;
  /** For so long without a break, before it is failing. */
  raiseForSeconds: number;
  /** Below it is no longer. */
  clearBelow: number;
  /** For so long without a break, before it no longer is. */
  clearForSeconds: number;
}

/** Where one target stands. Changed in place. */
export interface Alarm {
  failing: boolean;
  /** Wall clock; null: it is not failing. */
  failingSinceMs: number | null;
  /** Monotonic: since when every tick was beyond the limit that would change `failing`; null: the latest was not. */
  beyondSinceMs: number | null;
  /** Monotonic, of the latest tick. */
  lastMs: number;
}

export interface AlarmTick {
  probability: number;
  /** Wall clock of the tick. */
  atMs: number;
  monotonicMs: number;
  /** After a longer silence nothing is known to have lasted. */
  longestGapMs: number;
}

export function quietAlarm(): Alarm {
  return { failing: false, failingSinceMs: null, beyondSinceMs: null, lastMs: -Infinity };
}

/** One tick. @returns whether `failing` changed */
export function alarmTick(alarm: Alarm, { raiseAbove, raiseForSeconds, clearBelow, clearForSeconds }: AlarmSettings, { probability, atMs, monotonicMs, longestGapMs }: AlarmTick): boolean {
  const isBeyond = alarm.failing ? probability < clearBelow : probability >= raiseAbove;
  const isLate = monotonicMs - alarm.lastMs > longestGapMs;
  alarm.lastMs = monotonicMs;
  if (!isBeyond) {
    alarm.beyondSinceMs = null;
    return false;
  }
  if (alarm.beyondSinceMs === null || isLate) alarm.beyondSinceMs = monotonicMs;
  if (monotonicMs - alarm.beyondSinceMs < (alarm.failing ? clearForSeconds : raiseForSeconds) * 1000) return false;
  alarm.failing = !alarm.failing;
  alarm.failingSinceMs = alarm.failing ? atMs : null;
  alarm.beyondSinceMs = null;
  return true;
}

/** Nothing is known any more. @returns whether it was failing */
export function silenceAlarm(alarm: Alarm): boolean {
  const wasFailing = alarm.failing;
  Object.assign(alarm, quietAlarm());
  return wasFailing;
}
