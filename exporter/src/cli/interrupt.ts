import { CommandError } from './errors.ts';

/** Ctrl-C ends what takes long early, with what is complete; a second one ends it at once. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** As shells tell it: 128 and the signal's number. */
export const INTERRUPTED_EXIT_CODE = 130;

/** @throws CommandError when it was interrupted before there was anything to keep */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error('interrupted'));
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted && !(error instanceof CommandError)) throw new CommandError(INTERRUPTED_EXIT_CODE, 'interrupted');
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
