import type { RecoveryItem } from '../model/types';

export const COLUMNS = ['status', 'when', 'domain', 'fault', 'actions', 'host', 'app', 'duration', 'text'] as const;
export type Column = (typeof COLUMNS)[number];

/** From this width of the panel on (pixels) a column is shown: the less it says, the sooner it goes. */
const SHOWN_FROM: Record<Column, number> = {
  status: 0,
  domain: 0,
  duration: 0,
  when: 350,
  fault: 600,
  actions: 680,
  host: 820,
  app: 960,
  text: 960,
};

/** Pixels that the text of a column needs; the others share what is left. */
const FIXED_PX: Partial<Record<Column, number>> = { status: 118, when: 158, duration: 104 };
const COMPACT_WHEN_PX = 104;
const ICON_PX = 38;
/** The button in front that opens a row. */
export const EXPANDER_PX = 34;

/** Share of what is left, relative to the others. */
const WEIGHTS: Partial<Record<Column, number>> = { domain: 15, fault: 15, actions: 15, host: 12, app: 9, text: 24 };

/** Narrower than this, a status is its icon alone and times are short. */
export const COMPACT_BELOW = 600;
export const ICON_ONLY_BELOW = 480;

export function hasRoomFor(column: Column, width: number): boolean {
  return width >= SHOWN_FROM[column];
}

/** The columns that fit this width, in their order; `app` only where an item has one. */
export function shownColumns(width: number, items: readonly RecoveryItem[]): Column[] {
  return COLUMNS.filter(
    (column) => hasRoomFor(column, width) && (column !== 'app' || items.some((item) => item.app !== ''))
  );
}

/** Width of each column in pixels; together with the button that opens a row they are as wide as the table. */
export function columnWidths(columns: readonly Column[], width: number): number[] {
  const fixed = columns.map((column) => fixedPx(column, width));
  const left = Math.max(0, width - EXPANDER_PX - fixed.reduce((sum, px) => sum + px, 0));
  const weights = columns.map((column) => WEIGHTS[column] ?? 0);
  const weight = weights.reduce((sum, one) => sum + one, 0);
  return fixed.map((px, index) => px + (weight === 0 ? 0 : (left * (weights[index] ?? 0)) / weight));
}

function fixedPx(column: Column, width: number): number {
  if (column === 'status' && width < ICON_ONLY_BELOW) {
    return ICON_PX;
  }
  return column === 'when' && width < COMPACT_BELOW ? COMPACT_WHEN_PX : (FIXED_PX[column] ?? 0);
}
