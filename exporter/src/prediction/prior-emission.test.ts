import { describe, expect, it } from 'vitest';
import { emissionWeights, levelsOf, SYMBOL_COUNT, symbolOf } from './prior-emission.ts';
import { STATES } from './states.ts';
import type { Health } from './states.ts';

describe('symbols', () => {
  it('are the numbers 0 to 80, CPU the highest digit', () => {
    expect(SYMBOL_COUNT).toBe(81);
    expect(symbolOf(1, 2, 0, 1)).toBe(1 * 27 + 2 * 9 + 0 * 3 + 1);
    for (let symbol = 0; symbol < SYMBOL_COUNT; symbol++) expect(symbolOf(...levelsOf(symbol))).toBe(symbol);
  });
});

describe('pictures of the states', () => {
  it('are distributions that exclude nothing', () => {
    for (const state of STATES) {
      const weights = emissionWeights(state);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...weights)).toBeGreaterThan(1e-4);
    }
  });

  it('what the healthy show for hours is likeliest for the healthy, however long: no idle night turns into a failure', () => {
    const shown: ReturnType<typeof levelsOf>[] = [[0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1], [2, 1, 2, 2]];
    for (const levels of shown) {
      const most = (health: Health): number =>
        Math.max(...STATES.filter((state) => state.health === health).map((state) => emissionWeights(state)[symbolOf(...levels)]!));
      expect(most('normal'), levels.join(' ')).toBeGreaterThan(1.5 * most('abnormal'));
      expect(most('normal'), levels.join(' ')).toBeGreaterThan(1.5 * most('failed'));
    }
  });
});
