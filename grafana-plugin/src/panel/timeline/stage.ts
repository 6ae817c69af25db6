/**
 * The chart between two renderings of React: what is shown of it, where pointer and keyboard are, and when it is painted. Moving the
 * pointer, scrolling and panning change this and repaint at most once per frame; React renders only when another recovery is pointed at.
 */
import type { RecoveryItem } from '../model/types';
import type { TimelineProps } from '../types';
import { itemAt, touching, type LaneIndex } from './laneIndex';
import { barRect, laneTop, MIN_BAR_WIDTH, visibleLanes, type Look, type Plot } from './paint';
import { AXIS_HEIGHT, paintAxis, paintChart, ticksOf } from './paintChart';
import { paintOverlay, type OverlayState, type Spot } from './paintOverlay';
import { timeAt, type TimeRangeMs } from './timeScale';

export interface StageElements {
  axis: HTMLCanvasElement;
  chart: HTMLCanvasElement;
  overlay: HTMLCanvasElement;
  scroller: HTMLElement;
  /** Absent: there is no room for them. */
  labels: HTMLElement | undefined;
}

/** What React gives, at each of its renderings. */
export interface StageInputs {
  props: TimelineProps;
  rows: LaneIndex[];
  look: Look;
  plotWidth: number;
  plotHeight: number;
  laneHeight: number;
  /** Another recovery is pointed at, and where it is on the page. */
  onPoint(item: RecoveryItem | null, anchor: Anchor | null): void;
  /** Other lanes have come into view. */
  onLanes(first: number, end: number): void;
}

