import type { GrafanaTheme2 } from '@grafana/data';
import { GAP_STEPS } from '../model/step';
import type { ProbabilitySeries } from '../model/types';
import { laneTop, type Look, type Plot } from './paint';
import { xOf } from './timeScale';

/** The value known last at a time; null: none, or a gap. */
export function probabilityAt(series: ProbabilitySeries, atMs: number): number | null {
  const i = lastBefore(series.timesMs, atMs);
  const value = series.values[i];
  return value === undefined || Number.isNaN(value) || atMs >= heldUntil(series, i) ? null : value;
}

/** A value holds until the next; before a gap, and at the end, for a step. */
function heldUntil({ timesMs, stepMs }: ProbabilitySeries, i: number): number {
  const [timeMs = NaN, nextMs = Infinity] = [timesMs[i], timesMs[i + 1]];
  return nextMs - timeMs <= GAP_STEPS * stepMs ? nextMs : timeMs + stepMs;
}

/** Index of the last time that is not after `atMs`; -1: all are. */
function lastBefore(timesMs: number[], atMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timesMs[middle] ?? Infinity) <= atMs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

/** The highest value of each column of pixels in the range, NaN where there is none: peaks stay, however long the range. */
export function columnPeaks(series: ProbabilitySeries, plot: Pick<Plot, 'range' | 'width'>): Float64Array {
  const { timesMs, values } = series;
  const columns = new Float64Array(Math.max(1, Math.ceil(plot.width))).fill(NaN);
  const first = Math.max(0, lastBefore(timesMs, plot.range.fromMs));
  for (let i = first; i < timesMs.length; i++) {
    const timeMs = timesMs[i] ?? Infinity;
    if (timeMs > plot.range.toMs) {
      break;
    }
    const value = values[i] ?? NaN;
    const from = Math.max(0, Math.floor(xOf(timeMs, plot.range, plot.width)));
    const to = Math.min(
      columns.length,
      Math.max(from + 1, Math.floor(xOf(heldUntil(series, i), plot.range, plot.width)))
    );
    for (let x = from; x < to; x++) {
      const before = columns[x] ?? NaN;
      columns[x] = Number.isNaN(before) || value > before ? value : before;
    }
  }
  return columns;
}

/** Of no status. */
export function probabilityColor(theme: GrafanaTheme2): string {
  return theme.visualization.getColorByName('yellow');
}

/** An area behind the lane: its top is 1, its bottom 0. */
export function paintProbability(
  context: CanvasRenderingContext2D,
  plot: Plot,
  look: Look,
  series: ProbabilitySeries,
  lane: number
): void {
  const bottom = laneTop(plot, lane) + plot.laneHeight - 1;
  const height = plot.laneHeight - 2;
  const peaks = columnPeaks(series, plot);
  context.fillStyle = probabilityColor(look.theme);
  context.globalAlpha = look.theme.isDark ? 0.16 : 0.28;
  context.beginPath();
  peaks.forEach((value, x) => {
    if (value > 0) {
      context.rect(x, bottom - value * height, 1, value * height);
    }
  });
  context.fill();
  context.globalAlpha = look.theme.isDark ? 0.5 : 0.8;
  context.beginPath();
  peaks.forEach((value, x) => {
    if (value > 0) {
      context.rect(x, bottom - value * height, 1, 1);
    }
  });
  context.fill();
  context.globalAlpha = 1;
}
