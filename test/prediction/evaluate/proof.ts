/** The method against what operators have today, on the same guests: chosen on the training split, judged on the test split. */
import { configSchema } from '../../../exporter/src/config/schema.ts';
import type { Trace } from '../trace/trace.ts';
import type { Limits } from './alarms.ts';
import { brierOf } from './brier.ts';
import type { Brier } from './brier.ts';
import { GAUSSIAN_LIMITS, GAUSSIAN_SETTINGS, STATIC_LIMITS } from './candidates.ts';
import { crossValidate, live } from './cross-validate.ts';
import type { Lived } from './cross-validate.ts';
import { figuresOf } from './figures.ts';
import type { Figures } from './figures.ts';
import { judge } from './judge.ts';
import type { Scored } from './judge.ts';
import { usedShares } from './peers/static-thresholds.ts';
import { largestDeviation } from './peers/windowed-gaussian.ts';
import type { GaussianSettings } from './peers/windowed-gaussian.ts';
import { seriesOf } from './replay.ts';
import { best, sweep } from './sweep.ts';
import type { Judged } from './sweep.ts';
import { DEFAULT_METHOD } from './train-on-traces.ts';

export const FOLDS = 4;

export interface Proof {
  /** Cross-validated on the training split. */
  training: Figures;
  test: Figures;
  /** Of each horizon, on the test split. */
  brier: { horizonSeconds: number; brier: Brier }[];
  /** The structured prior alone, as on the day of the installation. */
  untrained: Figures;
  staticThresholds: Peer<null>;
  gaussian: Peer<GaussianSettings>;
}

export interface Peer<Settings> {
  /** What was chosen on the training split: recall as high as can be at no more false alarms than ours. */
  chosen: Judged<Settings>;
  test: Figures;
}

/** The limits of the alarm as the daemon has them by default. */
export function defaultLimits(): Limits {
  return configSchema.shape.prediction.parse({}).alarm;
}

/** @param onStep told what comes next */
export function prove(training: readonly Trace[], test: readonly Trace[], onStep: (step: string) => void = () => {}): Proof {
  const limits = defaultLimits();
  const tickSeconds = DEFAULT_METHOD.settings.parameters.intervalSeconds;
  onStep(`cross-validation on ${training.length} training traces`);
  const practice = crossValidate(training, FOLDS, DEFAULT_METHOD);
  const trainingFigures = figuresOf(judge(scored(practice), limits), tickSeconds);
  onStep('the peers are tuned on the training traces');
  const allowed = trainingFigures.falseAlarmsPerDay ?? 0;
  const chosenStatic = best(sweep([null], STATIC_LIMITS, () => scoredBy(practice, usedShares), tickSeconds), allowed);
  const chosenGaussian = best(sweep(GAUSSIAN_SETTINGS, GAUSSIAN_LIMITS, (one) => scoredBy(practice, (ticks) => largestDeviation(ticks, one)), tickSeconds), allowed);
  onStep(`judgement on ${test.length} test traces`);
  const lived = live(test, training, DEFAULT_METHOD);
  const figures = (those: readonly Scored[], by: Limits): Figures => figuresOf(judge(those, by), tickSeconds);
  return {
    training: trainingFigures,
    test: figures(scored(lived), limits),
    brier: DEFAULT_METHOD.settings.horizonSeconds.map((horizonSeconds, h) => ({ horizonSeconds, brier: brierOf(scored(lived, h), horizonSeconds) })),
    untrained: figures(scored(live(test, [], { ...DEFAULT_METHOD, training: null })), limits),
    staticThresholds: { chosen: chosenStatic, test: figures(scoredBy(lived, usedShares), chosenStatic.limits) },
    gaussian: { chosen: chosenGaussian, test: figures(scoredBy(lived, (ticks) => largestDeviation(ticks, chosenGaussian.settings)), chosenGaussian.limits) },
  };
}

/** By our own probability of a horizon; the first is the one that alarms. */
export function scored(lived: readonly Lived[], horizon = 0): Scored[] {
  return scoredBy(lived, (ticks) => seriesOf(ticks, horizon));
}

function scoredBy(lived: readonly Lived[], score: (ticks: Lived['ticks']) => Scored['series']): Scored[] {
  return lived.map(({ course, ticks }) => ({ course, series: score(ticks) }));
}
