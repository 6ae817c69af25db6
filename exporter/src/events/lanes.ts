import type { Event } from './event.ts';
import { Heap, type HeapMember } from './heap.ts';

/** A waiting event. It is either not yet due or due in its lane; as long as it may be shed it is among the sheddable as well. */
export interface Entry extends HeapMember {
  event: Event;
  lane: Lane;
}

export const NOT_YET_DUE_SLOT = 0;
const DUE_SLOT = 1;
export const SHED_SLOT = 2;
export const NO_SLOTS = [-1, -1, -1] as const;

/** The due events of one target. An event without a target has a lane to itself. */
interface Lane extends HeapMember {
  key: string | null;
  due: Heap<Entry>;
  /** One of its events is running. */
  busy: boolean;
  /** Waiting events of this lane, due or not: a lane without any is forgotten. */
  count: number;
}

/** Priority, then due time, then arrival. */
export function runsBefore(a: Event, b: Event): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  if (a.dueMs !== b.dueMs) return a.dueMs < b.dueMs;
  return a.sequence < b.sequence;
}

const isEntryBefore = (a: Entry, b: Entry): boolean => runsBefore(a.event, b.event);
const isLaneBefore = (a: Lane, b: Lane): boolean => isEntryBefore(a.due.peek() as Entry, b.due.peek() as Entry);

/** The due events by target, so that a busy target never stands before the others. */
export class Lanes {
  readonly #ready = new Heap<Lane>(0, isLaneBefore);
  readonly #byKey = new Map<string, Lane>();

  /** Targets that have waiting or running events: none is remembered longer. */
  get targets(): number {
    return this.#byKey.size;
  }

  /** A new entry in the lane of its target; it is not due before `add`. */
  enter(event: Event): Entry {
    const lane = this.#of(event.targetKey);
    lane.count += 1;
    return { event, lane, slots: [...NO_SLOTS] };
  }

  /** The entry no longer waits; it must have left the due ones before. */
  leave({ lane }: Entry): void {
    lane.count -= 1;
    this.#forgetIfIdle(lane);
  }

  add(entry: Entry): void {
    this.#change(entry.lane, () => entry.lane.due.push(entry));
  }

  remove(entry: Entry): void {
    this.#change(entry.lane, () => entry.lane.due.remove(entry));
  }

  /** The first entry of the targets that are not busy. Makes its target busy. */
  take(): Entry | undefined {
    const lane = this.#ready.pop();
    if (!lane) return undefined;
    lane.busy = lane.key !== null;
    return lane.due.pop();
  }

  release(key: string | null): void {
    const lane = key === null ? undefined : this.#byKey.get(key);
    if (!lane) return;
    this.#change(lane, () => (lane.busy = false));
    this.#forgetIfIdle(lane);
  }

  /** All due entries, those of busy targets too, in no useful order. */
  due(): Entry[] {
    const busy = [...this.#byKey.values()].filter((lane) => lane.busy);
    return [...this.#ready.members, ...busy].flatMap((lane) => lane.due.members);
  }

  #of(key: string | null): Lane {
    const known = key === null ? undefined : this.#byKey.get(key);
    if (known) return known;
    const lane: Lane = { key, due: new Heap<Entry>(DUE_SLOT, isEntryBefore), busy: false, count: 0, slots: [-1] };
    if (key !== null) this.#byKey.set(key, lane);
    return lane;
  }

  /** A lane's place depends on its first event: it leaves the ready ones while that may change. */
  #change(lane: Lane, apply: () => void): void {
    this.#ready.remove(lane);
    apply();
    if (!lane.busy && lane.due.size > 0) this.#ready.push(lane);
  }

  #forgetIfIdle(lane: Lane): void {
    if (lane.key !== null && lane.count === 0 && !lane.busy) this.#byKey.delete(lane.key);
  }
}
