import { severityOf } from '../status/statusLook';
import type { RecoveryItem } from '../model/types';
import type { Column } from './columns';

export interface Sorting {
  column: Column;
  descending: boolean;
}

/** A sorted copy; null: in progress on top, then newest first. Equal ones are in that order too. */
export function sortItems(items: readonly RecoveryItem[], sorting: Sorting | null): RecoveryItem[] {
  if (sorting === null) {
    return [...items].sort((a, b) => Number(b.endMs === null) - Number(a.endMs === null) || newest(a, b));
  }
  const { column, descending } = sorting;
  const compare = COMPARE[column];
  return [...items].sort((a, b) => (descending ? compare(b, a) : compare(a, b)) || newest(a, b));
}

/** What a click on a header does: sort by it, then the other way round, then back to newest first. */
export function nextSorting(current: Sorting | null, column: Column): Sorting | null {
  if (column === 'when') {
    return current === null ? { column, descending: false } : null;
  }
  const first: Sorting = { column, descending: column === 'status' || column === 'duration' };
  if (current?.column !== column) {
    return first;
  }
  return current.descending === first.descending ? opposite(current) : null;
}

function opposite(sorting: Sorting): Sorting {
  return { ...sorting, descending: !sorting.descending };
}

/** For `aria-sort`. */
export function ariaSort(sorting: Sorting | null, column: Column): 'ascending' | 'descending' | undefined {
  const { column: sorted, descending } = sorting ?? { column: 'when', descending: true };
  if (sorted !== column) {
    return undefined;
  }
  return descending ? 'descending' : 'ascending';
}

type Compare = (a: RecoveryItem, b: RecoveryItem) => number;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
const COMPARED_LENGTH = 256;

function byText(key: 'domain' | 'host' | 'app' | 'fault' | 'actions' | 'text'): Compare {
  return (a, b) => collator.compare(start(a[key]), start(b[key]));
}

function start(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, COMPARED_LENGTH) : '';
}

const COMPARE: Record<Column, Compare> = {
  status: (a, b) => severityOf(a.status) - severityOf(b.status),
  when: (a, b) => a.startMs - b.startMs,
  duration: (a, b) => lengthOf(a) - lengthOf(b),
  domain: byText('domain'),
  host: byText('host'),
  app: byText('app'),
  fault: byText('fault'),
  actions: byText('actions'),
  text: byText('text'),
};

/** One that is not over is longer than any that is; among those the order of start decides. */
function lengthOf({ startMs, endMs }: RecoveryItem): number {
  return endMs === null ? Number.MAX_VALUE : endMs - startMs;
}

function newest(a: RecoveryItem, b: RecoveryItem): number {
  return b.startMs - a.startMs;
}
