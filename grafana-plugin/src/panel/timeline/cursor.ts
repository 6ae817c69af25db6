/** Where the keyboard is: a recovery in a lane. */
import { nearestItem, touching, type LaneIndex } from './laneIndex';
import type { TimeRangeMs } from './timeScale';

export interface Cursor {
  lane: number;
  item: number;
}

export type Move = 'previous' | 'next' | 'up' | 'down' | 'first' | 'last';

/** Keys of the arrows and Home and End. */
export const MOVES: Readonly<Record<string, Move>> = {
  ArrowLeft: 'previous',
  ArrowRight: 'next',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
};

/**
 * Where a key leads: along the lane, or to the recovery nearest in time of the next lane that has one in the range. Without a cursor:
 * the newest of the first such lane. Null: there is nothing in the range; at an edge it stays.
 */
export function moveCursor(rows: LaneIndex[], cursor: Cursor | null, move: Move, range: TimeRangeMs): Cursor | null {
  const at = cursor && rows[cursor.lane]?.items[cursor.item] ? cursor : null;
  if (!at) {
    return enter(rows, range);
  }
  if (move === 'up' || move === 'down') {
    return changeLane(rows, at, move === 'up' ? -1 : 1, range) ?? at;
  }
  const row = rows[at.lane];
  const shown = row ? shownItems(row, range) : [];
  const place = shown.indexOf(at.item);
  const target = {
    previous: shown[place < 0 ? shown.length - 1 : Math.max(0, place - 1)],
    next: shown[place < 0 ? 0 : Math.min(shown.length - 1, place + 1)],
    first: shown[0],
    last: shown[shown.length - 1],
  }[move];
  return target === undefined ? at : { lane: at.lane, item: target };
}

/** Indices of the items of a lane that touch the range. */
export function shownItems(row: LaneIndex, range: TimeRangeMs): number[] {
  const [first, end] = touching(row, range);
  const shown: number[] = [];
  for (let i = first; i < end; i++) {
    if ((row.ends[i] ?? 0) >= range.fromMs) {
      shown.push(i);
    }
  }
  return shown;
}

function enter(rows: LaneIndex[], range: TimeRangeMs): Cursor | null {
  for (const [lane, row] of rows.entries()) {
    const item = nearestItem(row, range.toMs, range);
    if (item >= 0) {
      return { lane, item };
    }
  }
  return null;
}

function changeLane(rows: LaneIndex[], from: Cursor, direction: number, range: TimeRangeMs): Cursor | null {
  const atMs = rows[from.lane]?.starts[from.item] ?? 0;
  for (let lane = from.lane + direction; lane >= 0 && lane < rows.length; lane += direction) {
    const row = rows[lane];
    const item = row ? nearestItem(row, atMs, range) : -1;
    if (item >= 0) {
      return { lane, item };
    }
  }
  return null;
}
