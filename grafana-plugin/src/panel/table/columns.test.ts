import { columnWidths, COLUMNS, EXPANDER_PX, shownColumns } from './columns';
import { itemOf } from './testItems';

const WITH_APP = [itemOf({ app: 'nginx' })];

describe('shownColumns', () => {
  it.each([
    [1400, [...COLUMNS]],
    [700, ['status', 'when', 'domain', 'fault', 'actions', 'duration']],
    [599, ['status', 'when', 'domain', 'duration']],
    [349, ['status', 'domain', 'duration']],
    [0, ['status', 'domain', 'duration']],
  ])('at %p pixels', (width, expected) => {
    expect(shownColumns(width, WITH_APP)).toEqual(expected);
  });

  it('has no column for applications where there is none', () => {
    expect(shownColumns(1400, [itemOf()])).not.toContain('app');
  });
});

describe('columnWidths', () => {
  it.each([320, 420, 599, 600, 700, 900, 1400, 3000])('fills %p pixels, never more', (width) => {
    const columns = shownColumns(width, WITH_APP);
    const widths = columnWidths(columns, width);
    expect(widths.reduce((sum, px) => sum + px, EXPANDER_PX)).toBeCloseTo(width);
    expect(Math.min(...widths)).toBeGreaterThan(30);
  });

  it('gives nothing negative where there is no room', () => {
    expect(Math.min(...columnWidths(shownColumns(10, WITH_APP), 10))).toBeGreaterThanOrEqual(0);
  });
});
