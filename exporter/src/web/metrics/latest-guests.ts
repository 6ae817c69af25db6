import type { GuestStatus } from '../../perception/apps/view.ts';

/** Domains of one name on one host would be one series: the one that gave the latest list counts. */
export function latestOfEach(guests: readonly GuestStatus[]): GuestStatus[] {
  const latest = new Map<string, GuestStatus>();
  for (const guest of guests) {
    const key = `${guest.host}/${guest.domain}`;
    const known = latest.get(key);
    if (known === undefined || (known.lastListAtMs ?? -Infinity) <= (guest.lastListAtMs ?? -Infinity)) latest.set(key, guest);
  }
  return [...latest.values()];
}
