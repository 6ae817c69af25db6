/**
 * Opens /dev/null as files 0, 1 and 2, then becomes the command. Without a blank in it, since most ways of starting a program have no quotes;
 * for any shell of POSIX.
 */
const SCRIPT = 'eval${IFS}exec${IFS}2\\>/dev/null\\</dev/null\\>\\&2;exec${IFS}"$@"';

/**
 * A command with its standard files open. The guest's kernel starts programs without any: the first file that such a program opens, its
 * listening socket for example, would be its standard input, and is lost where it becomes a daemon.
 */
export function withOpenFiles(command: readonly string[]): string[] {
  return ['/bin/sh', '-c', SCRIPT, 'sh', ...command];
}
