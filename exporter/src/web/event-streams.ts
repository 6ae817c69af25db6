/** Changes of recoveries as server-sent events (HTML standard, "Server-sent events"). */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import type { Logger } from 'pino';
import type { Changes } from './changes.ts';
import { Problem } from './problem.ts';

const MOST_STREAMS = 64;
/** Items of one event: with those of one event in the socket's buffer, all that a slow client makes us hold. */
const ITEMS_PER_EVENT = 20;
const HEARTBEAT_MS = 15_000;
/** A client that has read nothing for so long is gone. */
const STALLED_MS = 30_000;
/** Changes that come thick and fast are told together: least time between two events, unless the first was full. */
const SPACING_MS = 50;
/** How long a client should wait before it connects again. */
const RETRY_MS = 2000;

export interface EventStreams {
  /** Answers with events until the client goes or the server stops. Throws a 503 problem where too many are open. */
  open(response: Response, cursor: string | null): Promise<void>;
  /** Ends all that are open; clients connect again. */
  endAll(): void;
  /** Ends all, and takes no more. */
  stop(): void;
}

export interface EventStreamOptions {
  read(cursor: string | null, limit: number): Promise<Changes>;
  subscribe(listener: () => void): () => void;
  log: Logger;
  mostStreams?: number;
  heartbeatMs?: number;
  stalledMs?: number;
}

/**
 * Each stream keeps only its cursor: a client that reads slowly gets the newest state of what it has missed, or `reset` when
 * that is no longer remembered.
 */
export function createEventStreams(options: EventStreamOptions): EventStreams {
  const { mostStreams = MOST_STREAMS } = options;
  const running = new Set<AbortController>();
  const read = shared(options.read);
  let stopped = false;
  const endAll = (): void => {
    for (const end of running) end.abort();
  };
  return {
    async open(response, cursor) {
      if (stopped || running.size >= mostStreams) {
        throw new Problem(503, `${running.size} streams of events are open, which is as many as possible. Poll instead, or try again later.`, { headers: { 'retry-after': '30' } });
      }
      if (response.closed) return;
      const end = new AbortController();
      running.add(end);
      response.once('close', () => end.abort());
      try {
        await follow({ ...options, read }, response, cursor, end.signal);
      } finally {
        running.delete(end);
      }
    },
    endAll,
    stop() {
      stopped = true;
      endAll();
    },
  };
}

interface Event {
  text: string;
  nextCursor: string;
  items: number;
  reset: boolean;
}

type Read = (cursor: string | null) => Promise<Event>;

/** Streams that ask for the same at the same time get one answer: the recovery loop needs the store more than they do. */
function shared(read: EventStreamOptions['read']): Read {
  const underWay = new Map<string | null, Promise<Event>>();
  return (cursor) => {
    const event = underWay.get(cursor) ?? read(cursor, ITEMS_PER_EVENT).then(toEvent).finally(() => underWay.delete(cursor));
    underWay.set(cursor, event);
    return event;
  };
}

function toEvent(changes: Changes): Event {
  const { nextCursor, reset, items } = changes;
  const text = `event: ${reset ? 'reset' : 'changes'}\nid: ${nextCursor}\ndata: ${JSON.stringify(changes)}\n\n`;
  return { text, nextCursor, reset, items: items.length };
}

type FollowOptions = Omit<EventStreamOptions, 'read'> & { read: Read };

async function follow(options: FollowOptions, response: Response, from: string | null, ended: AbortSignal): Promise<void> {
  const { read, subscribe, log, heartbeatMs = HEARTBEAT_MS } = options;
  // The first answer comes before the headers, so that a store that cannot read is an error and no stream.
  const first = await read(from);
  const bell = createBell();
  const unsubscribe = subscribe(bell.ring);
  const heartbeat = setInterval(() => void (response.writableNeedDrain || response.write(': alive\n\n')), heartbeatMs);
  ended.addEventListener('abort', bell.ring);
  try {
    response.status(200).set({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
    response.write(`retry: ${RETRY_MS}\n\n`);
    await send(options, response, first, ended);
    for (let cursor = first.nextCursor; !ended.aborted; ) {
      const next = await read(cursor);
      if (next.nextCursor === cursor) await bell.rung();
      else if (next.items > 0 || next.reset) await send(options, response, next, ended);
      if (next.items > 0 && next.items < ITEMS_PER_EVENT) await sleep(SPACING_MS, undefined, { signal: ended });
      cursor = next.nextCursor;
    }
  } catch (error) {
    // The status is sent; the client notices the end and connects again with its last event id.
    if (!ended.aborted) log.warn({ err: error }, 'a stream of events ended');
  } finally {
    clearInterval(heartbeat);
    unsubscribe();
    ended.removeEventListener('abort', bell.ring);
    response.end();
  }
}

/** Resolves when the client can take more. Rejects where it reads no more. */
async function send({ stalledMs = STALLED_MS }: FollowOptions, response: Response, { text }: Event, ended: AbortSignal): Promise<void> {
  if (response.write(text)) return;
  const limit = AbortSignal.timeout(stalledMs);
  try {
    await once(response, 'drain', { signal: AbortSignal.any([ended, limit]) });
  } catch (error) {
    if (limit.aborted) response.destroy();
    throw error;
  }
}

/** Remembers one ringing while nobody waits. */
function createBell(): { ring: () => void; rung: () => Promise<void> } {
  let isRung = false;
  let wake: () => void = () => undefined;
  return {
    ring() {
      isRung = true;
      wake();
    },
    async rung() {
      if (!isRung) await new Promise<void>((resolve) => (wake = resolve));
      isRung = false;
    },
  };
}
