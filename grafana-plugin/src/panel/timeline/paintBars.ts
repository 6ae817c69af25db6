/** The bars of one lane. */
import type { RecoveryItem } from '../model/types';
import type { BarPattern } from '../status/statusLook';
import { touching, type LaneIndex } from './laneIndex';
import { ARROW, barRect, openEnd, type BarRect, type Look, type Plot } from './paint';
import { isLight, makePattern } from './patterns';
import { xOf } from './timeScale';

/** From this severity on (in progress, failed, escalated) a bar is not left unmarked, however little room there is. */
const MARKED = 6;

const GLYPH = 12;
const GLYPH_ROOM = 22;
const LABEL_GAP = 4;
const LIGHT_ALPHA = 0.25;

/** How strong each phase is drawn: one after another they can be told apart without a colour of their own. */
const PHASE_ALPHA = { detect: 0.4, decide: 0.65, execute: 1, verify: 0.65 } as const;

/** Bars, then their signs and labels where there is room; the worse a recovery is, the later it is drawn, so that nothing hides it. */
export function paintBars(
  context: CanvasRenderingContext2D,
  plot: Plot,
  look: Look,
  row: LaneIndex,
  lane: number
): void {
  const order = drawingOrder(plot, row, lane);
  for (const { item, rect } of order) {
    paintBar(context, plot, look, item, rect);
  }
  paintLabels(context, plot, look, order);
}

interface Placed {
  item: RecoveryItem;
  rect: BarRect;
  severity: number;
}

/** Visible bars, calm ones first; of bars in the same place with the same status one is enough. */
function drawingOrder(plot: Plot, row: LaneIndex, lane: number): Placed[] {
  const [first, end] = touching(row, plot.range);
  const placed: Placed[] = [];
  const lastX = new Map<number, number>();
  for (let i = first; i < end; i++) {
    const item = row.items[i];
    if (!item || (row.ends[i] ?? 0) < plot.range.fromMs) {
      continue;
    }
    const rect = barRect(plot, row, lane, i);
    const severity = row.severities[i] ?? 0;
    const right = Math.round(rect.x + rect.width);
    if (Math.round(rect.x + rect.width) <= (lastX.get(severity) ?? -Infinity)) {
      continue;
    }
    lastX.set(severity, right);
    placed.push({ item, rect, severity });
  }
  return placed.sort((a, b) => a.severity - b.severity);
}

function paintBar(context: CanvasRenderingContext2D, plot: Plot, look: Look, item: RecoveryItem, rect: BarRect): void {
  const x = Math.max(-10, rect.x);
  const width = Math.min(plot.width + 10, rect.x + rect.width) - x;
  const { pattern } = look.statuses[item.status];
  const light = isLight(pattern);
  const color = look.colorOf(item);
  context.fillStyle = color;
  const wide = width >= 12;
  if (look.showPhases && wide && item.phases.length > 0) {
    paintPhases(context, plot, look, item, { ...rect, x, width }, light);
  } else {
    context.globalAlpha = light && wide ? LIGHT_ALPHA : look.barOpacity;
    context.fillRect(x, rect.y, width, rect.height);
  }
  context.globalAlpha = 1;
  if (wide) {
    paintPattern(context, look, pattern, color, { ...rect, x, width });
  }
  if (item.endMs === null) {
    paintOpenEnd(context, look, color, openEnd(plot, rect), rect);
  }
}

function paintPhases(
  context: CanvasRenderingContext2D,
  plot: Plot,
  look: Look,
  item: RecoveryItem,
  rect: BarRect,
  light: boolean
): void {
  const strength = light ? LIGHT_ALPHA * 2 : look.barOpacity;
  const right = rect.x + rect.width;
  let x = rect.x;
  for (const phase of item.phases) {
    const next = Math.min(right, Math.max(x, xOf(phase.endMs, plot.range, plot.width)));
    context.globalAlpha = strength * PHASE_ALPHA[phase.name];
    context.fillRect(x, rect.y, next - x, rect.height);
    x = next;
  }
  if (right > x) {
    context.globalAlpha = strength * 0.5;
    context.fillRect(x, rect.y, right - x, rect.height);
  }
}

function paintPattern(
  context: CanvasRenderingContext2D,
  look: Look,
  pattern: BarPattern,
  color: string,
  rect: BarRect
): void {
  const light = isLight(pattern);
  const ink = light ? color : look.theme.colors.background.primary;
  if (!look.patterns.has(pattern)) {
    look.patterns.set(pattern, makePattern(context, pattern, ink));
  }
  const tile = look.patterns.get(pattern);
  if (tile) {
    context.globalAlpha = light ? 1 : 0.55;
    context.fillStyle = tile;
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
    context.globalAlpha = 1;
  }
  if (light) {
    context.strokeStyle = color;
    context.lineWidth = 1;
    context.strokeRect(rect.x + 0.5, rect.y + 0.5, Math.max(1, rect.width - 1), rect.height - 1);
  }
}

