import type { Store } from '../store.ts';
import type { WireError } from './errors.ts';

/** What the worker does: the Store, with `prune` cut into batches, and without `close`, which is a message of its own. */
type StoreOperations = {
  [Name in keyof Omit<Store, 'close' | 'prune'>]: (...parameters: Parameters<Store[Name]>) => Awaited<ReturnType<Store[Name]>>;
};
export type Operations = StoreOperations & {
  pruneBatch(closedBeforeMs: number, most: number): { incidents: number; done: boolean };
};
export type OperationName = keyof Operations;

/** Operations that change nothing: they are answered even when nothing can be written. */
export const READING: ReadonlySet<OperationName> = new Set([
  'domains',
  'definition',
  'openIncidents',
  'incident',
  'incidents',
  'recentRecoveries',
  'unfinishedAttempts',
  'attempts',
  'attemptsOf',
  'maintenance',
  'setting',
  'recoveries',
  'recovery',
]);

export interface Request {
  id: number;
  operation: OperationName;
  parameters: unknown[];
}

export type Reply = { id: number; ok: true; value: unknown } | { id: number; ok: false; error: WireError };

export type ToWorker = { kind: 'request'; request: Request } | { kind: 'close' };

export type FromWorker =
  /** The database cannot be opened; the worker ends. */
  | { kind: 'failed'; error: WireError }
  | { kind: 'replies'; replies: Reply[] }
  | { kind: 'warning'; text: string };

export interface WorkerData {
  path: string;
}
