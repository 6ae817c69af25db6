import { PHASES, type Phase } from './types';

export type PhaseLengths = Record<Phase['name'], number | null>;

/**
 * The phases one after the other from the start of the fault, each as long as it took, the last cut at the end. A phase without a
 * length takes no time: where nothing was begun, none was decided, executed or verified.
 */
export function phasesFrom(startMs: number, endMs: number | null, lengths: PhaseLengths): Phase[] {
  const phases: Phase[] = [];
  const limitMs = endMs ?? Infinity;
  let atMs = startMs;
  for (const name of PHASES) {
    const length = lengths[name];
    if (length === null || length <= 0) {
      continue;
    }
    const phaseEndMs = Math.min(atMs + length, limitMs);
    if (phaseEndMs > atMs) {
      phases.push({ name, startMs: atMs, endMs: phaseEndMs });
    }
    atMs = phaseEndMs;
  }
  return phases;
}
