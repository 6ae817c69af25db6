import { forecasterFor } from '../../../exporter/src/prediction/predictor.ts';
import { isHealthyKind, KIND_NAMES } from '../trace/kinds.ts';
import type { Trace } from '../trace/trace.ts';
import { courseOf } from './course.ts';
import type { Course } from './course.ts';
import { replay } from './replay.ts';
import type { ReplayedTick } from './replay.ts';
import { modelFor } from './train-on-traces.ts';
import type { Method } from './train-on-traces.ts';

export interface Lived {
  course: Course;
  ticks: ReplayedTick[];
}

/** Parts of about equal size, every kind spread evenly over them by the order of its seeds. Empty parts are left out. */
export function foldsOf(traces: readonly Trace[], folds: number): Trace[][] {
  const parts: Trace[][] = Array.from({ length: folds }, () => []);
  let next = 0;
  for (const kind of KIND_NAMES) {
    const ours = traces.filter((trace) => trace.kind === kind).toSorted((a, b) => a.seed - b.seed);
    for (const trace of ours) parts[next++ % folds]!.push(trace);
  }
  return parts.filter((part) => part.length > 0);
}

/** Every trace by a model that was trained on the other parts. */
export function crossValidate(traces: readonly Trace[], folds: number, method: Readonly<Method>): Lived[] {
  const parts = foldsOf(traces, folds);
  return parts.flatMap((part) => live(part, parts.filter((other) => other !== part).flat(), method));
}

/** Every failing trace by a model that was trained without any of its kind: what training does not know is met in life, too. */
export function withoutOwnKind(traces: readonly Trace[], method: Readonly<Method>): Lived[] {
  const kinds = new Set(traces.flatMap(({ kind }) => (isHealthyKind(kind) ? [] : [kind])));
  return [...kinds].flatMap((kind) => live(traces.filter((trace) => trace.kind === kind), traces.filter((trace) => trace.kind !== kind), method));
}

/** Each of `traces` by a model that was trained on `training`. */
export function live(traces: readonly Trace[], training: readonly Trace[], method: Readonly<Method>): Lived[] {
  const forecaster = forecasterFor(modelFor(training, method), method.settings);
  return traces.map((trace) => ({ course: courseOf(trace), ticks: replay(trace, method.settings, forecaster) }));
}
