/** Exit codes, as every --help shows them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  failed, or refused by virtmedic
  2  wrong usage, or an error in the configuration
  3  virtmedic cannot be reached`;

/** Ends the command: the message is for people, the code for scripts. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
