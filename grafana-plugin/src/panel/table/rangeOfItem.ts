import type { RecoveryItem } from '../model/types';

const LEAST_MARGIN_MS = 30_000;
const MOST_MARGIN_MS = 15 * 60_000;

/** The time range that shows an incident with what came before and after it. */
export function rangeOfItem(
  { startMs, endMs }: Pick<RecoveryItem, 'startMs' | 'endMs'>,
  nowMs: number
): { fromMs: number; toMs: number } {
  const otherMs = endMs ?? nowMs;
  const fromMs = Math.min(startMs, otherMs);
  const toMs = Math.max(startMs, otherMs);
  const marginMs = Math.min(MOST_MARGIN_MS, Math.max(LEAST_MARGIN_MS, (toMs - fromMs) / 2));
  return { fromMs: Math.floor(fromMs - marginMs), toMs: Math.ceil(toMs + marginMs) };
}
