import { useEffect, useState } from 'react';

/** True once `active` has lasted `afterMs`; false at once when it ends. */
export function useElapsed(active: boolean, afterMs: number): boolean {
  const [elapsed, setElapsed] = useState(false);
  useEffect(() => {
    if (!active) {
      return undefined;
    }
    const timer = setTimeout(() => setElapsed(true), afterMs);
    return () => {
      clearTimeout(timer);
      setElapsed(false);
    };
  }, [active, afterMs]);
  return active && elapsed;
}
