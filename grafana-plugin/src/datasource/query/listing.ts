/** Lists recoveries page by page, and keeps such a list up to date. */
import type { Client, RecoveriesQuery } from '../../api/client';
import type { Recovery } from '../../api/types';
import { OUTCOMES } from '../../api/vocabulary';
import { newestEnded } from '../../frames/recoveries';
import { matches, type Filters } from './filters';

/** What a list of recoveries is of. */
export interface Selection {
  /** Only incidents in progress, whenever they began. */
  openOnly: boolean;
  fromMs: number;
  /** Null: up to now, and on. */
  toMs: number | null;
  filters: Filters;
  limit: number;
}

/** Recoveries, the newest first. */
export interface Listing {
  items: Recovery[];
  /** There are more than `limit`. */
  truncated: boolean;
  /** Entries that could not be read. */
  skipped: number;
  /** The newest that has ended, also outside the range. */
  last: Recovery | null;
}

const PAGE = 1000;
/** More values of one filter than the API takes are filtered by here. */
const MOST_VALUES = 100;
const MOST_PAGES = 40;

export async function list(client: Client, selection: Selection, signal: AbortSignal): Promise<Listing> {
  const listed = selection.openOnly
    ? await incidents(client, selection, signal)
    : await pages(client, selection, signal);
  return { ...listed, last: await last(client, selection, listed.items, signal) };
}

/** Changes put in by id; what is no longer of the selection leaves. A recovery that began after the range is of it: time goes on. */
export function merge(listing: Listing, changes: readonly Recovery[], selection: Selection): Listing {
  const byId = new Map(listing.items.map((item) => [item.id, item]));
  for (const change of changes) {
    byId.delete(change.id);
    if (belongs(change, selection)) {
      byId.set(change.id, change);
    }
  }
  const items = [...byId.values()].sort(byAge);
  const ended = changes.filter((change) => matches(selection.filters, change));
  return {
    ...listing,
    items: items.slice(0, selection.limit),
    truncated: listing.truncated || items.length > selection.limit,
    last: newestEnded(listing.last === null ? ended : [listing.last, ...ended]),
  };
}

function belongs(recovery: Recovery, { openOnly, fromMs, filters }: Selection): boolean {
  const { closedAtMs } = recovery;
  return matches(filters, recovery) && (closedAtMs === null || (!openOnly && closedAtMs > fromMs));
}

/** In the order of the API. */
function byAge(left: Recovery, right: Recovery): number {
  return right.openedAtMs - left.openedAtMs || (right.id > left.id ? 1 : -1);
}

async function incidents(
  client: Client,
  { filters, limit }: Selection,
  signal: AbortSignal
): Promise<Omit<Listing, 'last'>> {
  const { items, skipped } = await client.incidents(signal);
  const matching = items.filter((item) => matches(filters, item)).sort(byAge);
  return { items: matching.slice(0, limit), truncated: matching.length > limit, skipped };
}

async function pages(
  client: Client,
  { fromMs, toMs, filters, limit }: Selection,
  signal: AbortSignal
): Promise<Omit<Listing, 'last'>> {
  const found = new Map<string, Recovery>();
  let skipped = 0;
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = { fromMs, toMs: toMs ?? undefined, ...apiFilters(filters), limit: Math.min(PAGE, limit), cursor };
    const answer = await client.recoveries(query, signal);
    skipped += answer.skipped;
    const matching = answer.items.filter((item) => isWithinApi(filters) || matches(filters, item));
    matching.forEach((item) => found.set(item.id, item));
    const isLast = answer.nextCursor === null || answer.nextCursor === cursor;
    if (isLast || found.size >= limit) {
      return { items: [...found.values()].slice(0, limit), truncated: !isLast || found.size > limit, skipped };
    }
    cursor = answer.nextCursor ?? undefined;
  }
  return { items: [...found.values()], truncated: true, skipped };
}

/** Not worth an error of its own: it is only said where there is nothing else to show. */
async function last(
  client: Client,
  { filters, toMs }: Selection,
  listed: readonly Recovery[],
  signal: AbortSignal
): Promise<Recovery | null> {
  const newest = newestEnded(listed);
  if (newest !== null && toMs === null) {
    return newest;
  }
  try {
    const outcome = filters.outcome.length === 0 ? OUTCOMES : filters.outcome;
    const { items } = await client.recoveries({ ...apiFilters(filters), outcome, limit: 1 }, signal);
    return newestEnded([...listed, ...items.filter((item) => matches(filters, item))]);
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    return newest;
  }
}

function apiFilters(filters: Filters): Pick<RecoveriesQuery, keyof Filters> {
  return Object.fromEntries(
    Object.entries(filters).filter(([, values]) => values.length > 0 && values.length <= MOST_VALUES)
  );
}

function isWithinApi(filters: Filters): boolean {
  return Object.values(filters).every((values) => values.length <= MOST_VALUES);
}
