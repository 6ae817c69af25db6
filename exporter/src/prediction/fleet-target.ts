/** One watched domain or host: its predictor, its alarm, and what was forecast last. */
import { alarmTick, quietAlarm, silenceAlarm } from './alarm.ts';
import type { Alarm, AlarmSettings } from './alarm.ts';
import type { TargetForecast } from './forecast-view.ts';
import { newStanding } from './hmm/forecaster.ts';
import { MISSING } from './hmm/model.ts';
import type { TargetKey } from './model-source.ts';
import type { Missing, Observation, Observer } from './observation/observer.ts';
import { createPredictor, useModel } from './predictor.ts';
import type { Forecast, Predictor, PredictorSettings } from './predictor.ts';
import type { ServedModel } from './served-model.ts';
import { healthProbabilities, loadProbabilities } from './states.ts';

export interface FleetTarget<Reading> {
  readonly key: TargetKey;
  /** Where it runs or was seen last; of a host its own name. */
  host: string;
  predictor: Predictor<Reading>;
  served: ServedModel;
  readonly alarm: Alarm;
  /** Null: there is no forecast, as of a domain that does not run. */
  latest: Latest | null;
  /** Monotonic: when its host last told of it at all, and last told that it runs. */
  mentionedMs: number;
  runningMs: number;
}

/** Of the latest tick; what the belief says is worked out when somebody asks. */
interface Latest {
  atMs: number;
  monotonicMs: number;
  horizonSeconds: readonly number[];
  failureProbability: Float64Array;
  coldStart: boolean;
  missing: Missing[];
  shown: TargetForecast | null;
}

export function createTarget<Reading extends { atMs: number }>(
  key: TargetKey,
  host: string,
  served: ServedModel,
  settings: Readonly<PredictorSettings>,
  observer?: Observer<Reading>,
): FleetTarget<Reading> {
  const predictor = createPredictor<Reading>(settings, served.forecaster, observer);
  return { key, host, predictor, served, alarm: quietAlarm(), latest: null, mentionedMs: -Infinity, runningMs: -Infinity };
}

/** From the next tick on by another model. The forecast that there is stays until then. */
export function serveBy<Reading>(target: FleetTarget<Reading>, served: ServedModel): void {
  target.served = served;
  useModel(target.predictor, served.forecaster);
}

/** Other settings, another tick length among them: habits and belief stay. */
export function resettle<Reading extends { atMs: number }>(target: FleetTarget<Reading>, served: ServedModel, settings: Readonly<PredictorSettings>): void {
  const { observer, standing, lastAtMs } = target.predictor;
  observer.parameters = settings.parameters;
  target.predictor = { ...createPredictor<Reading>(settings, served.forecaster, observer), standing, lastAtMs };
  target.served = served;
}

/** Takes what the predictor said of a tick. @returns whether `failing` changed */
export function takeForecast<Reading>(target: FleetTarget<Reading>, forecast: Forecast, settings: AlarmSettings, monotonicMs: number): boolean {
  const { alarm, predictor } = target;
  const { observation, atMs, failureProbability } = forecast;
  const { horizonSeconds, parameters } = predictor.settings;
  if (!failureProbability.every((probability) => probability >= 0 && probability <= 1) || !Number.isFinite(atMs)) {
    // Nothing of it may go on: neither to whoever reads the forecast, nor into the next tick.
    predictor.standing = newStanding(predictor.forecaster);
    return endForecast(target);
  }
  // A new life: what the one before was about to do is over.
  const ended = observation.rates.interruption === 'restart' && silenceAlarm(alarm);
  target.latest = { atMs, monotonicMs, horizonSeconds, failureProbability, coldStart: observation.coldStart, missing: observation.missing, shown: null };
  const longestGapMs = parameters.intervalSeconds * parameters.longestIntervals * 1000;
  const changed = alarmTick(alarm, settings, { probability: failureProbability[0]!, atMs, monotonicMs, longestGapMs });
  return changed !== ended;
}

/** There is none any more: it stopped, or is not heard. @returns whether it was failing */
export function endForecast<Reading>(target: FleetTarget<Reading>): boolean {
  target.latest = null;
  return silenceAlarm(target.alarm);
}

/** Whether a tick was observed as a whole, in part, or not at all. */
export function resultOf({ symbol, partial }: Observation): 'observed' | 'partial' | 'missing' {
  return partial !== null ? 'partial' : symbol === MISSING ? 'missing' : 'observed';
}

/** What is shown of the target; null: nothing, or nothing that is fresh. */
export function forecastOf<Reading>(target: FleetTarget<Reading>, monotonicMs: number): TargetForecast | null {
  const { latest, alarm, predictor, served } = target;
  if (latest === null || isStale(target, monotonicMs)) return null;
  return (latest.shown ??= {
    atMs: latest.atMs,
    failureProbability: latest.horizonSeconds.map((horizonSeconds, n) => ({ horizonSeconds, probability: latest.failureProbability[n]! })),
    health: healthProbabilities(predictor.standing.belief),
    load: loadProbabilities(predictor.standing.belief),
    coldStart: latest.coldStart,
    missing: latest.missing,
    failing: alarm.failing,
    failingSinceMs: alarm.failingSinceMs,
    model: served.told,
  });
}

/** So long without a tick that the forecast speaks of another time. */
export function isStale<Reading>({ latest, predictor }: FleetTarget<Reading>, monotonicMs: number): boolean {
  const { intervalSeconds, longestIntervals } = predictor.settings.parameters;
  return latest !== null && monotonicMs - latest.monotonicMs > (longestIntervals + 0.5) * intervalSeconds * 1000;
}
