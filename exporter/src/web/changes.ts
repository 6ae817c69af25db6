/** Recoveries that have changed since a cursor: by polling, or as server-sent events. */
import type { RequestHandler } from 'express';
import type { ChangeFeed } from '../history/changes.ts';
import type { Store } from '../history/store.ts';
import type { EventStreams } from './event-streams.ts';
import { changesQuery } from './query.ts';
import { recoveryItems } from './recovery-item.ts';
import type { RecoveryItem } from './recovery-item.ts';
import type { UnsentAnswers } from './unsent-answers.ts';
import { validate } from './validate.ts';

const DEFAULT_LIMIT = 100;

export interface Changes {
  /** Each once, in its newest state. */
  items: RecoveryItem[];
  nextCursor: string;
  /** The cursor is too old or of another process: list anew. */
  reset: boolean;
}

/** Where changes are told, and where the newest state of what has changed is read. */
export interface ChangeSource {
  changes: ChangeFeed;
  store: Pick<Store, 'incidents' | 'attemptsOf'>;
}

/** A recovery that is no longer kept is left out. */
export async function readChanges({ changes, store }: ChangeSource, cursor: string | null, limit: number): Promise<Changes> {
  const { ids, nextCursor, reset } = changes.since(cursor, limit);
  const items = ids.length === 0 ? [] : await recoveryItems(store, await store.incidents(ids));
  return { items, nextCursor, reset };
}

export function changesHandler(source: ChangeSource, streams: EventStreams, answers: UnsentAnswers): RequestHandler {
  return async (request, response) => {
    const { cursor = null, limit = DEFAULT_LIMIT } = validate(changesQuery, request.query, 'query');
    const wantsStream = request.method === 'GET' && request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream';
    if (wantsStream) return streams.open(response, request.get('last-event-id') ?? cursor);
    answers.json(response, await answers.read(response, () => readChanges(source, cursor, limit)));
  };
}
