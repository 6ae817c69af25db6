/** Everything that does not follow the pointer: grid, lanes, probabilities, bars; and the axis above. */
import type { LaneIndex } from './laneIndex';
import { laneTop, startPainting, visibleLanes, type Look, type Plot } from './paint';
import { paintBars } from './paintBars';
import { paintProbability } from './paintProbability';
import { xOf } from './timeScale';
import { timeTicks, type Tick } from './timeTicks';

export const AXIS_HEIGHT = 22;

const TICK_ROOM = 90;

/** The marks of a plot of this width. */
export function ticksOf(plot: Plot, timeZone: string): Tick[] {
  return timeTicks(plot.range, timeZone, Math.max(1, Math.floor(plot.width / TICK_ROOM)));
}

/** The lanes that can be seen, with all that is in them. */
export function paintChart(canvas: HTMLCanvasElement, plot: Plot, look: Look, rows: LaneIndex[], ticks: Tick[]): void {
  const context = startPainting(canvas, plot.width, plot.height);
  if (!context) {
    return;
  }
  const [first, end] = visibleLanes(plot, rows.length);
  paintGrid(context, plot, look, ticks, Math.min(plot.height, laneTop(plot, rows.length)));
  for (let lane = first; lane < end; lane++) {
    const row = rows[lane];
    if (!row) {
      continue;
    }
    paintSeparator(context, plot, look, lane, rows[lane - 1]?.lane.host !== row.lane.host);
    if (look.showProbability && row.lane.probability) {
      paintProbability(context, plot, look, row.lane.probability, lane);
    }
    paintBars(context, plot, look, row, lane);
  }
  paintNow(context, plot, look);
}

function paintGrid(context: CanvasRenderingContext2D, plot: Plot, look: Look, ticks: Tick[], height: number): void {
  context.fillStyle = look.theme.colors.border.weak;
  for (const { atMs } of ticks) {
    context.fillRect(Math.round(xOf(atMs, plot.range, plot.width)), 0, 1, height);
  }
}

/** A line above each lane, a stronger one where another host begins. */
function paintSeparator(
  context: CanvasRenderingContext2D,
  plot: Plot,
  look: Look,
  lane: number,
  newHost: boolean
): void {
  const { border } = look.theme.colors;
  context.fillStyle = newHost ? border.strong : border.weak;
  context.fillRect(0, Math.round(laneTop(plot, lane)), plot.width, 1);
}

/** Where the past ends, when the range goes on. */
function paintNow(context: CanvasRenderingContext2D, plot: Plot, look: Look): void {
  const x = xOf(plot.nowMs, plot.range, plot.width);
  if (x > 0 && x < plot.width - 2) {
    context.strokeStyle = look.theme.colors.text.disabled;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, 0);
    context.lineTo(Math.round(x) + 0.5, plot.height);
    context.stroke();
    context.setLineDash([]);
  }
}

/** The time axis. Labels that would be cut at an edge are moved into the axis; one that would touch the label before is left out. */
export function paintAxis(canvas: HTMLCanvasElement, plot: Plot, look: Look, ticks: Tick[]): void {
  const context = startPainting(canvas, plot.width, AXIS_HEIGHT);
  if (!context) {
    return;
  }
  const { colors } = look.theme;
  context.font = look.font;
  context.fillStyle = colors.text.secondary;
  context.textBaseline = 'middle';
  let rightmost = -Infinity;
  for (const { atMs, label } of ticks) {
    const x = xOf(atMs, plot.range, plot.width);
    const width = context.measureText(label).width;
    const left = Math.min(plot.width - width, Math.max(0, x - width / 2));
    context.fillRect(Math.round(x), AXIS_HEIGHT - 4, 1, 4);
    if (left > rightmost + 8) {
      context.fillText(label, left, AXIS_HEIGHT / 2 - 1);
      rightmost = left + width;
    }
  }
}
