/**
 * Domains that run on more than one host at once. Events of two hosts arrive in any order, so a live migration can look
 * like that for a moment: only two consecutive listings of each of the hosts prove it.
 */
export interface Overlaps {
  /** The hosts that show the domain running now, after any change of a sighting. */
  runningOn(uuid: string, hosts: readonly string[]): void;
  /** A complete listing of `host` showed these domains running. */
  listed(host: string, running: Iterable<string>): void;
  /** The hosts on which it is proven to run at once; null: not proven. */
  proven(uuid: string): string[] | null;
}

const LOOKS_NEEDED = 2;

export function createOverlaps(): Overlaps {
  /** uuid -> host -> consecutive listings that showed it running while it also ran elsewhere. */
  const looks = new Map<string, Map<string, number>>();

  return {
    runningOn(uuid, hosts) {
      if (hosts.length < 2) {
        looks.delete(uuid);
        return;
      }
      const before = looks.get(uuid);
      looks.set(uuid, new Map(hosts.map((host) => [host, before?.get(host) ?? 0])));
    },
    listed(host, running) {
      for (const uuid of running) {
        const counts = looks.get(uuid);
        const count = counts?.get(host);
        if (counts && count !== undefined) counts.set(host, count + 1);
      }
    },
    proven(uuid) {
      const hosts = [...(looks.get(uuid) ?? [])].filter(([, count]) => count >= LOOKS_NEEDED).map(([host]) => host);
      return hosts.length >= 2 ? hosts.sort() : null;
    },
  };
}
