/** What a guest has left, by its latest look: load, memory, room in its file systems. Nothing is concluded from it here. */
import type { SeenGuest } from '../../guest/helper/seen-guest.ts';
import type { GuestFileSystem } from '../../guest/liveness/file-system-use.ts';
import type { GuestMemoryUse } from '../../guest/liveness/memory-use.ts';

/** Null is unknown, never 0. */
export interface SeenResources {
  /** Averages of 1, 5 and 15 minutes. */
  load: readonly [number, number, number] | null;
  memory: GuestMemoryUse | null;
  /** Those that can fill up; texts are the guest's. */
  fileSystems: readonly GuestFileSystem[] | null;
}

export function resourcesOf({ liveness, fileSystems }: Pick<SeenGuest, 'liveness' | 'fileSystems'>): SeenResources {
  return { load: liveness?.load ?? null, memory: liveness?.memory ?? null, fileSystems };
}
