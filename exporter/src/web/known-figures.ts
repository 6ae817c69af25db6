import type { AppVerdict } from '../perception/apps/verdict.ts';

/** Figures of an app as far as they are those of all its processes: where it cannot be told of some whether they are the app, they are too low. */
export function knownFigures({ state, evidence, figures }: AppVerdict): AppVerdict['figures'] {
  return state === 'unknown' || state === 'muted' || evidence.some(({ kind }) => kind === 'undecided') ? null : figures;
}
