/** What clients ask for at once, and are slow to take, may hold only so much of the memory that the recovery loop needs. */
import type { Response } from 'express';
import { Problem } from './problem.ts';

/** Of text; with what it is made from, the process holds several times as much. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Always answered: as many as there may be connections hold little. */
const SMALL_BYTES = 64 * 1024;
/** For one answer to be taken. */
const PATIENCE_MS = 30_000;
/** What is read of the store for an answer is several times as large as its text. */
const MOST_READ_AT_ONCE = 4;

export interface UnsentAnswers {
  /** Answers with JSON. Throws a 503 problem for what is not small where slow clients hold as much as possible already. */
  json(response: Response, body: unknown): void;
  /** What `read` reads, in its turn: only a few read at once. Not read for a client that has gone meanwhile. */
  read<T>(response: Response, read: () => Promise<T>): Promise<T>;
}

/** A single answer may be larger than `mostBytes`. */
export function createUnsentAnswers({ mostBytes = MOST_BYTES, patienceMs = PATIENCE_MS } = {}): UnsentAnswers {
  let unsentBytes = 0;
  let reading = 0;
  const waiting: (() => void)[] = [];
  const turn = async (): Promise<void> => {
    if (reading < MOST_READ_AT_ONCE) reading += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) reading -= 1;
    else next();
  };
  return {
    async read(response, read) {
      await turn();
      try {
        if (response.closed) throw new Problem(503, 'The client has gone.');
        return await read();
      } finally {
        leave();
      }
    },
    json(response, body) {
      if (response.closed || response.destroyed) return;
      const text = JSON.stringify(body);
      const bytes = Buffer.byteLength(text);
      if (unsentBytes >= mostBytes && bytes > SMALL_BYTES) {
        throw new Problem(503, 'Clients that read slowly hold as much of the answers as possible. Try again later, or ask for less.', { headers: { 'retry-after': '5' } });
      }
      unsentBytes += bytes;
      const limit = setTimeout(() => response.destroy(), patienceMs);
      response.once('close', () => {
        clearTimeout(limit);
        unsentBytes -= bytes;
      });
      response.type('json').send(text);
    },
  };
}
