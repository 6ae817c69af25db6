import { createLookReader } from '../../../exporter/src/guest/helper/look.ts';
import { seenGuest, type SeenGuest } from '../../../exporter/src/guest/helper/seen-guest.ts';
import type { GuestCheck } from '../check.ts';
import { openGuest } from './open-guest.ts';
import { compareResources, ownResourcesScript, parseOwnResources } from './own-resources.ts';

/** A file system of a known size, half full. */
const FOLDER = '/tmp/check-resources';
const FILL = `mkdir -p ${FOLDER} && mount -t tmpfs -o size=8m check ${FOLDER} && head -c 4000000 /dev/zero > ${FOLDER}/x`;
const EMPTY = `umount ${FOLDER} && rmdir ${FOLDER}`;
/** What is written to in between is looked at again. */
const ATTEMPTS = 5;

/** File systems, memory and load as the guest's own kernel gives them to its programs. */
export const resources: GuestCheck = {
  name: 'resources',
  what: 'use of its ext4 and tmpfs file systems, memory and load, out of looks, are what statfs, /proc/meminfo and /proc/loadavg say',
  timeoutSeconds: 120,
  async run({ guest, entry }) {
    await using opened = await openGuest(guest);
    let nowMs = 0;
    // File systems are read anew only after a while.
    const reader = createLookReader(opened.kernel, () => (nowMs += 60_000));
    const look = (): SeenGuest => seenGuest(JSON.parse(JSON.stringify(reader.look())));
    await guest.agent.run(FILL);
    try {
      let mismatches: string[] = [];
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const before = look();
        const known = (before.fileSystems ?? []).filter(({ use }) => use !== null);
        const own = parseOwnResources(await guest.agent.run(ownResourcesScript(known.map(({ mountpoint }) => mountpoint))));
        mismatches = [...compareResources(before, own, look()), ...missing(before, entry.system)];
        if (mismatches.length === 0) return { fileSystems: own.fileSystems.size, unknownFileSystems: (before.fileSystems?.length ?? 0) - known.length };
      }
      throw new Error(mismatches.join('\n'));
    } finally {
      await guest.agent.run(EMPTY);
    }
  },
};

function missing({ fileSystems }: SeenGuest, system: 'tiny' | 'debian'): string[] {
  const has = (path: string, kind: string): boolean => fileSystems?.some(({ mountpoint, type, use }) => mountpoint === path && type === kind && use !== null) ?? false;
  return [...(has(FOLDER, 'tmpfs') ? [] : [`no tmpfs at ${FOLDER}`]), ...(system === 'tiny' || has('/', 'ext4') ? [] : ['no ext4 at /'])];
}
