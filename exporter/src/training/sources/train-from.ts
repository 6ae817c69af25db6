/** Training from what is not the daemon's own records: a source is replayed into observations of a folder of its own, then trained on as each night. */
import { rm } from 'node:fs/promises';
import { systemClock } from '../../events/clock.ts';
import type { Observation } from '../../prediction/observation/observer.ts';
import { createPredictor, DEFAULT_PREDICTOR, forecasterFor } from '../../prediction/predictor.ts';
import type { Forecast, Predictor } from '../../prediction/predictor.ts';
import type { TargetKey } from '../../prediction/model-source.ts';
import { structuredModel } from '../../prediction/prior.ts';
import type { Interval, Labels } from '../../prediction/states-known.ts';
import { openObservations } from '../observations.ts';
import type { Observations } from '../observations.ts';

/** Readings of one target, in order of time; those of several may alternate. */
export interface TargetBatch<Reading> {
  key: TargetKey;
  /** What is learnt of a target at one place says nothing of it elsewhere: a predictor of its own for each. */
  place: string;
  readings: readonly Reading[];
}

export interface SourceOptions<Reading> {
  batches: AsyncIterable<TargetBatch<Reading>>;
  /** Of the source. */
  tickSeconds: number;
  /** Of the models: the same, or a shorter one, of which then not every tick is told. */
  modelTickSeconds: number;
  predict: (predictor: Predictor<Reading>, reading: Reading, ownOperation: boolean) => Forecast;
}

/** As the daemon's, but in a folder that is removed at the end. */
export interface Replayed extends Observations {
  /** One source after the other. Rejects as the source does. */
  replay<Reading extends { atMs: number }>(source: SourceOptions<Reading>): Promise<void>;
  /** How many ticks told anything, by target. */
  readonly ticks: ReadonlyMap<TargetKey, number>;
}

/** After a failure what is seen is recovery's doing. */
const AFTERMATH_MS = 600_000;
/** A source may be so many times slower than the models' ticks. */
export const MOST_TICKS_BETWEEN = 60;
const KEPT_FOR_EVER_DAYS = 36_500;

/** @param folder made, and removed by `stop` */
export async function openReplayed(folder: string, onWarning: (text: string) => void): Promise<Replayed> {
  await rm(folder, { recursive: true, force: true });
  const observations = await openObservations({ folder, clock: systemClock, keepDays: () => KEPT_FOR_EVER_DAYS, onWarning });
  const ticks = new Map<TargetKey, number>();

  async function replay<Reading extends { atMs: number }>({ batches, tickSeconds, modelTickSeconds, predict }: SourceOptions<Reading>): Promise<void> {
    const settings = { ...DEFAULT_PREDICTOR, parameters: { ...DEFAULT_PREDICTOR.parameters, intervalSeconds: tickSeconds } };
    const forecaster = forecasterFor(structuredModel(tickSeconds), settings);
    const predictors = new Map<string, Predictor<Reading>>();
    for await (const { key, place, readings } of batches) {
      const id = JSON.stringify([key, place]);
      const predictor = predictors.get(id) ?? createPredictor<Reading>(settings, forecaster);
      predictors.set(id, predictor);
      for (const reading of readings) {
        const { atMs, observation } = predict(predictor, reading, false);
        if (isTold(observation)) take(key, atMs, observation);
      }
      await observations.flush([key]);
    }

    function take(key: TargetKey, atMs: number, { code, rates }: Observation): void {
      observations.take({ key, atMs, tickSeconds: modelTickSeconds, code, interruption: rates.interruption });
      ticks.set(key, (ticks.get(key) ?? 0) + 1);
    }
  }

  return {
    ...observations,
    replay,
    ticks,
    async stop() {
      await observations.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As the daemon's fleet: ticks of a target that does not run are not told. */
function isTold({ rates }: Observation): boolean {
  return rates.interruption !== 'not-running' && rates.interruption !== 'bad-time';
}

/** What is known where only failures are told. */
export function labelsOfFailures(failures: readonly Interval[]): Labels {
  return { failures, censored: failures.map(({ toMs }) => ({ fromMs: toMs, toMs: toMs + AFTERMATH_MS })) };
}
