import { useCallback, useEffect, useRef, useState } from 'react';
import { failureOf, type Failure } from './failure';

const EVERY_MS = 5000;
const HURRIED_EVERY_MS = 1000;
const HURRY_MS = 30_000;

/** What was read last. A value that is there together with a failure is old: the newest reading did not succeed. */
export interface Live<T> {
  value: T | null;
  failure: Failure | null;
  /** When the value was read; null: never. */
  readAtMs: number | null;
  /** Reads at once, and for a while more often: after an order. */
  hurry(): void;
}

/** Reads again and again while the page can be seen, one request at a time. `read` must stay the same function. */
export function useLive<T>(read: () => Promise<T>): Live<T> {
  const [state, setState] = useState<Omit<Live<T>, 'hurry'>>({ value: null, failure: null, readAtMs: null });
  const hurryUntilMs = useRef(0);
  const readNow = useRef<() => void>(() => {});

  useEffect(() => {
    let ended = false;
    let reading = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const readOnce = async () => {
      clearTimeout(timer);
      if (reading || ended) {
        return;
      }
      reading = true;
      try {
        const value = await read();
        update(() => ({ value, failure: null, readAtMs: Date.now() }));
      } catch (error) {
        update((last) => ({ ...last, failure: failureOf(error) }));
      }
      reading = false;
      schedule();
    };
    const update = (change: (last: Omit<Live<T>, 'hurry'>) => Omit<Live<T>, 'hurry'>) => {
      if (!ended) {
        setState(change);
      }
    };
    const schedule = () => {
      if (!ended) {
        timer = setTimeout(tick, Date.now() < hurryUntilMs.current ? HURRIED_EVERY_MS : EVERY_MS);
      }
    };
    const tick = () => (document.hidden ? schedule() : void readOnce());
    const onVisible = () => {
      if (!document.hidden) {
        void readOnce();
      }
    };
    readNow.current = () => void readOnce();
    document.addEventListener('visibilitychange', onVisible);
    void readOnce();
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [read]);

  const hurry = useCallback(() => {
    hurryUntilMs.current = Date.now() + HURRY_MS;
    readNow.current();
  }, []);

  return { ...state, hurry };
}
