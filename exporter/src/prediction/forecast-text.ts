/** Forecasts in words. */
import type { TargetForecast } from './forecast-view.ts';

/** `0.93 within 60 s`: what alarms; null: nothing was forecast. */
export function forecastText({ failureProbability: [first] }: Pick<TargetForecast, 'failureProbability'>): string | null {
  return first === undefined ? null : `${first.probability.toFixed(2)} within ${first.horizonSeconds} s`;
}
