import { formatEntry, parseEntry } from '../../journal-entry.ts';
import type { Journal } from '../../journal.ts';
import type { HelperLife } from './helper-life.ts';

/** A journal whose entries are what would be in its files. */
export function simulateJournal({ operate, requireAlive }: HelperLife): Journal {
  const files = new Map<string, string>();
  return {
    write: (entry) => void operate(() => files.set(entry.domain, formatEntry(entry))),
    read(domain) {
      requireAlive();
      const text = files.get(domain);
      return text === undefined ? null : parseEntry(text);
    },
    remove: (domain) => void operate(() => files.delete(domain)),
    domains: () => [...files.keys()],
  };
}
