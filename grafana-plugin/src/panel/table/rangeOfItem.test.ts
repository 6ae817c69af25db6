import { rangeOfItem } from './rangeOfItem';

describe('rangeOfItem', () => {
  it('has a margin on both sides', () => {
    expect(rangeOfItem({ startMs: 1_000_000, endMs: 1_200_000 }, 0)).toEqual({ fromMs: 900_000, toMs: 1_300_000 });
  });

  it('never shows less than is to be seen, nor hours around a long one', () => {
    expect(rangeOfItem({ startMs: 1_000_000, endMs: 1_000_000 }, 0)).toEqual({ fromMs: 970_000, toMs: 1_030_000 });
    const day = 86_400_000;
    expect(rangeOfItem({ startMs: day, endMs: 2 * day }, 0)).toEqual({
      fromMs: day - 900_000,
      toMs: 2 * day + 900_000,
    });
  });

  it('goes to now where it is not over, and turns reversed times', () => {
    expect(rangeOfItem({ startMs: 1_000_000, endMs: null }, 1_010_000)).toEqual({ fromMs: 970_000, toMs: 1_040_000 });
    expect(rangeOfItem({ startMs: 1_200_000, endMs: 1_000_000 }, 0)).toEqual({ fromMs: 900_000, toMs: 1_300_000 });
  });
});
