/** Time on the horizontal axis. */
export interface TimeRangeMs {
  fromMs: number;
  toMs: number;
}

/** Shorter ranges show nothing more: times are milliseconds, and dashboards query in seconds. */
export const MIN_RANGE_MS = 1000;

const MAX_RANGE_MS = 50 * 366 * 86_400_000;

/** Where a time lies on an axis of this width; may be outside of it. */
export function xOf(ms: number, { fromMs, toMs }: TimeRangeMs, width: number): number {
  return ((ms - fromMs) / (toMs - fromMs)) * width;
}

/** The time at a place of the axis. */
export function timeAt(x: number, { fromMs, toMs }: TimeRangeMs, width: number): number {
  return fromMs + (x / Math.max(1, width)) * (toMs - fromMs);
}

/** The range `factor` times as long, in which `anchorMs` stays where it is. */
export function zoomAround(range: TimeRangeMs, anchorMs: number, factor: number): TimeRangeMs {
  const lengthMs = range.toMs - range.fromMs;
  const nextMs = Math.min(MAX_RANGE_MS, Math.max(MIN_RANGE_MS, lengthMs * factor));
  const share = (anchorMs - range.fromMs) / lengthMs;
  const fromMs = anchorMs - share * nextMs;
  return rounded({ fromMs, toMs: fromMs + nextMs });
}

/** The range moved by a share of its length: 0.5 is half a screen into the future. */
export function panBy(range: TimeRangeMs, share: number): TimeRangeMs {
  const byMs = (range.toMs - range.fromMs) * share;
  return rounded({ fromMs: range.fromMs + byMs, toMs: range.toMs + byMs });
}

/** The range between two times in either order, never shorter than can be shown. */
export function rangeBetween(aMs: number, bMs: number): TimeRangeMs {
  const fromMs = Math.min(aMs, bMs);
  return rounded({ fromMs, toMs: Math.max(aMs, bMs, fromMs + MIN_RANGE_MS) });
}

function rounded({ fromMs, toMs }: TimeRangeMs): TimeRangeMs {
  return { fromMs: Math.round(fromMs), toMs: Math.round(toMs) };
}
