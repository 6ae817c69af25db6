/** What follows the pointer and the keyboard, on a canvas of its own: moving over the bars redraws no bar. */
import { dateTimeFormat } from '@grafana/data';
import type { LaneIndex } from './laneIndex';
import { barRect, laneTop, openEnd, startPainting, type Look, type Plot } from './paint';
import { probabilityAt } from './paintProbability';
import { xOf } from './timeScale';

export interface Spot {
  lane: number;
  item: number;
}

export interface OverlayState {
  /** Time under the pointer, here or in another panel; null: none. */
  crosshairMs: number | null;
  /** Lane under the pointer; -1: none. */
  hoverLane: number;
  hover: Spot | null;
  /** Where the keyboard is. */
  cursor: Spot | null;
  selected: Spot | null;
  /** A range being dragged, in pixels. */
  drag: { fromX: number; toX: number } | null;
  /** 0 to 1: where the pulse of recoveries in progress is; null: no movement is wanted. */
  pulse: number | null;
}

export function paintOverlay(
  canvas: HTMLCanvasElement,
  plot: Plot,
  look: Look,
  rows: LaneIndex[],
  open: Spot[],
  state: OverlayState,
  timeZone: string
): void {
  const context = startPainting(canvas, plot.width, plot.height);
  if (!context) {
    return;
  }
  const { colors } = look.theme;
  if (state.hoverLane >= 0) {
    context.fillStyle = colors.action.hover;
    context.fillRect(0, laneTop(plot, state.hoverLane), plot.width, plot.laneHeight);
  }
  if (state.drag) {
    context.fillStyle = colors.action.selected;
    context.fillRect(
      Math.min(state.drag.fromX, state.drag.toX),
      0,
      Math.abs(state.drag.toX - state.drag.fromX),
      plot.height
    );
  }
  if (state.pulse !== null) {
    paintPulse(context, plot, look, rows, open, state.pulse);
  }
  outline(context, plot, look, rows, state.hover, colors.text.secondary, 1);
  outline(context, plot, look, rows, state.selected, colors.text.primary, 2);
  outline(context, plot, look, rows, state.cursor, colors.primary.border, 2, 2);
  if (state.crosshairMs !== null) {
    paintCrosshair(context, plot, look, state.crosshairMs, timeZone);
    paintProbabilityScale(context, plot, look, rows[state.hoverLane], state.hoverLane, state.crosshairMs);
  }
}

function outline(
  context: CanvasRenderingContext2D,
  plot: Plot,
  look: Look,
  rows: LaneIndex[],
  spot: Spot | null,
  color: string,
  width: number,
  distance = 0
): void {
  const row = spot ? rows[spot.lane] : undefined;
  if (!spot || !row?.items[spot.item]) {
    return;
  }
  const rect = barRect(plot, row, spot.lane, spot.item);
  const left = Math.max(-3, rect.x) - distance;
  const right = Math.min(plot.width + 3, rect.x + rect.width) + distance;
  context.strokeStyle = color;
  context.lineWidth = width;
  context.strokeRect(left - 1, rect.y - 1 - distance / 2, Math.max(2, right - left + 2), rect.height + 2 + distance);
}

/** The end of a recovery in progress widens and fades. */
function paintPulse(
  context: CanvasRenderingContext2D,
  plot: Plot,
  look: Look,
  rows: LaneIndex[],
  open: Spot[],
  pulse: number
): void {
  for (const { lane, item } of open) {
    const row = rows[lane];
    const found = row?.items[item];
    if (!row || !found) {
      continue;
    }
    const rect = barRect(plot, row, lane, item);
    const right = openEnd(plot, rect);
    if (rect.y > plot.height || rect.y + rect.height < 0 || right < 0) {
      continue;
    }
    context.globalAlpha = 0.6 * (1 - pulse);
    context.strokeStyle = look.colorOf(found);
    context.lineWidth = 2;
    context.beginPath();
    context.arc(right, rect.y + rect.height / 2, 3 + pulse * (rect.height / 2), 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 1;
  }
}

function paintCrosshair(
  context: CanvasRenderingContext2D,
  plot: Plot,
  look: Look,
  atMs: number,
  timeZone: string
): void {
  const x = Math.round(xOf(atMs, plot.range, plot.width)) + 0.5;
  if (x < 0 || x > plot.width) {
    return;
  }
  const { colors } = look.theme;
  context.strokeStyle = colors.text.disabled;
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, plot.height);
  context.stroke();
  context.setLineDash([]);
  const label = dateTimeFormat(atMs, { timeZone });
  context.font = look.font;
  const width = context.measureText(label).width + 8;
  const left = Math.min(Math.max(0, x - width / 2), plot.width - width);
  if (plot.height > 60) {
    tag(context, look, label, left, plot.height - 18, width);
  }
}

function tag(context: CanvasRenderingContext2D, look: Look, text: string, x: number, y: number, width: number): void {
  const { colors } = look.theme;
  context.fillStyle = colors.background.secondary;
  context.fillRect(x, y, width, 18);
  context.fillStyle = colors.text.primary;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillText(text, x + 4, y + 9.5);
}

/** Of the lane under the pointer: what its top and bottom mean, and the value at this time. */
function paintProbabilityScale(
  context: CanvasRenderingContext2D,
  plot: Plot,
  look: Look,
  row: LaneIndex | undefined,
  lane: number,
  atMs: number
): void {
  const series = row?.lane.probability;
  const value = look.showProbability && series ? probabilityAt(series, atMs) : null;
  if (value === null) {
    return;
  }
  const top = laneTop(plot, lane);
  const x = xOf(atMs, plot.range, plot.width);
  const y = top + 1 + (1 - value) * (plot.laneHeight - 2);
  context.fillStyle = look.theme.colors.text.primary;
  context.beginPath();
  context.arc(x, y, 3, 0, 2 * Math.PI);
  context.fill();
  if (plot.laneHeight >= 20) {
    const text = look.probabilityText(value);
    context.font = look.font;
    const width = context.measureText(text).width + 8;
    tag(
      context,
      look,
      text,
      x + 6 + width > plot.width ? x - 6 - width : x + 6,
      top + (plot.laneHeight - 18) / 2,
      width
    );
    context.fillStyle = look.theme.colors.text.secondary;
    context.font = `9px ${look.theme.typography.fontFamily}`;
    context.fillText(look.probabilityScale[1], 2, top + 6);
    context.fillText(look.probabilityScale[0], 2, top + plot.laneHeight - 6);
  }
}
