/** Items of a lane in arrays that answer "what is visible" and "what is here" by binary search. */
import type { Lane, RecoveryItem } from '../model/types';
import { severityOf } from '../status/statusLook';
import type { TimeRangeMs } from './timeScale';

export interface LaneIndex {
  lane: Lane;
  /** By start, as in the lane. */
  items: RecoveryItem[];
  starts: Float64Array;
  /** Infinity: in progress. */
  ends: Float64Array;
  /** The latest end of this item and all before it: ascending, so that it can be searched. */
  latestEnds: Float64Array;
  severities: Uint8Array;
}

/** What lies under overlapping bars beyond this is not looked for: hovering stays fast in lanes of any density. */
const MAX_SCANNED = 2000;

/** Built once per lane and data. */
export function indexLane(lane: Lane): LaneIndex {
  const { items } = lane;
  const starts = new Float64Array(items.length);
  const ends = new Float64Array(items.length);
  const latestEnds = new Float64Array(items.length);
  const severities = new Uint8Array(items.length);
  let latest = -Infinity;
  items.forEach((item, i) => {
    const end = item.endMs ?? Infinity;
    latest = Math.max(latest, end);
    starts[i] = item.startMs;
    ends[i] = end;
    latestEnds[i] = latest;
    severities[i] = severityOf(item.status);
  });
  return { lane, items, starts, ends, latestEnds, severities };
}

/** First index whose value is at least `value` (`above`: greater than it) in ascending numbers. */
export function lowerBound(sorted: Float64Array, value: number, above = false): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const here = sorted[middle] ?? Infinity;
    if (here < value || (above && here === value)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Indices [first, end) among which are all items that touch the range; some may end before it. */
export function touching(index: LaneIndex, { fromMs, toMs }: TimeRangeMs): [number, number] {
  return [lowerBound(index.latestEnds, fromMs), lowerBound(index.starts, toMs, true)];
}

/**
 * The item at a time, -1: none. Bars are at least `minLengthMs` long, as they are drawn, and may be missed by `toleranceMs`. Of several
 * the one that is hit goes before one that is near, then the worse, then the later: what is drawn on top.
 */
export function itemAt(index: LaneIndex, atMs: number, minLengthMs: number, toleranceMs: number): number {
  const { starts, ends, latestEnds, severities } = index;
  let best = -1;
  let bestRank = -1;
  const from = lowerBound(starts, atMs + toleranceMs, true) - 1;
  for (let i = from; i >= 0 && i > from - MAX_SCANNED; i--) {
    const reach = minLengthMs + toleranceMs;
    if ((latestEnds[i] ?? 0) + reach < atMs) {
      break;
    }
    const start = starts[i] ?? 0;
    const end = Math.max(ends[i] ?? 0, start + minLengthMs);
    if (atMs > end + toleranceMs) {
      continue;
    }
    const hit = atMs >= start && atMs <= end;
    const rank = (hit ? 100 : 0) + (severities[i] ?? 0);
    if (rank > bestRank) {
      best = i;
      bestRank = rank;
    }
  }
  return best;
}

/** The item whose start is nearest to a time, -1: the lane is empty in this range. */
export function nearestItem(index: LaneIndex, atMs: number, range: TimeRangeMs): number {
  const [first, end] = touching(index, range);
  let best = -1;
  for (let i = first; i < end; i++) {
    if ((index.ends[i] ?? 0) < range.fromMs) {
      continue;
    }
    const distance = Math.abs((index.starts[i] ?? 0) - atMs);
    if (best < 0 || distance < Math.abs((index.starts[best] ?? 0) - atMs)) {
      best = i;
    }
  }
  return best;
}
