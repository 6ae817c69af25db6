import type { GuestCheck } from './check.ts';
import type { MatrixEntry } from './matrix.ts';
import type { Results } from './results.ts';

/** What has still to be done. */
export interface Due {
  entry: MatrixEntry;
  check: Pick<GuestCheck, 'name' | 'parts'>;
}

/** Seconds that it will take by what the same took before; `unknown`: how many were never timed in any guest. */
export interface Estimate {
  seconds: number;
  unknown: number;
}

/**
 * Each takes as long as it took in that guest, else as in guests of that system, else as in any. Parts that are through count no more. Pure.
 *
 * @param entries all guests, whose times may be known
 */
export function estimate(due: readonly Due[], entries: readonly MatrixEntry[], results: Pick<Results, 'seconds' | 'find'>): Estimate {
  const mean = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length);
  const known = (check: string, of: (entry: MatrixEntry) => boolean): number | undefined => mean(entries.filter(of).flatMap(({ name }) => results.seconds(name, check) ?? []));
  let [seconds, unknown] = [0, 0];
  for (const { entry, check } of due) {
    const takes = results.seconds(entry.name, check.name) ?? known(check.name, ({ system }) => system === entry.system) ?? known(check.name, () => true);
    const kept = results.find(entry.name, check.name);
    const left = kept?.status === 'not-run' ? 1 - kept.partsDone / (check.parts ?? 1) : 1;
    if (takes === undefined) unknown += 1;
    else seconds += takes * left;
  }
  return { seconds, unknown };
}

/** For people, such as "about 1 h 20 min left, and 3 checks that were never timed". */
export function describeEstimate({ seconds, unknown }: Estimate): string {
  const minutes = Math.ceil(seconds / 60);
  const time = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const others = `${unknown} check${unknown === 1 ? '' : 's'} that ${unknown === 1 ? 'was' : 'were'} never timed`;
  if (unknown === 0) return `about ${time} left`;
  return seconds === 0 ? `no estimate yet: ${others}` : `about ${time} left, and ${others}`;
}
