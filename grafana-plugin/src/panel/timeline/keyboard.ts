/** The keyboard over the chart, which is one stop of the tab key. */
import { rangeOfItem } from '../table/rangeOfItem';
import { moveCursor, MOVES } from './cursor';
import type { Spot } from './paintOverlay';
import { anchorOf, itemOf, requestPaint, revealLane, type Stage } from './stage';
import { zoomAround } from './timeScale';

const ZOOM_PER_KEY = 2;

/** Does what the key asks for; true: it meant something here. `onCursor` hears of another recovery under the cursor. */
export function handleKey(stage: Stage, key: string, onCursor: (spot: Spot | null) => void): boolean {
  const move = MOVES[key];
  const cursor = stage.overlay.cursor;
  const item = itemOf(stage, cursor);
  if (move) {
    setCursor(stage, moveCursor(stage.rows, cursor, move, stage.range), onCursor);
    return true;
  }
  switch (key) {
    case 'Enter':
    case ' ':
      if (item) {
        stage.props.onSelect(item.id === stage.props.selectedId ? null : item.id);
      }
      return item !== null;
    case 'Escape':
      if (!cursor && stage.props.selectedId === null) {
        return false;
      }
      setCursor(stage, null, onCursor);
      stage.props.onSelect(null);
      return true;
    case 'z':
      if (item) {
        zoomTo(stage, rangeOfItem(item, stage.props.nowMs));
      }
      return item !== null;
    case '+':
    case '=':
    case '-':
    case '_':
      zoomTo(
        stage,
        zoomAround(stage.range, anchorTime(stage), key === '+' || key === '=' ? 1 / ZOOM_PER_KEY : ZOOM_PER_KEY)
      );
      return true;
    default:
      return false;
  }
}

/** Moves the cursor, brings its lane into view and shows what is there. */
export function setCursor(stage: Stage, spot: Spot | null, onCursor: (spot: Spot | null) => void): void {
  stage.overlay.cursor = spot;
  if (spot) {
    revealLane(stage, spot.lane);
  }
  requestPaint(stage, true);
  stage.onPoint(itemOf(stage, spot), spot && anchorOf(stage, spot));
  onCursor(spot);
}

function anchorTime(stage: Stage): number {
  const { fromMs, toMs } = stage.range;
  return itemOf(stage, stage.overlay.cursor)?.startMs ?? (fromMs + toMs) / 2;
}

function zoomTo(stage: Stage, range: Stage['range']): void {
  stage.range = range;
  requestPaint(stage, true);
  stage.props.onZoom(range.fromMs, range.toMs);
}
