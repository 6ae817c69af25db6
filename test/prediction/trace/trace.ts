import type { DomainReading } from '../../../exporter/src/prediction/observation/reading.ts';
import type { KindName } from './kinds.ts';

/**
 * What happened to the guest, as the recorder did or saw it from outside:
 * busy: healthy load that looks like more (a burst, a crowd, a backup); operation: a restart or migration that somebody ordered;
 * decline: the failing workload began; failed: see the detail; restarted: it serves again.
 */
export const LABEL_KINDS = ['busy-start', 'busy-end', 'operation-start', 'operation-end', 'decline', 'failed', 'restarted'] as const;
export type LabelKind = (typeof LABEL_KINDS)[number];

export interface Label {
  /** Wall clock, the same as in the readings. */
  atMs: number;
  kind: LabelKind;
  /** For `failed`: silent, stuck, cannot-write or killed; for others what was done. */
  detail: string;
}

/** One guest, from when it first served. */
export interface Trace {
  kind: KindName;
  seed: number;
  tickMs: number;
  /** How the seed set the scenario, for people. */
  about: string;
  labels: readonly Label[];
  /** In order of time; a tick that libvirt did not answer is not there. */
  readings: readonly DomainReading[];
}

/** Null where there is no such label. */
export function timeOf(trace: Trace, kind: LabelKind): number | null {
  return trace.labels.find((label) => label.kind === kind)?.atMs ?? null;
}
