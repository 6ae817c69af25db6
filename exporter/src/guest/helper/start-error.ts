/**
 * Why the helper does not start. The words are stable.
 *
 * - `helper-not-root`: it needs to be root and is not.
 * - `unsafe-path`: a file or folder that it would trust can be changed by others.
 * - `bad-config`: its configuration cannot be used.
 * - `already-running`: another helper has the same state folder or the same sockets.
 * - `cannot-listen`: a socket cannot be made.
 */
export type StartReason = 'helper-not-root' | 'unsafe-path' | 'bad-config' | 'already-running' | 'cannot-listen';

/** The helper does not start; the text says what to do. */
export class HelperStartError extends Error {
  override readonly name = 'HelperStartError';
  readonly reason: StartReason;

  constructor(reason: StartReason, text: string, options?: ErrorOptions) {
    super(text, options);
    this.reason = reason;
  }
}
