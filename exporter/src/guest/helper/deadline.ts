import { Refusal } from './refusal.ts';
import type { Effect } from './refusal.ts';

export interface Bounds {
  name: string;
  limitMs: number;
  /** What work that is not waited for any more may have done. */
  effect: Effect;
  stop: AbortSignal;
  gone: readonly AbortSignal[];
}

export interface Running {
  /** What the work answers; rejects as it does, or with Refusal `deadline` or `stopping` before. */
  readonly answer: Promise<unknown>;
  /** Settles when the work has ended, which may be long after the deadline. Never rejects. */
  readonly ended: Promise<void>;
}

/**
 * Runs work with a deadline. Its signal is aborted at the deadline, and when `stop` or any of `gone` are; the answer does not wait for
 * work that does not heed it.
 */
export function runWithin({ name, limitMs, effect, stop, gone }: Bounds, work: (signal: AbortSignal) => Promise<unknown>): Running {
  const ending = new AbortController();
  const late = Promise.withResolvers<never>();
  const end = (refusal: Refusal): void => {
    ending.abort(refusal);
    late.reject(refusal);
  };
  const timer = setTimeout(() => end(new Refusal('deadline', `${name} was not done within ${limitMs} ms`, { effect })), limitMs);
  const onStop = (): void => end(new Refusal('stopping', 'the helper was stopped before it was done', { effect }));
  stop.addEventListener('abort', onStop);
  const working = (async () => work(AbortSignal.any([ending.signal, ...gone])))();
  const release = (): void => {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
  };
  return { answer: Promise.race([working, late.promise]), ended: working.then(release, release) };
}
