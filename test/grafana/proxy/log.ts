/** What went through the proxy, for tests that ask. Bounded. */
export interface Passed {
  method: string;
  /** Path and query as the browser sent them. */
  path: string;
  role: string;
  status: number;
  /** When the answer was sent, milliseconds since the epoch. */
  atMs: number;
}

export interface QueryLog {
  add(passed: Passed): void;
  all(): readonly Passed[];
  clear(): void;
}

const MOST = 10_000;

export function createLog(): QueryLog {
  const entries: Passed[] = [];
  return {
    add: (passed) => {
      entries.push(passed);
      if (entries.length > MOST) entries.shift();
    },
    all: () => entries,
    clear: () => void entries.splice(0),
  };
}
