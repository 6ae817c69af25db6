import { listsUnderChurn } from '../../bench/introspection/measure.ts';
import type { GuestCheck } from '../check.ts';
import { openGuest } from './open-guest.ts';

/** In each guest; over the whole matrix more than 10,000. */
export const LISTS = 450;

/** No list that is accepted is wrong, however fast processes begin and end. */
export const churn: GuestCheck = {
  name: 'churn',
  what: `${LISTS} lists of its processes while loops in it fork: none misses a process that lasts, none shows one that never was`,
  timeoutSeconds: 900,
  async run({ guest, signal }) {
    await using opened = await openGuest(guest);
    const { lists, wrongLists, missing, ghosts, refused, retries, forks } = await listsUnderChurn(guest, opened.kernel, LISTS, signal);
    if (wrongLists > 0) throw new Error(`${wrongLists} of ${lists} lists are wrong: ${missing} miss a process, ${ghosts} processes never were`);
    return { lists, refused, retries, forks };
  },
};
