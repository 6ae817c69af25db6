import { itemOf, itemsOf } from '../table/testItems';
import { applyFilters, toggleFilter } from './applyFilters';
import { statusCounts } from './statusCounts';

const ITEMS = [
  itemOf({ host: 'host-a', domain: 'web-1', text: 'No Disk', status: 'failed' }, 0),
  itemOf({ host: 'host-b', domain: 'web-2', fault: 'host_down', actions: 'fence, evacuate' }, 1),
  itemOf({ host: 'host-b', domain: 'db-1', app: 'postgres' }, 2),
];
const found = (filters: Parameters<typeof applyFilters>[1], search = ''): string[] =>
  applyFilters(ITEMS, filters, search).map(({ domain }) => domain);

describe('applyFilters', () => {
  it('wants any value of each filter, and all filters', () => {
    expect(found({ host: ['host-b'] })).toEqual(['web-2', 'db-1']);
    expect(found({ domain: ['web-1', 'db-1'] })).toEqual(['web-1', 'db-1']);
    expect(found({ host: ['host-b'], domain: ['web-1', 'db-1'] })).toEqual(['db-1']);
    expect(found({ host: [] })).toHaveLength(3);
    expect(found({ status: ['failed'] })).toEqual(['web-1']);
  });

  it.each([
    ['WEB', ['web-1', 'web-2']],
    ['host-b postgres', ['db-1']],
    ['no disk', ['web-1']],
    ['evacuate', ['web-2']],
    ['host_down', ['web-2']],
    ['host down', ['web-2']],
    ['killed', ['web-1', 'db-1']],
    ['   ', ['web-1', 'web-2', 'db-1']],
    ['nothing like it', []],
  ])('finds by %p', (search, expected) => {
    expect(found({}, search)).toEqual(expected);
  });

  it('takes no pattern for one', () => {
    expect(found({}, '.*')).toEqual([]);
    expect(found({}, '[')).toEqual([]);
  });

  it('bears texts without end and such as are none', () => {
    const hostile = [
      itemOf({ text: 'x'.repeat(1_000_000) }),
      itemOf({ text: null as unknown as string, host: undefined as unknown as string }),
    ];
    expect(applyFilters(hostile, {}, 'xxx')).toHaveLength(1);
    expect(applyFilters(hostile, {}, 'y'.repeat(1_000_000))).toHaveLength(0);
  });

  it('gives the same list where nothing is asked', () => {
    const items = itemsOf(5);
    expect(applyFilters(items, {}, '')).toBe(items);
  });
});

describe('toggleFilter', () => {
  it('adds a value, takes it out, and leaves no empty filter', () => {
    const one = toggleFilter({ fault: ['x'] }, 'host', 'a');
    expect(one).toEqual({ fault: ['x'], host: ['a'] });
    const two = toggleFilter(one, 'host', 'b');
    expect(two.host).toEqual(['a', 'b']);
    expect(toggleFilter(toggleFilter(two, 'host', 'a'), 'host', 'b')).toEqual({ fault: ['x'] });
  });
});

describe('statusCounts', () => {
  it('counts what the other filters leave, the worst first', () => {
    expect(statusCounts(ITEMS, {}, '')).toEqual([
      ['failed', 1],
      ['recovered', 2],
    ]);
    expect(statusCounts(ITEMS, { host: ['host-b'], status: ['failed'] }, '')).toEqual([
      ['failed', 0],
      ['recovered', 2],
    ]);
  });

  it('has no look for words that are no status', () => {
    expect(statusCounts(ITEMS, { status: ['constructor'] }, '').map(([status]) => status)).not.toContain('constructor');
  });
});
