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

/** Share of the table's width, relative to the others. */
const WEIGHTS: Record<Column, number> = {
  status: 14,
  when: 15,
  domain: 15,
  fault: 15,
  actions: 15,
  host: 11,
  app: 9,
  duration: 10,
  text: 24,
};

/** Narrower than this, a status is its icon alone and times are short. */
export const COMPACT_BELOW = 600;
export const ICON_ONLY_BELOW = 350;
const ICON_WEIGHT = 4;

/** The columns that fit this width, in their order; `app` only where an item has one. */
export function shownColumns(width: number, items: readonly RecoveryItem[]): Column[] {
  return COLUMNS.filter(
    (column) => width >= SHOWN_FROM[column] && (column !== 'app' || items.some((item) => item.app !== ''))
  );
}

/** Width of each column in percent of what is left beside the button that opens a row. */
export function columnShares(columns: readonly Column[], width: number): number[] {
  const weights = columns.map((column) =>
    column === 'status' && width < ICON_ONLY_BELOW ? ICON_WEIGHT : WEIGHTS[column]
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (weight / sum) * 100);
}
