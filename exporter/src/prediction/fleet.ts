/** Predictors of all domains and hosts: what every tick's readings become. */
export { domainKey, hostKey, kindOf, NO_MODELS } from './model-source.ts';
export type { ModelSource, ObservedTick, OnObservation, TargetKey, TargetKind, TrainedModel } from './model-source.ts';
export type { SampledHost } from './sampled-host.ts';
