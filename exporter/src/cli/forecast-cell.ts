import type { TargetForecast } from '../prediction/forecast-view.ts';
import type { Cell } from './table.ts';

/** `12 %`: the probability that alarms, with what else a person should know of it; a dash where there is no forecast. */
export function forecastCell(forecast: TargetForecast | null): Cell {
  const first = forecast?.failureProbability[0];
  if (forecast === null || first === undefined) return '-';
  const percent = first.probability < 0.005 ? '<1 %' : `${Math.round(first.probability * 100)} %`;
  if (forecast.failing) return { text: `${percent} failing`, tone: 'bad' };
  return forecast.coldStart ? { text: `${percent} learning`, tone: 'doubtful' } : percent;
}
