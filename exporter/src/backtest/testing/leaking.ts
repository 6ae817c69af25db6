import { structuredModel } from '../../prediction/prior.ts';
import { DEFAULT_PREDICTOR, predictValues } from '../../prediction/predictor.ts';
import { ratesBetween } from '../../prediction/observation/rates.ts';
import type { MeasuredValues } from '../../prediction/observation/observer.ts';
import { simulatedReadings } from '../../prediction/testing/simulated-readings.ts';
import type { Simulated } from '../../prediction/testing/simulated-readings.ts';
import { createReplay } from '../replay.ts';
import type { BacktestTick } from '../replay.ts';

const LIMITS = { shortestSeconds: 1, longestSeconds: 15 };

/** What was measured of a small server, without its first tick. */
export function simulatedValues(simulated: Simulated): MeasuredValues[] {
  const readings = simulatedReadings(simulated);
  return readings.slice(1).map((reading, n) => ({ atMs: reading.atMs, values: ratesBetween(readings[n]!, reading, LIMITS).values, memorySource: 'usable' }));
}

export function replayed(values: readonly MeasuredValues[]): BacktestTick[] {
  return values.map(createReplay({ settings: { ...DEFAULT_PREDICTOR, horizonSeconds: [60] }, model: structuredModel(5), predict: predictValues }));
}
