import { pagingOfSelection, usablePageSize, viewOfPage, wantedPage } from './paging';

describe('usablePageSize', () => {
  it.each([
    [10, 10],
    [10.9, 10],
    [1e9, 500],
    [0, 25],
    [-3, 25],
    [NaN, 25],
    ['50', 25],
    [null, 25],
  ])('%p becomes %p', (size, expected) => {
    expect(usablePageSize(size)).toBe(expected);
  });
});

describe('viewOfPage', () => {
  it('is the wanted page or the nearest there is', () => {
    expect(viewOfPage(1, 60, 25)).toEqual({ page: 1, pages: 3, from: 25, to: 50 });
    expect(viewOfPage(9, 60, 25)).toEqual({ page: 2, pages: 3, from: 50, to: 60 });
    expect(viewOfPage(-1, 60, 25).page).toBe(0);
    expect(viewOfPage(3, 0, 25)).toEqual({ page: 0, pages: 1, from: 0, to: 0 });
  });
});

describe('wantedPage', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];

  it('follows the selection wherever it moves', () => {
    const paging = pagingOfSelection(0, 'c');
    expect(wantedPage(paging, ids, 2)).toBe(1);
    expect(wantedPage(paging, ['new', 'newer', ...ids], 2)).toBe(2);
  });

  it('stays on the chosen page once a person turned to it, or where the selection is filtered out', () => {
    expect(wantedPage({ page: 2, selectedId: 'a', followsSelection: false }, ids, 2)).toBe(2);
    expect(wantedPage(pagingOfSelection(1, 'gone'), ids, 2)).toBe(1);
    expect(wantedPage(pagingOfSelection(1, null), ids, 2)).toBe(1);
  });
});
