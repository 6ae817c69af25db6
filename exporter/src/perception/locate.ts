import { isActive } from './states.ts';
import type { DomainSighting } from './view.ts';

/** Reasons of the paused state that mean: this side of a migration is not (or no longer) where the guest runs. */
const IN_TRANSIT: ReadonlySet<string> = new Set(['migration', 'postcopy', 'starting_up']);

export function isInTransit(sighting: DomainSighting): boolean {
  return sighting.state === 'paused' && IN_TRANSIT.has(sighting.reason);
}

/** The guest executes here, or would if it were not held for a reason of its own. */
function rank(sighting: DomainSighting): number {
  if (sighting.state === 'running') return 0;
  if (isActive(sighting.state) && !isInTransit(sighting)) return 1;
  if (isActive(sighting.state)) return 2;
  return sighting.reason === 'migrated' ? 4 : 3;
}

/**
 * Which of several sightings of one domain speaks for it: where it runs; else where it is held; else the side of a
 * migration that is not left behind; else its definition where it last was. `preferred`: hosts in order of preference
 * among equals; after them the latest.
 */
export function speaking(sightings: readonly DomainSighting[], preferred: readonly (string | null)[]): DomainSighting | null {
  let best: DomainSighting | null = null;
  for (const candidate of sightings) if (best === null || before(candidate, best, preferred)) best = candidate;
  return best;
}

function before(a: DomainSighting, b: DomainSighting, preferred: readonly (string | null)[]): boolean {
  if (rank(a) !== rank(b)) return rank(a) < rank(b);
  const place = (sighting: DomainSighting): number => {
    const index = preferred.indexOf(sighting.host);
    return index < 0 ? preferred.length : index;
  };
  if (place(a) !== place(b)) return place(a) < place(b);
  return a.sinceMs > b.sinceMs;
}
