import type { RecoveryItem } from '../model/types';
import { ariaSort, nextSorting, sortItems } from './sortItems';
import { itemOf, itemsOf, START_MS } from './testItems';

const ids = (items: RecoveryItem[]): string[] => items.map(({ id }) => id);

describe('sortItems', () => {
  it('puts what is not over on top, then the newest first', () => {
    const items = [
      itemOf({ id: 'old' }, 1),
      itemOf({ id: 'running', status: 'in_progress', endMs: null }, 0),
      itemOf({ id: 'new' }, 2),
    ];
    expect(ids(sortItems(items, null))).toEqual(['running', 'new', 'old']);
    expect(ids(items)).toEqual(['old', 'running', 'new']);
  });

  it('sorts by the worst, longest, and names as people count', () => {
    const items = [
      itemOf({ id: 'a', domain: 'web-10', status: 'recovered', endMs: START_MS + 9000 }, 0),
      itemOf({ id: 'b', domain: 'Web-9', status: 'failed', startMs: START_MS, endMs: START_MS + 1000 }, 1),
      itemOf({ id: 'c', domain: 'db', status: 'in_progress', endMs: null }, 2),
    ];
    expect(ids(sortItems(items, { column: 'domain', descending: false }))).toEqual(['c', 'b', 'a']);
    expect(ids(sortItems(items, { column: 'status', descending: true }))[0]).toBe('b');
    expect(ids(sortItems(items, { column: 'duration', descending: true }))).toEqual(['c', 'a', 'b']);
    expect(ids(sortItems(items, { column: 'when', descending: false }))).toEqual(['a', 'b', 'c']);
  });

  it('bears what no model should give', () => {
    const hostile = [
      itemOf({ domain: null as unknown as string }),
      itemOf({ domain: 'x'.repeat(1_000_000) }, 1),
      itemOf({ startMs: NaN }, 2),
    ];
    expect(sortItems(hostile, { column: 'domain', descending: true })).toHaveLength(3);
    expect(sortItems(hostile, null)).toHaveLength(3);
  });

  it('lists the newest first among equals', () => {
    expect(ids(sortItems(itemsOf(3), { column: 'host', descending: false }))).toEqual([
      'recovery-2',
      'recovery-1',
      'recovery-0',
    ]);
  });
});

describe('nextSorting', () => {
  it('goes from names ascending over descending back to newest first', () => {
    const first = nextSorting(null, 'domain');
    expect(first).toEqual({ column: 'domain', descending: false });
    const second = nextSorting(first, 'domain');
    expect(second).toEqual({ column: 'domain', descending: true });
    expect(nextSorting(second, 'domain')).toBeNull();
  });

  it('begins with the worst and the longest', () => {
    expect(nextSorting(null, 'status')).toEqual({ column: 'status', descending: true });
    expect(nextSorting({ column: 'status', descending: true }, 'duration')).toEqual({
      column: 'duration',
      descending: true,
    });
  });

  it('turns the time round and back', () => {
    const oldest = nextSorting(null, 'when');
    expect(oldest).toEqual({ column: 'when', descending: false });
    expect(nextSorting(oldest, 'when')).toBeNull();
    expect(nextSorting({ column: 'domain', descending: true }, 'when')).toBeNull();
  });
});

describe('ariaSort', () => {
  it('says by which column, newest first at the beginning', () => {
    expect(ariaSort(null, 'when')).toBe('descending');
    expect(ariaSort(null, 'domain')).toBeUndefined();
    expect(ariaSort({ column: 'domain', descending: false }, 'domain')).toBe('ascending');
    expect(ariaSort({ column: 'domain', descending: false }, 'when')).toBeUndefined();
  });
});
