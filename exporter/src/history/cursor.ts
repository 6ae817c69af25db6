import { z } from 'zod';
import { StoreRequestError } from './store.ts';

/** Where a page of recoveries ended: its last incident. */
export interface Cursor {
  openedAtMs: number;
  id: string;
}

const schema = z.tuple([z.int(), z.string().max(64)]);

export function encodeCursor({ openedAtMs, id }: Cursor): string {
  return Buffer.from(JSON.stringify([openedAtMs, id])).toString('base64url');
}

/** Throws StoreRequestError: a cursor comes from outside. */
export function decodeCursor(text: string): Cursor {
  try {
    const [openedAtMs, id] = schema.parse(JSON.parse(Buffer.from(text.slice(0, 256), 'base64url').toString()));
    return { openedAtMs, id };
  } catch {
    throw new StoreRequestError('cursor: expected the nextCursor of the page before');
  }
}
