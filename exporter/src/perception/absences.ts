/**
 * Counts, for domains that no host shows, the consecutive complete listings of every host without them. A host that
 * cannot be heard begins the count anew: what it runs is unknown.
 */
export interface Absences {
  /** The domain is nowhere now; does nothing where that is known. `revealedBy`: the host whose complete listing showed it. */
  begin(uuid: string, revealedBy?: string): void;
  /** The domain is somewhere. */
  end(uuid: string): void;
  /** Some host became silent, or the set of hosts changed. */
  beginAnew(): void;
  /** Complete listings of every host since `begin`. */
  listings(uuid: string): number;
}

export interface ListingCount {
  name: string;
  /** Complete listings so far. */
  listings: number;
  /** A listing is under way; it may have looked before the absence began, so it does not count. */
  underWay: boolean;
}

const MOST_ABSENT = 100_000;

export function createAbsences(hosts: () => Iterable<ListingCount>): Absences {
  const baselines = new Map<string, Map<string, number>>();

  function begin(uuid: string, revealedBy?: string): void {
    if (baselines.has(uuid)) return;
    if (baselines.size >= MOST_ABSENT) baselines.delete(baselines.keys().next().value as string);
    const baseline = new Map<string, number>();
    for (const host of hosts()) {
      baseline.set(host.name, host.name === revealedBy ? host.listings - 1 : host.listings + (host.underWay ? 1 : 0));
    }
    baselines.set(uuid, baseline);
  }

  return {
    begin,
    end: (uuid) => void baselines.delete(uuid),
    beginAnew: () => baselines.clear(),
    listings(uuid) {
      begin(uuid);
      const baseline = baselines.get(uuid);
      let fewest = Infinity;
      for (const host of hosts()) fewest = Math.min(fewest, host.listings - (baseline?.get(host.name) ?? host.listings));
      return Number.isFinite(fewest) ? Math.max(0, fewest) : 0;
    },
  };
}
