import { describe, expect, it } from 'vitest';
import { emissionWeights } from './prior-emission.ts';
import { symbolOfLevels } from './testing/simulated-target.ts';
import { STATES } from './states.ts';
import type { Health } from './states.ts';

describe('pictures of the states', () => {
  it('are distributions that exclude nothing', () => {
    for (const state of STATES) {
      const weights = emissionWeights(state);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...weights)).toBeGreaterThan(1e-4);
    }
  });

  it('what the healthy show for hours is likeliest for the healthy, however long: no idle night turns into a failure', () => {
    const shown: Parameters<typeof symbolOfLevels>[] = [[0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1], [2, 1, 2, 1]];
    for (const levels of shown) {
      const most = (health: Health): number =>
        Math.max(...STATES.filter((state) => state.health === health).map((state) => emissionWeights(state)[symbolOfLevels(...levels)]!));
      expect(most('normal'), levels.join(' ')).toBeGreaterThan(1.5 * most('abnormal'));
      expect(most('normal'), levels.join(' ')).toBeGreaterThan(1.5 * most('failed'));
    }
  });
});
