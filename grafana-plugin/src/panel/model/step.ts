/** How far apart samples are, and from where on two of them have a gap between them. */

/** Samples are no longer neighbours where they are further apart than this many steps: one late sample is no gap. */
export const GAP_STEPS = 1.75;

/** The step where nothing tells it: Prometheus' own default for scrapes. */
const DEFAULT_STEP_MS = 15_000;

/** The step of samples: as the source says (`interval` of its time field), else their own distance, else what was asked for. */
export function stepOf(toldMs: number | null, allTimes: number[][], askedMs: number | null): number {
  return positive(toldMs) ?? guessStep(smallestStep(allTimes), positive(askedMs));
}

function positive(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value > 0 ? value : null;
}

/** The samples' own distance, unless it is so much longer than asked for that they are of several spells. */
function guessStep(seenMs: number | null, askedMs: number | null): number {
  const askedOrDefaultMs = askedMs ?? DEFAULT_STEP_MS;
  return seenMs !== null && (askedMs === null || seenMs <= 8 * askedMs) ? seenMs : askedOrDefaultMs;
}

function smallestStep(allTimes: number[][]): number | null {
  let smallest = Infinity;
  for (const times of allTimes) {
    const sorted = [...times].sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) {
      const difference = (sorted[i] ?? 0) - (sorted[i - 1] ?? 0);
      if (difference > 0 && difference < smallest) {
        smallest = difference;
      }
    }
  }
  return Number.isFinite(smallest) ? smallest : null;
}
