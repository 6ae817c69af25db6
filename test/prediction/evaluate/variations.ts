/** What is tried of the method on the training split, each as a change of the default. */
import type { LabelOptions } from '../../../exporter/src/prediction/states-known.ts';
import type { ObservationParameters } from '../../../exporter/src/prediction/observation/parameters.ts';
import type { SignalScale } from '../../../exporter/src/prediction/observation/parameters.ts';
import { forEachSignal } from '../../../exporter/src/prediction/observation/signals.ts';
import { DEFAULT_METHOD } from './train-on-traces.ts';
import type { Method } from './train-on-traces.ts';

export interface Variation {
  name: string;
  method: Readonly<Method>;
}

export const VARIATIONS: readonly Variation[] = [
  { name: 'default', method: DEFAULT_METHOD },
  { name: 'untrained', method: { ...DEFAULT_METHOD, training: null } },
  { name: 'viterbi', method: { ...DEFAULT_METHOD, settings: { ...DEFAULT_METHOD.settings, form: 'viterbi' } } },
  ...[30, 120, 300].map((seconds) => ({ name: `horizon ${seconds} s`, method: { ...DEFAULT_METHOD, settings: { ...DEFAULT_METHOD.settings, horizonSeconds: [seconds, 600] } } })),
  ...[120, 300, 600].map((leadSeconds) => ({ name: `lead ${leadSeconds} s`, method: labelled({ leadSeconds }) })),
  ...[30, 60, 120].map((abnormalSeconds) => ({ name: `surely abnormal for the last ${abnormalSeconds} s`, method: labelled({ abnormalSeconds }) })),
  ...[0.1, 0.3, 3].map((factor) => ({ name: `structured prior x ${factor}`, method: strengthened(factor) })),
  ...[60, 180].map((coldStartTicks) => ({ name: `cold start of ${coldStartTicks} ticks`, method: observed({ coldStartTicks }) })),
  ...[0.7, 1.5].map((factor) => ({ name: `margins x ${factor}`, method: observed({ scales: forEachSignal((signal) => wider(signal, factor)) }) })),
  ...[0.1, 0.5].map((freezeAbove) => ({ name: `habits frozen above ${freezeAbove}`, method: { ...DEFAULT_METHOD, settings: { ...DEFAULT_METHOD.settings, freezeAbove } } })),
];

function labelled(change: Partial<LabelOptions>): Method {
  const { training } = DEFAULT_METHOD;
  return training === null ? DEFAULT_METHOD : { ...DEFAULT_METHOD, training: { ...training, labelling: { ...training.labelling, ...change } } };
}

function strengthened(factor: number): Method {
  const { training } = DEFAULT_METHOD;
  if (training === null) return DEFAULT_METHOD;
  const { normal, abnormal, failed, sequences } = training.structured;
  return { ...DEFAULT_METHOD, training: { ...training, structured: { normal: normal * factor, abnormal: abnormal * factor, failed: failed * factor, sequences } } };
}

function observed(change: Partial<ObservationParameters>): Method {
  return { ...DEFAULT_METHOD, settings: { ...DEFAULT_METHOD.settings, parameters: { ...DEFAULT_METHOD.settings.parameters, ...change } } };
}

function wider(signal: keyof ObservationParameters['scales'], factor: number): SignalScale {
  const scale = DEFAULT_METHOD.settings.parameters.scales[signal];
  return { ...scale, margin: scale.margin * factor };
}
