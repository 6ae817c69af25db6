const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

export interface Interruption {
  /** From now on a first signal does not end the process: it resolves the promise with the exit code, 128 + the signal's number. */
  cleanUpFirst(): Promise<number>;
}

/** Ends the process at a signal; what it owns goes with its exit. A second signal always does. */
export function watchSignals(): Interruption {
  let notify: ((code: number) => void) | null = null;
  for (const [signal, number] of Object.entries(NUMBERS)) {
    process.on(signal, () => {
      const code = 128 + number;
      if (notify === null) process.exit(code);
      notify(code);
      notify = null;
    });
  }
  return {
    cleanUpFirst: () => new Promise((resolve) => (notify = resolve)),
  };
}
