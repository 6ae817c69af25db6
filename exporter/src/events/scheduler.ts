import type { Clock } from './clock.ts';
import type { Event, NewEvent } from './event.ts';
import { EventQueue, type PushResult } from './queue.ts';

export interface SchedulerOptions {
  clock: Clock;
  /** Waiting events above which perception events are shed. */
  capacity: number;
  /** Events under way at once. */
  concurrency: number;
  /** `run` threw or rejected. The scheduler goes on. */
  onError: (event: Event, error: unknown) => void;
  onShed?: (event: Event) => void;
  /** An event begins to run, `lagMs` after it fell due. */
  onStart?: (event: Event, lagMs: number) => void;
}

export interface StopReport {
  /** False: the time limit came first; `running` names what had not ended. */
  drained: boolean;
  running: Event[];
  /** What was never begun, in order. Its executions are in the store, for the next start. */
  waiting: Event[];
}

/** Milliseconds of beginning events without a pause, after which timers and I/O have their turn. */
const SLICE_MS = 10;

/**
 * Runs events when they fall due, in the queue's order, up to `concurrency` at once and one at a time per target. Sleeps until the
 * next one is due; a submitted event that is due earlier wakes it at once. Events submitted in one go are all queued, hence
 * ordered and merged, before the first of them begins.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue: EventQueue;
  readonly #running = new Set<Event>();
  readonly #alarm: Alarm;
  #stopped: Promise<StopReport> | null = null;
  #onDrained: () => void = () => {};
  #isBeginQueued = false;
  #isPaused = false;
  /** Infinity: idle, the next event begins a new slice. */
  #sliceEndMs = Infinity;

  /** Throws RangeError where `capacity` or `concurrency` is below 1. */
  constructor(options: SchedulerOptions) {
    const { capacity, clock, concurrency, onShed } = options;
    if (!(concurrency >= 1)) throw new RangeError(`concurrency ${concurrency}: expected at least 1`);
    this.#options = options;
    this.#queue = new EventQueue({ capacity, ...(onShed ? { onShed } : {}) });
    this.#alarm = new Alarm(clock, () => this.#beginDue());
  }

  /** Waiting events. */
  get length(): number {
    return this.#queue.length;
  }

  /** Events under way. */
  get running(): number {
    return this.#running.size;
  }

  /** `stopped`: not accepted, the scheduler is stopping. */
  submit(event: NewEvent): PushResult | 'stopped' {
    if (this.#stopped) return 'stopped';
    const result = this.#queue.push(event, this.#options.clock.monotonicMs());
    this.#beginSoon();
    return result;
  }

  /** Begins nothing more and resolves when all that runs has ended, at the latest after `limitMs`. Later calls get the first one's promise. */
  stop(limitMs: number): Promise<StopReport> {
    this.#alarm.set(null);
    return (this.#stopped ??= this.#drain(limitMs));
  }

  #drain(limitMs: number): Promise<StopReport> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancelLimit();
        resolve({ drained: this.#running.size === 0, running: [...this.#running], waiting: this.#queue.waiting() });
      };
      const cancelLimit = this.#options.clock.after(limitMs, finish);
      this.#onDrained = finish;
      if (this.#running.size === 0) finish();
    });
  }

  #beginSoon(): void {
    if (this.#isBeginQueued) return;
    this.#isBeginQueued = true;
    queueMicrotask(() => {
      this.#isBeginQueued = false;
      this.#beginDue();
    });
  }

  get #mayBegin(): boolean {
    return !this.#stopped && !this.#isPaused && this.#running.size < this.#options.concurrency;
  }

  #beginDue(): void {
    while (this.#mayBegin) {
      const nowMs = this.#options.clock.monotonicMs();
      const event = this.#queue.take(nowMs);
      if (!event) {
        if (this.#running.size === 0) this.#sliceEndMs = Infinity;
        break;
      }
      if (this.#sliceEndMs === Infinity) this.#sliceEndMs = nowMs + SLICE_MS;
      this.#running.add(event);
      void this.#run(event);
      if (nowMs >= this.#sliceEndMs) this.#pause();
    }
    this.#alarm.set(this.#mayBegin ? this.#queue.nextDueMs() : null);
  }

  #pause(): void {
    this.#isPaused = true;
    this.#options.clock.after(0, () => {
      this.#isPaused = false;
      this.#sliceEndMs = Infinity;
      this.#beginDue();
    });
  }

  async #run(event: Event): Promise<void> {
    const { clock, onError, onStart } = this.#options;
    tell(event, () => onStart?.(event, clock.monotonicMs() - event.dueMs));
    try {
      await event.run();
    } catch (error) {
      tell(event, () => onError(event, error));
    }
    this.#running.delete(event);
    this.#queue.release(event.targetKey);
    if (this.#stopped && this.#running.size === 0) this.#onDrained();
    this.#beginSoon();
  }
}

/** A metric or a log that fails must neither keep an event from running nor stop the loop. */
function tell(event: Event, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    process.emitWarning(`event ${event.kind}: a callback of the scheduler failed: ${String(error)}`);
  }
}

/** One timer for the earliest due time, set anew only when that changes. */
class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #setForMs: number | null = null;
  #cancel: () => void = () => {};

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(atMs: number | null): void {
    if (atMs === this.#setForMs) return;
    this.#cancel();
    this.#setForMs = atMs;
    if (atMs === null) return;
    this.#cancel = this.#clock.after(Math.max(0, atMs - this.#clock.monotonicMs()), () => {
      this.#setForMs = null;
      this.#ring();
    });
  }
}
