import { CommanderError } from 'commander';
import { ConfigError } from '../config/errors.ts';
import { StoreUnavailableError } from '../history/store.ts';
import { PrivilegeError } from '../privileges/error.ts';
import { ListenError } from '../web/listen-error.ts';
import type { Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';
import { createProgram } from './program.ts';

/** Runs the command line and returns the exit code. Errors are written as plain text; only what nobody foresaw comes with its stack. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has written its message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const [code, text] = explain(error);
    if (text !== '') terminal.note(`${text}\n`);
    return code;
  }
}

function explain(error: unknown): [number, string] {
  if (error instanceof CommandError) return [error.exitCode, error.message === '' ? '' : `virtmedic: ${error.message}`];
  if (error instanceof ConfigError) return [EXIT.usage, `virtmedic: the configuration cannot be used:\n${error.message}`];
  if (error instanceof ListenError || error instanceof StoreUnavailableError || error instanceof PrivilegeError) return [EXIT.failed, `virtmedic: ${error.message}`];
  return [EXIT.failed, `virtmedic: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
}
