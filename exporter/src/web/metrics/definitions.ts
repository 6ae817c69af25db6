import type { DomainRef, Parameters } from '../../libvirt/index.ts';
import { parseDefinition, type Definition } from './definition.ts';

/**
 * Keeps what metrics need of one host's definitions. A definition is fetched again when it may have changed: another
 * instance runs, an event said so, the devices in the statistics are others, or it is old, as some changes (a medium, say)
 * show nowhere else.
 */
export interface Definitions {
  get(domain: DomainRef): Definition | null;
  /** Those of the domains whose definition is to be fetched. */
  due(domains: readonly DomainRef[], nowMs: number): DomainRef[];
  set(domain: DomainRef, xml: string, nowMs: number): void;
  /** Compares the devices of a running domain with the statistics. */
  check(domain: DomainRef, params: Parameters): void;
  changed(uuid: string): void;
  /** Forgets all others. */
  keep(domains: readonly DomainRef[]): void;
}

/** With a spread, so that those fetched together are not fetched together again. */
const MAX_AGE_MS = { least: 240_000, spread: 120_000 };

interface Entry {
  instance: number;
  definition: Definition | null;
  expiresMs: number;
  stale: boolean;
}

export function createDefinitions(random: () => number = Math.random): Definitions {
  const entries = new Map<string, Entry>();

  return {
    get: ({ uuid }) => entries.get(uuid)?.definition ?? null,
    due: (domains, nowMs) =>
      domains.filter(({ uuid, id }) => {
        const entry = entries.get(uuid);
        return entry === undefined || entry.stale || entry.instance !== id || entry.expiresMs <= nowMs;
      }),
    set({ uuid, id }, xml, nowMs) {
      const expiresMs = nowMs + MAX_AGE_MS.least + MAX_AGE_MS.spread * random();
      entries.set(uuid, { instance: id, definition: parseDefinition(xml), expiresMs, stale: false });
    },
    check({ uuid }, params) {
      const entry = entries.get(uuid);
      if (entry?.definition && !matches(entry.definition, params)) entry.stale = true;
    },
    changed(uuid) {
      const entry = entries.get(uuid);
      if (entry) entry.stale = true;
    },
    keep(domains) {
      const kept = new Set(domains.map(({ uuid }) => uuid));
      for (const uuid of entries.keys()) if (!kept.has(uuid)) entries.delete(uuid);
    },
  };
}

function matches(definition: Definition, params: Parameters): boolean {
  const hasAll = (group: string, known: readonly string[]): boolean => {
    const count = params[`${group}.count`];
    if (typeof count !== 'number') return true;
    for (let index = 0; index < count; index++) {
      const name = params[`${group}.${index}.name`];
      if (typeof name === 'string' && !known.includes(name)) return false;
    }
    return count === known.length;
  };
  const targets = definition.interfaces.map(({ target }) => target).filter((target) => target !== '');
  return hasAll('block', definition.disks.map(({ target }) => target)) && hasAll('net', targets);
}
