import { useSyncExternalStore } from 'react';

const SECOND_MS = 1000;

/** Now, rounded up to a second: nothing that has begun lies after it. */
export function currentTimeMs(): number {
  return Math.ceil(Date.now() / SECOND_MS) * SECOND_MS;
}

/** Now; renders again each second while it is needed and the tab can be seen. */
export function useNow(ticking: boolean): number {
  return useSyncExternalStore(ticking ? everySecond : never, currentTimeMs);
}

function everySecond(tick: () => void): () => void {
  const timer = setInterval(() => {
    if (!document.hidden) {
      tick();
    }
  }, SECOND_MS);
  document.addEventListener('visibilitychange', tick);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}

function never(): () => void {
  return () => {};
}