/** An arrow head: it goes on. */
function paintOpenEnd(
  context: CanvasRenderingContext2D,
  look: Look,
  color: string,
  right: number,
  { y, height }: BarRect
): void {
  const length = Math.min(ARROW, height / 2);
  context.fillStyle = color;
  context.globalAlpha = look.barOpacity;
  context.beginPath();
  context.moveTo(right, y);
  context.lineTo(right + length, y + height / 2);
  context.lineTo(right, y + height);
  context.fill();
  context.globalAlpha = 1;
}

/**
 * Signs within wide bars, else behind them, and in words what it was, where the next bar leaves room; the last of a lane, at the edge, has
 * them before it. What is alarming or goes on has its sign even where there is no room.
 */
function paintLabels(context: CanvasRenderingContext2D, plot: Plot, look: Look, order: Placed[]): void {
  if (plot.laneHeight < 14) {
    return;
  }
  const byPlace = [...order].sort((a, b) => a.rect.x - b.rect.x);
  let takenTo = 0;
  byPlace.forEach(({ item, rect, severity }, i) => {
    const right = Math.max(
      0,
      item.endMs === null ? openEnd(plot, rect) + ARROW : Math.min(plot.width, rect.x + rect.width)
    );
    const middle = rect.y + rect.height / 2;
    const inside = right - rect.x >= GLYPH_ROOM;
    if (inside) {
      paintBadge(context, look, item, Math.max(2, rect.x + 3), middle);
    }
    const label = labelOf(context, look, item);
    const wanted = { sign: inside ? 0 : GLYPH + LABEL_GAP, text: label.width };
    const behind = { from: right + LABEL_GAP, to: (byPlace[i + 1]?.rect.x ?? plot.width) - LABEL_GAP };
    const left = item.endMs === null ? Math.min(rect.x, openEnd(plot, rect)) : rect.x;
    const before = { from: takenTo + LABEL_GAP, to: left - LABEL_GAP };
    const last = i === byPlace.length - 1;
    const place = chooseRoom(wanted, behind, last ? before : null, severity >= MARKED);
    takenTo = Math.max(takenTo, right);
    if (place) {
      if (!inside) {
        paintBadge(context, look, item, place.x, middle);
      }
      if (place.withText) {
        paintText(context, look, label.text, place.x + wanted.sign, middle);
      }
      takenTo = Math.max(takenTo, place.x + wanted.sign + (place.withText ? label.width : 0));
    }
  });
}

interface Room {
  from: number;
  to: number;
}

/** Where sign and text go, the text left out where neither side has room for it; null: nothing is written. Exported for tests. */
export function chooseRoom(
  wanted: { sign: number; text: number },
  behind: Room,
  before: Room | null,
  always: boolean
): { x: number; withText: boolean } | null {
  const whole = wanted.sign + wanted.text;
  if (wanted.text > 0 && behind.to - behind.from >= whole) {
    return { x: behind.from, withText: true };
  }
  if (before && wanted.text > 0 && before.to - before.from >= whole) {
    return { x: before.to - whole, withText: true };
  }
  if (wanted.sign === 0) {
    return null;
  }
  if (behind.to - behind.from >= wanted.sign) {
    return { x: behind.from, withText: false };
  }
  if (before && (always || before.to - before.from >= wanted.sign)) {
    return { x: before.to - wanted.sign, withText: false };
  }
  return always ? { x: behind.from, withText: false } : null;
}

function labelOf(context: CanvasRenderingContext2D, look: Look, item: RecoveryItem): { text: string; width: number } {
  const text = look.labelOf(item);
  let width = look.textWidths.get(text);
  if (width === undefined) {
    context.font = look.font;
    width = text === '' ? 0 : context.measureText(text).width;
    look.textWidths.set(text, width);
  }
  return { text, width };
}

function paintText(context: CanvasRenderingContext2D, look: Look, text: string, x: number, middle: number): void {
  context.font = look.font;
  context.fillStyle = look.theme.colors.text.secondary;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.fillText(text, x, middle + 0.5);
}

function paintBadge(
  context: CanvasRenderingContext2D,
  look: Look,
  item: RecoveryItem,
  x: number,
  middle: number
): void {
  context.fillStyle = look.theme.colors.background.primary;
  context.beginPath();
  context.arc(x + GLYPH / 2, middle, GLYPH / 2 + 1, 0, 2 * Math.PI);
  context.fill();
  paintGlyph(context, look, item, x, middle);
}

function paintGlyph(
  context: CanvasRenderingContext2D,
  look: Look,
  item: RecoveryItem,
  x: number,
  middle: number
): void {
  const { glyph } = look.statuses[item.status];
  let path = look.glyphs.get(glyph);
  if (!path) {
    path = new Path2D(glyph);
    look.glyphs.set(glyph, path);
  }
  context.save();
  context.translate(x, middle - GLYPH / 2);
  context.strokeStyle = look.colorOf(item);
  context.lineWidth = 2;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.stroke(path);
  context.restore();
}
