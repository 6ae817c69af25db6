/** Lets so many in at once; the others wait in order. */
export interface Gate {
  /** Resolves when there is room. The returned function makes it again, once. @throws when the signal aborts first */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function makeGate(room: number): Gate {
  let free = room;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async enter(signal) {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else await turn(waiting, signal);
      let inside = true;
      return () => {
        if (inside) leave();
        inside = false;
      };
    },
  };
}

function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => {
    waiting.splice(waiting.indexOf(entry), 1);
    reject(signal.reason instanceof Error ? signal.reason : new Error('interrupted'));
  };
  const entry = (): void => {
    signal.removeEventListener('abort', onAbort);
    resolve();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  waiting.push(entry);
  return promise;
}
