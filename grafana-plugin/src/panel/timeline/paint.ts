/** What the painters share: the place of things, the look of things. */
import type { GrafanaTheme2 } from '@grafana/data';
import type { RecoveryItem, Status } from '../model/types';
import type { BarPattern, StatusLook } from '../status/statusLook';
import type { LaneIndex } from './laneIndex';
import { xOf, type TimeRangeMs } from './timeScale';

/** The part of the chart that can be seen, in CSS pixels. */
export interface Plot {
  width: number;
  height: number;
  laneHeight: number;
  scrollTop: number;
  range: TimeRangeMs;
  nowMs: number;
}

export interface Look {
  theme: GrafanaTheme2;
  statuses: Record<Status, StatusLook>;
  colorOf(item: RecoveryItem): string;
  labelOf(item: RecoveryItem): string;
  /** E.g. `failure forecast 12 %`. */
  probabilityText(value: number): string;
  /** What bottom and top of a lane stand for: `0 %`, `100 %`. */
  probabilityScale: [string, string];
  /** 0 to 1 */
  barOpacity: number;
  /** Of all texts, as a canvas takes it. */
  font: string;
  showPhases: boolean;
  showProbability: boolean;
  patterns: Map<BarPattern, CanvasPattern | null>;
  glyphs: Map<string, Path2D>;
  textWidths: Map<string, number>;
}

export interface BarRect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A recovery of seconds in a range of weeks is this wide. */
export const MIN_BAR_WIDTH = 4;

const MIN_BAR_HEIGHT = 4;

/** Lanes that can be seen, [first, end). */
export function visibleLanes({ height, laneHeight, scrollTop }: Plot, count: number): [number, number] {
  const first = Math.max(0, Math.floor(scrollTop / laneHeight));
  return [Math.min(first, count), Math.min(count, Math.ceil((scrollTop + height) / laneHeight))];
}

/** Top of a lane in the visible part. */
export function laneTop({ laneHeight, scrollTop }: Plot, lane: number): number {
  return lane * laneHeight - scrollTop;
}

/** Where the bar of an item is drawn; not cut at the edges of the plot. */
export function barRect(plot: Plot, row: LaneIndex, lane: number, item: number): BarRect {
  const padding = Math.max(1, Math.round(plot.laneHeight * 0.16));
  const end = Math.min(row.ends[item] ?? 0, Math.max(plot.nowMs, row.starts[item] ?? 0));
  const x = xOf(row.starts[item] ?? 0, plot.range, plot.width);
  const width = Math.max(MIN_BAR_WIDTH, xOf(end, plot.range, plot.width) - x);
  return {
    x,
    y: laneTop(plot, lane) + padding,
    width,
    height: Math.max(MIN_BAR_HEIGHT, plot.laneHeight - 2 * padding),
  };
}

/** Length of the arrow head of a recovery in progress. */
export const ARROW = 7;

/** Where the arrow head begins: at the end of the bar, or, where that is beyond the plot, just within it. */
export function openEnd(plot: Plot, { x, width }: BarRect): number {
  return Math.min(x + width, plot.width - ARROW);
}

/** Sets a canvas to a size in CSS pixels, sharp on this screen; true: it was changed and is empty now. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): boolean {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width === w && canvas.height === h) {
    return false;
  }
  canvas.width = w;
  canvas.height = h;
  return true;
}

/** The canvas's context in CSS pixels, wiped; null: this browser has none. */
export function startPainting(
  canvas: HTMLCanvasElement,
  width: number,
  height: number
): CanvasRenderingContext2D | null {
  fitCanvas(canvas, width, height);
  const context = canvas.getContext('2d');
  if (!context) {
    return null;
  }
  const ratio = window.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
