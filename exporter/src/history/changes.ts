/** Which recoveries have changed lately, in memory: what a client that follows them asks for. */
import { randomBytes } from 'node:crypto';
import type { Store } from './store.ts';

/** Changes that are remembered; a client that is further behind lists anew. */
const CAPACITY = 50_000;
/** Attempts that have not ended; each domain has one at most. */
const MOST_ATTEMPTS = 100_000;

export interface ChangedIds {
  /** Each once, in the order of their last change. */
  ids: string[];
  nextCursor: string;
  /** The cursor is of another process, or older than what is remembered: list anew. */
  reset: boolean;
}

export interface ChangeFeed {
  /** The recovery, its attempts, steps or decisions have changed in the store. */
  changed(incidentId: string): void;
  /** At most `limit` of what has changed since the cursor. Null: nothing but the cursor of now. */
  since(cursor: string | null, limit: number): ChangedIds;
  /** Called after every change. Returns what ends it. */
  subscribe(listener: () => void): () => void;
}

/** `processId`: what tells the cursors of this process from those of others. */
export function createChangeFeed({ capacity = CAPACITY, processId = randomBytes(8).toString('hex') } = {}): ChangeFeed {
  /** Which recovery the change of each number was; number n at n modulo capacity. */
  const ring: string[] = [];
  /** Recovery -> number of its last change. */
  const latest = new Map<string, number>();
  const listeners = new Set<() => void>();
  let sequence = 0;

  const cursorAt = (position: number): string => `${processId}-${position}`;
  const positionOf = (cursor: string): number | null => {
    const [, owner, digits] = /^([0-9a-z]{1,64})-(\d{1,15})$/.exec(cursor) ?? [];
    const position = Number(digits);
    return owner === processId && position >= sequence - capacity && position <= sequence ? position : null;
  };
  const forget = (number: number): void => {
    const id = ring[number % capacity];
    if (id !== undefined && latest.get(id) === number) latest.delete(id);
  };

  return {
    changed(incidentId) {
      sequence += 1;
      forget(sequence - capacity);
      ring[sequence % capacity] = incidentId;
      latest.set(incidentId, sequence);
      for (const listener of listeners) listener();
    },
    since(cursor, limit) {
      const position = cursor === null ? sequence : positionOf(cursor);
      if (position === null) return { ids: [], nextCursor: cursorAt(sequence), reset: true };
      const ids: string[] = [];
      let end = position;
      for (; end < sequence && ids.length < limit; end += 1) {
        const id = ring[(end + 1) % capacity];
        if (id !== undefined && latest.get(id) === end + 1) ids.push(id);
      }
      return { ids, nextCursor: cursorAt(end), reset: false };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** `store`, which tells the feed of every change to a recovery as soon as it is stored. */
export function publishingStore(store: Store, feed: Pick<ChangeFeed, 'changed'>): Store {
  const incidentOfAttempt = new Map<string, string>();

  const rememberAttempt = ({ id, incidentId, state }: { id: string; incidentId: string; state: string }): void => {
    if (state === 'ended') return void incidentOfAttempt.delete(id);
    incidentOfAttempt.set(id, incidentId);
    const [oldest] = incidentOfAttempt.keys();
    if (incidentOfAttempt.size > MOST_ATTEMPTS && oldest !== undefined) incidentOfAttempt.delete(oldest);
  };
  /** Also after a failure: whether it was written is not always known, and a client that reads the same state again loses nothing. */
  const publishing = async <T>(incidentId: string | undefined, call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } finally {
      if (incidentId !== undefined) feed.changed(incidentId);
    }
  };

  const overrides: Partial<Store> = {
    async openIncident(incident) {
      const opened = await store.openIncident(incident);
      feed.changed(opened.incident.id);
      return opened;
    },
    patchIncident: (id, patch) => publishing(id, store.patchIncident(id, patch)),
    closeIncident: (id, end) => publishing(id, store.closeIncident(id, end)),
    addDecision: (decision) => publishing(decision.incidentId, store.addDecision(decision)),
    async planAttempt(attempt) {
      const planned = await publishing(attempt.incidentId, store.planAttempt(attempt));
      rememberAttempt(planned);
      return planned;
    },
    async patchAttempt(id, patch) {
      const incidentId = incidentOfAttempt.get(id);
      const patched = await publishing(incidentId, store.patchAttempt(id, patch));
      rememberAttempt(patched);
      if (incidentId === undefined) feed.changed(patched.incidentId);
      return patched;
    },
    beginStep: (step) => publishing(incidentOfAttempt.get(step.attemptId), store.beginStep(step)),
    endStep: (attemptId, ordinal, end) => publishing(incidentOfAttempt.get(attemptId), store.endStep(attemptId, ordinal, end)),
    async unfinishedAttempts() {
      const unfinished = await store.unfinishedAttempts();
      unfinished.forEach(rememberAttempt);
      return unfinished;
    },
  };
  return new Proxy(store, {
    get(target, name): unknown {
      const own: unknown = Reflect.get(overrides, name);
      if (own !== undefined) return own;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
