import type { Clock } from './clock.ts';
import { Heap, type HeapMember } from './heap.ts';

interface Timer extends HeapMember {
  atMs: number;
  sequence: number;
  run: () => void;
}

/** A clock that stands still until it is told to move: for tests. */
export interface FakeClock extends Clock {
  /** Moves time on and runs the timers that fall due, in order, each followed by all that its promises lead to. */
  advance(deltaMs: number): Promise<void>;
  /** Runs everything that promises have made ready, without moving time. */
  settle(): Promise<void>;
  /** Steps the wall clock alone, as a person or NTP would. May be negative. */
  stepWall(deltaMs: number): void;
  /** Timers that have neither run nor been cancelled. */
  readonly timers: number;
}

/** All promises that are ready run in the first turn; the others allow for code that yields through `setImmediate`. */
const SETTLE_TURNS = 3;

export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  const timers = new Heap<Timer>(0, (a, b) => (a.atMs !== b.atMs ? a.atMs < b.atMs : a.sequence < b.sequence));
  let monotonicMs = 0;
  let wallOffsetMs = startMs;
  let sequence = 0;

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < SETTLE_TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  return {
    nowMs: () => wallOffsetMs + monotonicMs,
    monotonicMs: () => monotonicMs,
    after(delayMs, run) {
      const timer: Timer = { atMs: monotonicMs + Math.max(0, delayMs), sequence: sequence++, run, slots: [-1] };
      timers.push(timer);
      return () => timers.remove(timer);
    },
    async advance(deltaMs) {
      if (!(deltaMs >= 0)) throw new RangeError(`advance ${deltaMs}: time does not go back; use stepWall`);
      const untilMs = monotonicMs + deltaMs;
      await settle();
      for (let next = timers.peek(); next && next.atMs <= untilMs; next = timers.peek()) {
        timers.pop();
        monotonicMs = Math.max(monotonicMs, next.atMs);
        next.run();
        await settle();
      }
      monotonicMs = untilMs;
    },
    settle,
    stepWall(deltaMs) {
      wallOffsetMs += deltaMs;
    },
    get timers() {
      return timers.size;
    },
  };
}
