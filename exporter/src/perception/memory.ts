import type { Stop } from '../policy/types.ts';

/** What is remembered of a domain beyond the hosts' sightings of it. */
export interface DomainMemory {
  /** Where it last ran, or was last known. */
  lastHost: string | null;
  /** How it last stopped, by host. */
  stops: Map<string, Stop>;
  /** Host on which UNDEFINED was seen after a stop there. */
  undefinedOn: string | null;
}

export interface Memories {
  /** The memory of a domain; made when there is none. */
  of(uuid: string): DomainMemory;
  forget(uuid: string): void;
}

const MOST_MEMORIES = 100_000;

/** Bounded: hosts that make short-lived domains for years do not fill the memory; those made first are forgotten first. */
export function createMemories(isSeen: (uuid: string) => boolean): Memories {
  const memories = new Map<string, DomainMemory>();

  function makeRoom(): void {
    for (const uuid of memories.keys()) {
      if (memories.size < MOST_MEMORIES) return;
      if (!isSeen(uuid)) memories.delete(uuid);
    }
  }

  return {
    of(uuid) {
      let memory = memories.get(uuid);
      if (!memory) {
        if (memories.size >= MOST_MEMORIES) makeRoom();
        memory = { lastHost: null, stops: new Map(), undefinedOn: null };
        memories.set(uuid, memory);
      }
      return memory;
    },
    forget: (uuid) => void memories.delete(uuid),
  };
}
