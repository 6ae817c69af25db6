import { Observable } from 'rxjs';
import type { Recovery } from '../../api/types';
import { MAX_RETRY_MS, POLL_INTERVAL_MS, type FeedEvent } from './changeFeed';

/** A list and how it stands. Both null: it could not be had yet, `error` says why. */
export interface Followed<L> {
  listing: L | null;
  /** Why there is no list. */
  error: unknown;
  /** Why the list is not up to date; null: it is. */
  interrupted: unknown;
}

export interface Follow<L> {
  feed: Observable<FeedEvent>;
  list(signal: AbortSignal): Promise<L>;
  merge(listing: L, changes: readonly Recovery[]): L;
}

/** One answer of `list`, given up when nobody listens any more. */
export function once<L>(list: (signal: AbortSignal) => Promise<L>): Observable<Followed<L>> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    list(abort.signal).then(
      (listing) => {
        subscriber.next({ listing, error: null, interrupted: null });
        subscriber.complete();
      },
      (error: unknown) => {
        subscriber.next({ listing: null, error, interrupted: null });
        subscriber.complete();
      }
    );
    return () => abort.abort();
  });
}

/**
 * A list, then the list with every change put in. It is listed after the feed's first event, so that no change falls between, and
 * anew where the feed says so or listing failed. Never ends, never fails: what is wrong is in what it gives.
 */
export function follow<L>({ feed, list, merge }: Follow<L>): Observable<Followed<L>> {
  return new Observable((subscriber) => {
    let listing: L | null = null;
    let listError: unknown = null;
    let feedError: unknown = null;
    let running: AbortController | null = null;
    let pending: Recovery[] = [];
    let isStale = true;
    let failures = 0;
    let notBeforeMs = 0;

    const show = (): void => {
      if (listing !== null) {
        subscriber.next({ listing, error: null, interrupted: feedError ?? listError });
      } else if (listError !== null) {
        subscriber.next({ listing, error: listError, interrupted: null });
      }
    };
    const listAnew = async (): Promise<void> => {
      const own = new AbortController();
      running?.abort();
      running = own;
      pending = [];
      try {
        const listed = await list(own.signal);
        if (own.signal.aborted) {
          return;
        }
        listing = merge(listed, pending);
        listError = null;
        failures = 0;
      } catch (error) {
        if (own.signal.aborted) {
          return;
        }
        listError = error;
        isStale = true;
        failures++;
        notBeforeMs = Date.now() + Math.min(MAX_RETRY_MS, POLL_INTERVAL_MS * 2 ** failures);
      }
      running = null;
      show();
    };
    const onEvent = (event: FeedEvent): void => {
      const wasInterrupted = feedError !== null;
      feedError = event.kind === 'interrupted' ? event.error : null;
      const changes = event.kind === 'changes' ? event.items : [];
      if (event.kind === 'ready' || event.kind === 'reset' || (isStale && Date.now() >= notBeforeMs)) {
        // Also while the feed is silent: it goes on from where it was, or says that it begins anew.
        isStale = false;
        void listAnew();
      }
      if (running !== null) {
        pending.push(...changes);
      } else if (listing !== null && changes.length > 0) {
        listing = merge(listing, changes);
      }
      if (changes.length > 0 || wasInterrupted || feedError !== null) {
        show();
      }
    };

    const subscription = feed.subscribe({ next: onEvent });
    return () => {
      subscription.unsubscribe();
      running?.abort();
    };
  });
}
