/** Many domains, each with a model of its own, as after a night of training. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { predictTick } from '../../../exporter/src/prediction/hmm/filter.ts';
import { createForecaster, forecastTick, newStanding } from '../../../exporter/src/prediction/hmm/forecaster.ts';
import type { Forecaster, Standing } from '../../../exporter/src/prediction/hmm/forecaster.ts';
import { createObserver, observe } from '../../../exporter/src/prediction/observation/observer.ts';
import type { Observer } from '../../../exporter/src/prediction/observation/observer.ts';
import { freshReading } from '../../../exporter/src/prediction/observation/simulated-domain.ts';
import { scatteredStarts, structuredModel } from '../../../exporter/src/prediction/prior.ts';
import { notNormalProbability, STATE_COUNT, statesOf } from '../../../exporter/src/prediction/states.ts';

const TICK_S = 5;
const HORIZON_S = 300;

export interface Member {
  forecaster: Forecaster;
  standing: Standing;
  /** What it is used to: takes no part in the forecast, but in the memory. */
  observer: Observer;
}

/** `count` domains and the bytes that they take. */
export function makeFleet(count: number, random: () => number): { fleet: Member[]; bytesPerDomain: number } {
  const targets = statesOf('abnormal', 'failed');
  const model = structuredModel(TICK_S);
  const fleet: Member[] = [];
  const before = memoryBytes();
  for (let n = 0; n < count; n++) {
    const forecaster = createForecaster(scatteredStarts(model, 2, random)[1]!, targets, [HORIZON_S / TICK_S]);
    const observer = createObserver();
    observe(observer, freshReading(n), { frozen: false, ownOperation: false });
    fleet.push({ forecaster, standing: newStanding(forecaster), observer });
  }
  return { fleet, bytesPerDomain: (memoryBytes() - before) / count };
}

/**
 * One tick of all: filter, P(not normal at the next tick), P(not normal within the horizon).
 *
 * @param into two numbers for each domain
 */
export function tickFleet(fleet: readonly Member[], symbols: Int16Array, into: Float64Array): void {
  const [next, horizon] = [new Float64Array(STATE_COUNT), new Float64Array(1)];
  for (let n = 0; n < fleet.length; n++) {
    const { forecaster, standing } = fleet[n]!;
    forecastTick(forecaster, standing, symbols[n]!, horizon);
    predictTick(forecaster.model, standing.belief, next);
    into[2 * n] = notNormalProbability(next);
    into[2 * n + 1] = horizon[0]!;
  }
}

function memoryBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // The first frees objects, the second the memory of their arrays.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
