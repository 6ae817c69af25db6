import type { Event, NewEvent } from './event.ts';
import { Heap } from './heap.ts';
import { Lanes, NOT_YET_DUE_SLOT, runsBefore, SHED_SLOT, type Entry } from './lanes.ts';

export type PushResult = 'queued' | 'merged' | 'shed';

export interface QueueOptions {
  /** Waiting events above which perception events are shed. Execution events are accepted beyond it. */
  capacity: number;
  /** Called with each event that is shed: its `run` will never be called. */
  onShed?: (event: Event) => void;
}

const isDueBefore = (a: Entry, b: Entry): boolean =>
  a.event.dueMs !== b.event.dueMs ? a.event.dueMs < b.event.dueMs : a.event.sequence < b.event.sequence;

/** The least important first: lowest priority, then newest. */
const isShedBefore = (a: Entry, b: Entry): boolean =>
  a.event.priority !== b.event.priority ? a.event.priority > b.event.priority : a.event.sequence > b.event.sequence;

/**
 * What `waiting` becomes when `newer` arrives with the same merge key: the newer work, not later and not less important than
 * either, in the older one's place, and never shed if either may not be.
 */
function merge(waiting: Event, newer: NewEvent): Event {
  return {
    ...newer,
    class: waiting.class === 'execution' ? 'execution' : newer.class,
    priority: waiting.priority < newer.priority ? waiting.priority : newer.priority,
    dueMs: Math.min(waiting.dueMs, newer.dueMs),
    sequence: waiting.sequence,
  };
}

/** Bounded queue of events. Knows no time and runs nothing: see `scheduler.ts`. */
export class EventQueue {
  readonly #capacity: number;
  readonly #onShed: ((event: Event) => void) | undefined;
  readonly #notYetDue = new Heap<Entry>(NOT_YET_DUE_SLOT, isDueBefore);
  readonly #lanes = new Lanes();
  readonly #sheddable = new Heap<Entry>(SHED_SLOT, isShedBefore);
  readonly #mergeable = new Map<string, Entry>();
  #length = 0;
  #sequence = 0;

  /** Throws RangeError where `capacity` is below 1. */
  constructor({ capacity, onShed }: QueueOptions) {
    if (!(capacity >= 1)) throw new RangeError(`capacity ${capacity}: expected at least 1`);
    this.#capacity = capacity;
    this.#onShed = onShed;
  }

  /** Waiting events: neither taken nor shed. */
  get length(): number {
    return this.#length;
  }

  /**
   * `shed`: the queue is full and this very event was the least important. `nowMs`, where it is known, spares an event that is
   * already due its place among those that wait for their time. Throws TypeError where the due time is NaN.
   */
  push(newEvent: NewEvent, nowMs = -Infinity): PushResult {
    if (Number.isNaN(newEvent.dueMs)) throw new TypeError(`event ${newEvent.kind}: dueMs is NaN; expected monotonic milliseconds`);
    const same = newEvent.mergeKey === null ? undefined : this.#mergeable.get(newEvent.mergeKey);
    if (same) {
      this.#remove(same);
      this.#add(merge(same.event, newEvent), nowMs);
      return 'merged';
    }
    const event: Event = { ...newEvent, sequence: this.#sequence++ };
    this.#add(event, nowMs);
    return this.#shedBeyondCapacity(event) ? 'shed' : 'queued';
  }

  /**
   * The first event, by priority, due time and arrival, among those that are due and whose target is not busy; undefined: none.
   * Its target is busy from now on, until `release`.
   */
  take(nowMs: number): Event | undefined {
    for (let next = this.#notYetDue.peek(); next && next.event.dueMs <= nowMs; next = this.#notYetDue.peek()) {
      this.#notYetDue.pop();
      this.#lanes.add(next);
    }
    const entry = this.#lanes.take();
    if (entry) this.#forget(entry);
    return entry?.event;
  }

  /** The event taken for this target has ended. */
  release(targetKey: string | null): void {
    this.#lanes.release(targetKey);
  }

  /** Due time (monotonic milliseconds) of the next event that `push` or `take` has not yet found due; null: there is none. */
  nextDueMs(): number | null {
    return this.#notYetDue.peek()?.event.dueMs ?? null;
  }

  /** Waiting events, in the order in which they would run. For reports: O(n log n). */
  waiting(): Event[] {
    const due = this.#lanes.due().map((entry) => entry.event);
    const notYetDue = [...this.#notYetDue.members].sort((a, b) => (isDueBefore(a, b) ? -1 : 1));
    return [...due.sort((a, b) => (runsBefore(a, b) ? -1 : 1)), ...notYetDue.map((entry) => entry.event)];
  }

  #add(event: Event, nowMs: number): void {
    const entry = this.#lanes.enter(event);
    if (event.dueMs <= nowMs) this.#lanes.add(entry);
    else this.#notYetDue.push(entry);
    if (event.class === 'perception') this.#sheddable.push(entry);
    if (event.mergeKey !== null) this.#mergeable.set(event.mergeKey, entry);
    this.#length += 1;
  }

  #remove(entry: Entry): void {
    if (this.#notYetDue.has(entry)) this.#notYetDue.remove(entry);
    else this.#lanes.remove(entry);
    this.#forget(entry);
  }

  #forget(entry: Entry): void {
    this.#sheddable.remove(entry);
    if (entry.event.mergeKey !== null) this.#mergeable.delete(entry.event.mergeKey);
    this.#lanes.leave(entry);
    this.#length -= 1;
  }

  /** True: `newest` itself was shed. */
  #shedBeyondCapacity(newest: Event): boolean {
    let isNewestShed = false;
    for (let least = this.#sheddable.peek(); least && this.#length > this.#capacity; least = this.#sheddable.peek()) {
      this.#remove(least);
      isNewestShed ||= least.event === newest;
      this.#onShed?.(least.event);
    }
    return isNewestShed;
  }
}
