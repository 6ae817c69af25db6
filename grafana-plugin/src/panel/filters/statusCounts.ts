import { severityOf } from '../status/statusLook';
import type { Filters, RecoveryItem, Status } from '../model/types';
import { applyFilters } from './applyFilters';

/**
 * How many items of each status the other filters and the search leave, the worst first. A status that any item has stays with a count of
 * none: what is looked at does not move while one types.
 */
export function statusCounts(items: RecoveryItem[], filters: Filters, search: string): Array<[Status, number]> {
  const { status: chosen = [], ...others } = filters;
  const counts = new Map<string, number>(
    [...chosen, ...items.map(({ status }) => status)].map((status) => [status, 0])
  );
  for (const { status } of applyFilters(items, others, search)) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const known = [...counts].filter((entry): entry is [Status, number] => isStatus(entry[0]));
  return known.sort(([a], [b]) => severityOf(b) - severityOf(a));
}

const STATUSES: Record<Status, true> = {
  recovered: true,
  failed: true,
  escalated: true,
  suppressed: true,
  interrupted: true,
  dry_run: true,
  in_progress: true,
  ended: true,
  unknown: true,
};

/** Filters may come from outside: a word that is no status has no look. */
export function isStatus(word: string): word is Status {
  return Object.hasOwn(STATUSES, word);
}
