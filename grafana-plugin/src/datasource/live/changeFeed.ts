import { Observable, ReplaySubject, share } from 'rxjs';
import { ApiError } from '../../api/errors';
import type { Client } from '../../api/client';
import type { Recovery } from '../../api/types';

/**
 * `ready`: from now on every change comes; what is listed after it misses nothing · `reset`: changes were missed, list anew ·
 * `interrupted`: virtmedic can't be asked for now; it is tried again by itself.
 */
export type FeedEvent =
  | { kind: 'ready' }
  | { kind: 'changes'; items: Recovery[] }
  | { kind: 'reset' }
  | { kind: 'interrupted'; error: unknown };

export const POLL_INTERVAL_MS = 1000;
export const MAX_RETRY_MS = 30_000;

/**
 * Recoveries that change, asked for each second as long as someone listens and the page is seen. All listeners share one poll; who
 * comes later gets the newest event at once.
 */
export function changeFeed(changes: Client['changes']): Observable<FeedEvent> {
  return polling(changes).pipe(share({ connector: () => new ReplaySubject(1), resetOnRefCountZero: true }));
}

function polling(changes: Client['changes']): Observable<FeedEvent> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    let cursor: string | null = null;
    let failures = 0;
    let isAsking = false;
    let timer: ReturnType<typeof setTimeout> | null = null;

    const ask = async (): Promise<void> => {
      isAsking = true;
      try {
        const answer = await changes(cursor, abort.signal);
        const isFirst = cursor === null;
        cursor = answer.nextCursor;
        failures = 0;
        subscriber.next(
          isFirst ? { kind: 'ready' } : answer.reset ? { kind: 'reset' } : { kind: 'changes', items: answer.items }
        );
      } catch (error) {
        failures++;
        // A cursor that is refused would be refused for ever.
        cursor = error instanceof ApiError && error.kind === 'refused' ? null : cursor;
        if (!abort.signal.aborted) {
          subscriber.next({ kind: 'interrupted', error });
        }
      }
      isAsking = false;
      if (!abort.signal.aborted) {
        timer = setTimeout(due, Math.min(MAX_RETRY_MS, POLL_INTERVAL_MS * 2 ** failures));
      }
    };
    const due = (): void => {
      timer = null;
      if (!document.hidden) {
        void ask();
      }
    };
    const onVisibility = (): void => {
      if (timer === null && !isAsking) {
        due();
      }
    };

    document.addEventListener('visibilitychange', onVisibility);
    due();
    return () => {
      abort.abort();
      document.removeEventListener('visibilitychange', onVisibility);
      if (timer !== null) {
        clearTimeout(timer);
      }
    };
  });
}
