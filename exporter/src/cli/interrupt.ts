/** Ctrl-C ends what takes long early, with what is complete; a second one ends it at once. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** As shells tell it: 128 and the signal's number. */
export const INTERRUPTED_EXIT_CODE = 130;

export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error('interrupted'));
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
