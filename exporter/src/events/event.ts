/**
 * Everything that moves between the modules is an event in one queue, ordered by priority, then due time, then arrival
 * (EDR, section on event-driven execution).
 */

/** Lower runs first. */
export const PRIORITY = { control: 0, execution: 1, alert: 2, perception: 3, routine: 4 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** `perception` events may be shed when the queue is full, because the next listing says the same; `execution` never. */
export type EventClass = 'perception' | 'execution';

export interface NewEvent {
  /** Short name that says what happened or is to be done; the label of `virtmedic_events_total`. */
  kind: string;
  class: EventClass;
  priority: Priority;
  /** Monotonic milliseconds before which it must not run. */
  dueMs: number;
  /** Events of one target run one at a time, in queue order; null: independent of all others. */
  targetKey: string | null;
  /**
   * A waiting event with the same key and this one become one, so that a storm of news makes one evaluation: the newer work, the
   * earlier due time, the higher priority, the older place. An event that already runs is not touched. Null: never merged.
   */
  mergeKey: string | null;
  run: () => Promise<void>;
}

export interface Event extends NewEvent {
  /** Order of arrival. */
  sequence: number;
}