/** A place on the page. */
export interface Anchor {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Stage extends StageInputs {
  elements: StageElements;
  range: TimeRangeMs;
  overlay: OverlayState;
  /** Recoveries in progress that are in view. */
  open: Spot[];
  pending: { chart: boolean; frame: number | null };
  lanes: [first: number, end: number];
}

const TOLERANCE_PX = 3;
const ARROW_PX = 8;
const NO_OVERLAY: OverlayState = {
  crosshairMs: null,
  hoverLane: -1,
  hover: null,
  cursor: null,
  selected: null,
  drag: null,
  pulse: null,
};

/** A stage, not painted yet. */
export function createStage(elements: StageElements, inputs: StageInputs): Stage {
  const { fromMs, toMs } = inputs.props;
  const pending = { chart: false, frame: null };
  return {
    ...inputs,
    elements,
    range: { fromMs, toMs },
    overlay: { ...NO_OVERLAY },
    open: [],
    pending,
    lanes: [-1, -1],
  };
}

/** Takes what React gives and paints at once. A range from outside goes before one that was panned to here. */
export function updateStage(stage: Stage, inputs: StageInputs): void {
  const before = stage.props;
  const repaint = stage.lanes[0] < 0 || changesChart(stage, inputs);
  const moved = before.fromMs !== inputs.props.fromMs || before.toMs !== inputs.props.toMs;
  const sameRows = stage.rows === inputs.rows;
  const hoveredId = itemOf(stage, stage.overlay.hover)?.id ?? null;
  const cursorId = itemOf(stage, stage.overlay.cursor)?.id ?? null;
  Object.assign(stage, inputs);
  if (moved && !stage.overlay.drag) {
    stage.range = { fromMs: inputs.props.fromMs, toMs: inputs.props.toMs };
  }
  if (!sameRows) {
    stage.overlay.hover = findItem(inputs.rows, hoveredId);
    stage.overlay.hoverLane = stage.overlay.hover?.lane ?? -1;
    stage.overlay.cursor = findItem(inputs.rows, cursorId);
  }
  if (!sameRows || before.selectedId !== inputs.props.selectedId) {
    stage.overlay.selected = findItem(inputs.rows, inputs.props.selectedId);
    if (stage.overlay.selected && before.selectedId !== inputs.props.selectedId) {
      revealLane(stage, stage.overlay.selected.lane);
    }
  }
  paint(stage, repaint || stage.pending.chart);
}

/** Whether bars, axis or grid look different now; pointing at another recovery changes none of them. */
function changesChart(stage: Stage, inputs: StageInputs): boolean {
  const props = (['fromMs', 'toMs', 'nowMs', 'timeZone', 'selectedId'] as const).some(
    (name) => stage.props[name] !== inputs.props[name]
  );
  return (
    props ||
    (['rows', 'look', 'plotWidth', 'plotHeight', 'laneHeight'] as const).some((name) => stage[name] !== inputs[name])
  );
}

function findItem(rows: LaneIndex[], id: string | null): Spot | null {
  if (id === null) {
    return null;
  }
  for (const [lane, row] of rows.entries()) {
    const item = row.items.findIndex((other) => other.id === id);
    if (item >= 0) {
      return { lane, item };
    }
  }
  return null;
}

/** The plot as it is to be painted now. */
export function plotOf(stage: Stage): Plot {
  const { plotWidth, plotHeight, laneHeight, range, elements, props } = stage;
  return {
    width: plotWidth,
    height: plotHeight,
    laneHeight,
    scrollTop: elements.scroller.scrollTop,
    range,
    nowMs: props.nowMs,
  };
}

/** Paints in the next frame, once however often asked; `chart`: bars too, not only what follows the pointer. */
export function requestPaint(stage: Stage, chart: boolean): void {
  stage.pending.chart ||= chart;
  stage.pending.frame ??= requestAnimationFrame(() => {
    stage.pending.frame = null;
    paint(stage, stage.pending.chart);
  });
}

/** Paints anew with fonts that came late: what was measured with another is forgotten. */
export function refreshFonts(stage: Stage): void {
  stage.look.textWidths.clear();
  requestPaint(stage, true);
}

/** Forgets a frame that was asked for. */
export function disposeStage(stage: Stage): void {
  if (stage.pending.frame !== null) {
    cancelAnimationFrame(stage.pending.frame);
  }
}

function paint(stage: Stage, chart: boolean): void {
  const { elements, look, rows, overlay, props } = stage;
  const plot = plotOf(stage);
  if (chart) {
    stage.pending.chart = false;
    const ticks = ticksOf(plot, props.timeZone);
    paintAxis(elements.axis, plot, look, ticks);
    paintChart(elements.chart, plot, look, rows, ticks);
    tellLanes(stage, plot);
    stage.open = openSpots(stage, plot);
  }
  paintOverlay(elements.overlay, plot, look, rows, stage.open, overlay, props.timeZone);
}

function tellLanes(stage: Stage, plot: Plot): void {
  const [first, end] = visibleLanes(plot, stage.rows.length);
  if (stage.elements.labels) {
    stage.elements.labels.style.transform = `translateY(${-plot.scrollTop}px)`;
  }
  if (first !== stage.lanes[0] || end !== stage.lanes[1]) {
    stage.lanes = [first, end];
    stage.onLanes(first, end);
  }
}

/** Recoveries in progress begin before now and are few, so that the last of each lane tell. */
function openSpots({ rows, range }: Stage, plot: Plot): Spot[] {
  const [first, end] = visibleLanes(plot, rows.length);
  const spots: Spot[] = [];
  for (let lane = first; lane < end; lane++) {
    const row = rows[lane];
    if (!row || row.latestEnds[row.items.length - 1] !== Infinity) {
      continue;
    }
    const [from, to] = touching(row, range);
    for (let item = from; item < to; item++) {
      if (row.ends[item] === Infinity) {
        spots.push({ lane, item });
      }
    }
  }
  return spots;
}

/** What lies at a place of the plot. */
export function spotAt(stage: Stage, x: number, y: number): { lane: number; spot: Spot | null } {
  const plot = plotOf(stage);
  const lane = Math.floor((y + plot.scrollTop) / plot.laneHeight);
  const row = rows(stage, lane);
  if (!row || y < 0 || y > plot.height) {
    return { lane: -1, spot: null };
  }
  const msPerPixel = (plot.range.toMs - plot.range.fromMs) / Math.max(1, plot.width);
  const atMs = timeAt(x, plot.range, plot.width);
  const item = itemAt(row, atMs, MIN_BAR_WIDTH * msPerPixel, TOLERANCE_PX * msPerPixel);
  const beyondNow = row.items[item]?.endMs === null && atMs > plot.nowMs + (MIN_BAR_WIDTH + ARROW_PX) * msPerPixel;
  return { lane, spot: item < 0 || beyondNow ? null : { lane, item } };
}

function rows(stage: Stage, lane: number): LaneIndex | undefined {
  return stage.rows[lane];
}

/** The recovery at a spot. */
export function itemOf(stage: Stage, spot: Spot | null): RecoveryItem | null {
  return (spot && stage.rows[spot.lane]?.items[spot.item]) ?? null;
}

/** Where a bar is on the page. */
export function anchorOf(stage: Stage, spot: Spot): Anchor | null {
  const row = stage.rows[spot.lane];
  if (!row) {
    return null;
  }
  const plot = plotOf(stage);
  const bar = barRect(plot, row, spot.lane, spot.item);
  const page = stage.elements.overlay.getBoundingClientRect();
  const left = page.left + Math.min(plot.width, Math.max(0, bar.x));
  const right = page.left + Math.min(plot.width, Math.max(0, bar.x + bar.width));
  return { left, right, top: page.top + bar.y, bottom: page.top + bar.y + bar.height };
}

/** Scrolls so far that a lane can be seen. */
export function revealLane(stage: Stage, lane: number): void {
  const { scroller } = stage.elements;
  const plot = plotOf(stage);
  const top = laneTop(plot, lane);
  if (top < 0) {
    scroller.scrollTop += top;
  } else if (top + plot.laneHeight > plot.height) {
    scroller.scrollTop += top + plot.laneHeight - plot.height;
  }
}

export { AXIS_HEIGHT };
