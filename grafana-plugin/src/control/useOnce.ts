import { useCallback, useRef } from 'react';

/** Runs one piece of work at a time: what comes while one runs (a double click) is dropped, not queued. */
export function useOnce(): (work: () => Promise<void>) => Promise<void> {
  const busy = useRef(false);
  return useCallback(async (work) => {
    if (busy.current) {
      return;
    }
    busy.current = true;
    try {
      await work();
    } finally {
      busy.current = false;
    }
  }, []);
}
