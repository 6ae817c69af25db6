import { expect, it } from 'vitest';
import { DEFAULT_PREDICTOR, forecasterFor } from '../../../exporter/src/prediction/predictor.ts';
import { structuredModel } from '../../../exporter/src/prediction/prior.ts';
import { replay } from './replay.ts';
import { showTicks } from './show.ts';
import { leakyTrace } from './testing.ts';

it('shows what was seen at each tick', () => {
  const trace = leakyTrace(1, 380);
  const lines = showTicks(trace, replay(trace, DEFAULT_PREDICTOR, forecasterFor(structuredModel(5), DEFAULT_PREDICTOR))).trimEnd().split('\n').map((line) => line.split('\t'));
  expect(lines).toHaveLength(381);
  expect(lines[1]!.slice(0, 3)).toEqual(['0', '', 'first-reading']);
  expect(lines[251]!.slice(0, 3)).toEqual(['1250', '', '0000']);
  expect(lines[301]![1]).toBe('decline');
  expect(lines[350]![2]).toBe('0+00');
  expect(Number(lines[360]![3])).toBeGreaterThan(0.5);
});
