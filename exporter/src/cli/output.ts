import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';

export interface Output {
  write(text: string): Promise<void>;
  /** A file is under its name only from now on. */
  finish(): Promise<void>;
  /** Leaves nothing behind of what was not finished. */
  abandon(): Promise<void>;
}

/** A file, whole or not at all; without one, standard output. @throws CommandError when the file cannot be made */
export async function openOutput(terminal: Terminal, path: string | undefined): Promise<Output> {
  if (path === undefined) return { write: async (text) => terminal.out(text), finish: async () => undefined, abandon: async () => undefined };
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const file = await open(temporary, 'w').catch((error: Error) => {
    throw new CommandError(EXIT.usage, `${path} cannot be written: ${error.message}`);
  });
  let finished = false;
  return {
    write: async (text) => {
      await file.writeFile(text).catch((error: Error) => {
        throw new CommandError(EXIT.failed, `${path} cannot be written: ${error.message}`);
      });
    },
    finish: async () => {
      await file.sync();
      await file.close();
      await rename(temporary, path);
      finished = true;
    },
    abandon: async () => {
      if (finished) return;
      await file.close().catch(() => undefined);
      await rm(temporary, { force: true });
    },
  };
}
