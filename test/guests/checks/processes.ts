import type { GuestCheck } from '../check.ts';
import { compareWithOwnView } from './frozen-view.ts';
import { openGuest } from './open-guest.ts';

const SHOWN = 20;

/** The list from outside is the guest's own, in every field. */
export const processes: GuestCheck = {
  name: 'processes',
  what: 'its processes and listening sockets, looked at while it stands still, are in every field what its own /proc and systemd say',
  timeoutSeconds: 400,
  async run({ guest, entry }) {
    await using opened = await openGuest(guest);
    const { compared, processes: count, units, mismatches } = await compareWithOwnView(guest, opened.kernel, entry.system);
    if (mismatches.length > 0) throw new Error(`${mismatches.length} mismatches: ${mismatches.slice(0, SHOWN).join('\n')}`);
    if (compared < 30) throw new Error(`only ${compared} of ${count} processes could be compared`);
    return { processes: count, compared, units };
  },
};
