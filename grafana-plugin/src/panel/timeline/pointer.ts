/** Mouse, pen, finger and wheel over the chart. */
import { rangeOfItem } from '../table/rangeOfItem';
import { anchorOf, itemOf, requestPaint, spotAt, type Anchor, type Stage } from './stage';
import { panBy, rangeBetween, timeAt, zoomAround, type TimeRangeMs } from './timeScale';

/** Less is a click, not a drag. */
const DRAG_PX = 4;
const ZOOM_PER_NOTCH = 1.25;
/** The dashboard is told where the wheel led when it rests. */
const WHEEL_REST_MS = 250;

interface Drag {
  pointerId: number;
  pan: boolean;
  startX: number;
  startRange: TimeRangeMs;
  moved: boolean;
}

/** What a pointer leads to beside repainting. */
export interface PointerEvents {
  /** Time under the pointer, for other panels; null: it left. */
  onTime(atMs: number | null): void;
}

/** Listens until the returned function is called. */
export function listenToPointer(stage: Stage, target: HTMLElement, { onTime }: PointerEvents): () => void {
  let drag: Drag | null = null;
  const place = (event: MouseEvent) => {
    const page = stage.elements.overlay.getBoundingClientRect();
    return { x: event.clientX - page.left, y: event.clientY - page.top };
  };
  const onDown = (event: PointerEvent) => {
    if (event.button === 0 && event.pointerType !== 'touch') {
      drag = {
        pointerId: event.pointerId,
        pan: event.shiftKey,
        startX: place(event).x,
        startRange: stage.range,
        moved: false,
      };
    }
  };
  const onMove = (event: PointerEvent) => {
    const { x, y } = place(event);
    if (drag && (drag.moved || Math.abs(x - drag.startX) > DRAG_PX)) {
      if (!drag.moved) {
        target.setPointerCapture?.(drag.pointerId);
      }
      drag.moved = true;
      point(stage, null, -1, null);
      dragTo(stage, drag, x);
      return;
    }
    hover(stage, x, y, event);
    onTime(stage.overlay.crosshairMs);
  };
  const onUp = (event: PointerEvent) => {
    const { x } = place(event);
    if (drag?.moved) {
      finish(stage, drag, x);
    }
    drag = null;
  };
  const onLeave = () => {
    if (!drag?.moved) {
      stage.overlay.crosshairMs = null;
      point(stage, null, -1, null);
      onTime(null);
    }
  };
  const onCancel = () => {
    drag = null;
    stage.overlay.drag = null;
    requestPaint(stage, true);
  };
  const stops = [
    listen(target, 'pointerdown', onDown),
    listen(target, 'pointermove', onMove),
    listen(target, 'pointerup', onUp),
  ];
  stops.push(listen(target, 'pointerleave', onLeave), listen(target, 'pointercancel', onCancel));
  stops.push(listenToWheel(stage, target, place), listenToClicks(stage, target, place));
  return () => stops.forEach((stop) => stop());
}

type Place = (event: MouseEvent) => { x: number; y: number };

function listen<K extends keyof HTMLElementEventMap>(
  target: HTMLElement,
  type: K,
  listener: (event: HTMLElementEventMap[K]) => void,
  options?: AddEventListenerOptions
): () => void {
  target.addEventListener(type, listener, options);
  return () => target.removeEventListener(type, listener, options);
}

function hover(stage: Stage, x: number, y: number, event: MouseEvent): void {
  const { lane, spot } = spotAt(stage, x, y);
  stage.overlay.crosshairMs = timeAt(x, stage.range, stage.plotWidth);
  const bar = spot && anchorOf(stage, spot);
  point(stage, spot, lane, bar && { ...bar, left: event.clientX - 6, right: event.clientX + 6 });
}

/** Points at a bar or none; React hears of it when it is another. */
export function point(stage: Stage, spot: Stage['overlay']['hover'], lane: number, anchor: Anchor | null): void {
  const before = itemOf(stage, stage.overlay.hover);
  stage.overlay.hover = spot;
  stage.overlay.hoverLane = lane;
  const item = itemOf(stage, spot);
  if (item !== before) {
    stage.onPoint(item, anchor);
  }
  requestPaint(stage, false);
}

function dragTo(stage: Stage, drag: Drag, x: number): void {
  stage.overlay.crosshairMs = null;
  if (drag.pan) {
    stage.range = panBy(drag.startRange, (drag.startX - x) / Math.max(1, stage.plotWidth));
    requestPaint(stage, true);
  } else {
    stage.overlay.drag = { fromX: drag.startX, toX: x };
    requestPaint(stage, false);
  }
}

function finish(stage: Stage, drag: Drag, x: number): void {
  stage.overlay.drag = null;
  const end = Math.min(stage.plotWidth, Math.max(0, x));
  const range = drag.pan
    ? stage.range
    : rangeBetween(timeAt(drag.startX, stage.range, stage.plotWidth), timeAt(end, stage.range, stage.plotWidth));
  requestPaint(stage, true);
  stage.props.onZoom(range.fromMs, range.toMs);
}

/** Clicks select, double clicks zoom to the recovery; the click that ends a drag is none. */
function listenToClicks(stage: Stage, target: HTMLElement, place: Place): () => void {
  let downX = 0;
  const onDown = (event: PointerEvent) => {
    downX = event.clientX;
  };
  const onClick = (event: MouseEvent) => {
    if (event.detail > 1 || Math.abs(event.clientX - downX) > DRAG_PX) {
      return;
    }
    const { x, y } = place(event);
    stage.props.onSelect(itemOf(stage, spotAt(stage, x, y).spot)?.id ?? null);
  };
  const onDoubleClick = (event: MouseEvent) => {
    const { x, y } = place(event);
    const item = itemOf(stage, spotAt(stage, x, y).spot);
    if (item) {
      const range = rangeOfItem(item, stage.props.nowMs);
      stage.props.onZoom(range.fromMs, range.toMs);
    }
  };
  const stops = [
    listen(target, 'pointerdown', onDown),
    listen(target, 'click', onClick),
    listen(target, 'dblclick', onDoubleClick),
  ];
  return () => stops.forEach((stop) => stop());
}

function listenToWheel(stage: Stage, target: HTMLElement, place: Place): () => void {
  let rest: ReturnType<typeof setTimeout> | undefined;
  const onWheel = (event: WheelEvent) => {
    const zoom = event.ctrlKey || event.metaKey;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : 0;
    if (!zoom && sideways === 0) {
      return;
    }
    event.preventDefault();
    const { x } = place(event);
    stage.range = zoom
      ? zoomAround(
          stage.range,
          timeAt(x, stage.range, stage.plotWidth),
          event.deltaY > 0 ? ZOOM_PER_NOTCH : 1 / ZOOM_PER_NOTCH
        )
      : panBy(stage.range, sideways / Math.max(1, stage.plotWidth));
    requestPaint(stage, true);
    clearTimeout(rest);
    rest = setTimeout(() => stage.props.onZoom(stage.range.fromMs, stage.range.toMs), WHEEL_REST_MS);
  };
  const stop = listen(target, 'wheel', onWheel, { passive: false });
  return () => {
    clearTimeout(rest);
    stop();
  };
}
