/** What the fleet of predictors asks for (trained models) and what it tells (the observations that training needs). */
import type { Hmm } from './hmm/model.ts';
import type { Interruption } from './observation/signals.ts';

export type TargetKind = 'domain' | 'host';
/** `domain-<uuid>` or `host-<name>`: names a target, and its files under `prediction.folder`. */
export type TargetKey = `${TargetKind}-${string}`;

export function domainKey(uuid: string): TargetKey {
  return `domain-${uuid}`;
}

export function hostKey(name: string): TargetKey {
  return `host-${name}`;
}

export function kindOf(key: TargetKey): TargetKind {
  return key.startsWith('host-') ? 'host' : 'domain';
}

export interface TrainedModel {
  /** Never changed after it was handed out: a newly trained model is another object. */
  model: Hmm;
  /** Wall clock. */
  trainedAtMs: number;
  /** Length of the ticks that it was trained on. At another length (more than 1 % apart) it is not used. */
  tickSeconds: number;
}

/**
 * The trained models that there are. Asked synchronously when a target is first seen and for every target after `Fleet.modelsChanged`, so
 * that what is behind it may be replaced at any time. Must not throw.
 */
export interface ModelSource {
  /** Trained on this target alone; null: there is none. */
  own(key: TargetKey): TrainedModel | null;
  /** Trained on all targets of a kind together. */
  pooled(kind: TargetKind): TrainedModel | null;
}

/** Before anything is trained: the structured prior forecasts for all. */
export const NO_MODELS: ModelSource = { own: () => null, pooled: () => null };

/** One tick of one target, as training keeps it. Ticks of a domain that does not run, or whose host did not answer, are not told. */
export interface ObservedTick {
  key: TargetKey;
  /** Where the domain runs; of a host, its own name. */
  host: string;
  /** Wall clock of the reading. */
  atMs: number;
  /** Length of a tick now. */
  tickSeconds: number;
  /** `Observation.code`: symbol, MISSING or partial; fits an Int16. */
  code: number;
  /** Why the whole tick is missing; `restart`: a life of the target begins here. Null: it is not, or for another reason. */
  interruption: Interruption | null;
  /** An operation of ours overlapped the tick; it is missing then. */
  ownOperation: boolean;
  /** Habits are still being learnt: levels are known by absolute headroom alone. */
  coldStart: boolean;
}

/** Called for every tick, synchronously; must not throw, and be cheap: there may be 10,000 a tick. */
export type OnObservation = (tick: ObservedTick) => void;
