import type { Missing } from './observation/observer.ts';
import type { Health, Load } from './states.ts';

/** What is forecast of one target at its latest tick: for metrics, policy, history and the API. */
export interface TargetForecast {
  /** Wall clock of the tick. */
  atMs: number;
  /** P(abnormal or failed at some tick within the horizon), in the order of the configuration; the first is the one that alarms. */
  failureProbability: { horizonSeconds: number; probability: number }[];
  health: Record<Health, number>;
  load: Record<Load, number>;
  /** Its habits are still being learnt. */
  coldStart: boolean;
  /** What the tick did not tell, and why. */
  missing: Missing[];
  /** The first horizon's probability over the threshold, with hysteresis. */
  failing: boolean;
  /** Since when; null: it is not failing. */
  failingSinceMs: number | null;
  /** `prior`: nothing was trained yet; `pooled`: on all targets together; `own`. */
  model: { source: 'prior' | 'pooled' | 'own'; trainedAtMs: number | null };
}

/** The latest forecasts. Null: there is none, as of a domain that does not run, or with prediction off. */
export interface ForecastView {
  domain(uuid: string): TargetForecast | null;
  host(name: string): TargetForecast | null;
}

export const NO_FORECASTS: ForecastView = { domain: () => null, host: () => null };
