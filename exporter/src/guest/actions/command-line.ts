import { ActionRefused } from './action-error.ts';

/** Size of the kernel's `poweroff_cmd`, POWEROFF_CMD_PATH_LEN, with its NUL. */
export const COMMAND_BYTES = 256;
const MOST_ARGUMENTS = 64;
const MOST_BYTES = 2048;
/** Printable ASCII without the blank: the kernel splits at what isspace() says, which in its Latin-1 table includes 0xa0. */
const PLAIN = /^[\x21-\x7e]+$/;
const UNIT = /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.(service|socket|scope|target|timer|path|mount)$/;
const MOST_UNIT = 255;

/**
 * The command as `poweroff_cmd` holds it: the kernel splits it at blanks (`argv_split`) and knows no quotes.
 *
 * @returns 256 bytes, the rest of them 0
 * @throws ActionRefused `command-not-absolute`, `command-malformed`, `command-needs-quoting`, `command-too-long`
 */
export function encodeCommand(command: readonly string[]): Buffer {
  checkCommand(command);
  const odd = command.find((word) => !PLAIN.test(word));
  if (odd !== undefined) {
    throw new ActionRefused('command-needs-quoting', `the argument ${JSON.stringify(odd)} cannot be said without quotes: arguments are 1 or more printable ASCII characters without blanks; use a script in the guest`);
  }
  const text = command.join(' ');
  if (text.length >= COMMAND_BYTES) {
    throw new ActionRefused('command-too-long', `the command has ${text.length} characters; at most ${COMMAND_BYTES - 1} fit: use a script in the guest`);
  }
  const bytes = Buffer.alloc(COMMAND_BYTES);
  bytes.write(text, 'latin1');
  return bytes;
}

/**
 * What any way of starting asks of a command.
 *
 * @throws ActionRefused `command-not-absolute`, `command-malformed`, `command-too-long`
 */
export function checkCommand(command: readonly string[]): void {
  const [program] = command;
  if (program === undefined || !/^\/[^\0]*[^/\0]$/.test(program)) {
    throw new ActionRefused('command-not-absolute', `${JSON.stringify(program ?? '')} is not the absolute path of a program: it begins with / and is no folder`);
  }
  if (command.length > MOST_ARGUMENTS) throw new ActionRefused('command-too-long', `the command has ${command.length} arguments; at most ${MOST_ARGUMENTS} are passed: use a script in the guest`);
  if (command.some((word) => word.includes('\0'))) throw new ActionRefused('command-malformed', 'an argument has a NUL character, which no program can be given');
  const bytes = command.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  if (bytes > MOST_BYTES) throw new ActionRefused('command-too-long', `the command has ${bytes} bytes; at most ${MOST_BYTES} are passed: use a script in the guest`);
}

/**
 * The name of a systemd unit as it may stand in a command.
 *
 * @throws ActionRefused `unit-name-invalid`
 */
export function checkUnitName(unit: string): string {
  if (unit.length > MOST_UNIT || !UNIT.test(unit)) {
    throw new ActionRefused('unit-name-invalid', `${JSON.stringify(unit.slice(0, 300))} is no unit name: letters, digits and :_.\\@- with a type at the end, such as nginx.service`);
  }
  return unit;
}
