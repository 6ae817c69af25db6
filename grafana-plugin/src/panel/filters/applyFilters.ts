import { actionWords } from '../../format/action';
import { faultLabel } from '../../format/fault';
import type { FilterKey, Filters, RecoveryItem } from '../model/types';

export const FILTER_KEYS: readonly FilterKey[] = ['status', 'host', 'domain', 'app', 'fault'];

/** Nobody types more, and what a hostile source puts behind it is not worth the time. */
const SEARCHED_LENGTH = 1024;

/** Items that have one of the values of every filter and, somewhere in their texts, every word of the search; order is kept. */
export function applyFilters(items: RecoveryItem[], filters: Filters, search: string): RecoveryItem[] {
  const wanted = activeFilters(filters).map(([key, values]) => [key, new Set<string>(values)] as const);
  const words = search.slice(0, SEARCHED_LENGTH).toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0 && words.length === 0) {
    return items;
  }
  const labels = new Map<string, string>();
  return items.filter(
    (item) => wanted.every(([key, values]) => values.has(item[key])) && hasWords(item, words, labels)
  );
}

/** What is searched of an item: made once, for a search asks at every key. */
const searchable = new WeakMap<RecoveryItem, string>();

function hasWords(item: RecoveryItem, words: string[], labels: Map<string, string>): boolean {
  if (words.length === 0) {
    return true;
  }
  const text = searchable.get(item) ?? searchableText(item, labels);
  searchable.set(item, text);
  return words.every((word) => text.includes(word));
}

function searchableText(item: RecoveryItem, labels: Map<string, string>): string {
  const { domain, host, app, fault, text, actions, fromHost, toHost } = item;
  const label = labels.get(fault) ?? faultLabel(fault);
  labels.set(fault, label);
  return [domain, host, app, fault, label, text, actions, actionWords(actions, SEARCHED_LENGTH), fromHost, toHost]
    .map((part) => (typeof part === 'string' ? part.slice(0, SEARCHED_LENGTH) : ''))
    .join('\n')
    .toLowerCase();
}

/** Filters that hold something, in the order in which they are shown. */
export function activeFilters(filters: Filters): Array<[FilterKey, string[]]> {
  return FILTER_KEYS.flatMap((key): Array<[FilterKey, string[]]> => {
    const values = filters[key];
    return values && values.length > 0 ? [[key, values]] : [];
  });
}

/** Adds the value to the filter of this key, or takes it out where it is set. */
export function toggleFilter(filters: Filters, key: FilterKey, value: string): Filters {
  const values = filters[key] ?? [];
  const next = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  const { [key]: _, ...others } = filters;
  return next.length === 0 ? others : { ...others, [key]: next };
}
