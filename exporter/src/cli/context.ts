/** What the commands share: options that all of them take, and where their output goes. */
import { Command, Option } from 'commander';
import { createClient, DEFAULT_URL } from './client.ts';
import type { Client } from './client.ts';
import { EXIT_CODES_HELP } from './errors.ts';
import { formatRelative, formatTime } from './format.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';

/** The process, as far as a command needs it. */
export interface Terminal {
  out: (text: string) => void;
  /** For people: progress, warnings. */
  note: (text: string) => void;
  colour: boolean;
  /** Width of the terminal that it is written to; null or not there: to none. */
  columns?: () => number | null;
  nowMs: () => number;
}

export interface CommonOptions {
  json?: boolean;
  utc?: boolean;
}

interface ClientOptions extends CommonOptions {
  url: string;
  tokenFile?: string;
}

/** What a command that talks to virtmedic works with. */
export interface Session {
  client: Client;
  json: boolean;
  print(text: string): void;
  /** The answer as it is, for programs. */
  printJson(answer: unknown): void;
  printTable(titles: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** `4 s ago`; a dash for null. */
  ago(atMs: number | null): string;
  time(atMs: number): string;
  nowMs(): number;
}

/** A command with --help that shows the exit codes, and --json. */
export function localCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', 'print JSON instead of text')
    .addHelpText('after', EXIT_CODES_HELP)
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride();
}

/** A command that talks to the control listener. */
export function clientCommand(name: string, description: string): Command {
  return localCommand(name, description)
    .option('--utc', 'show times in UTC instead of local time')
    .addOption(new Option('--url <url>', "address of virtmedic's control listener").env('VIRTMEDIC_URL').default(DEFAULT_URL))
    .addOption(new Option('--token-file <file>', 'file that holds the bearer token').env('VIRTMEDIC_TOKEN_FILE'));
}

/** A command that only holds others. */
export function commandGroup(name: string, description: string): Command {
  return new Command(name).description(description).addHelpText('after', EXIT_CODES_HELP).showHelpAfterError('(--help shows how it is used)').exitOverride();
}

export async function openSession(terminal: Terminal, options: ClientOptions): Promise<Session> {
  const client = await createClient(options);
  return {
    client,
    json: options.json === true,
    print: (text) => terminal.out(`${text}\n`),
    printJson: (answer) => terminal.out(`${JSON.stringify(answer, null, 2)}\n`),
    printTable: (titles, rows) => terminal.out(renderTable(titles, rows, terminal.colour)),
    ago: (atMs) => (atMs === null ? '-' : formatRelative(atMs, terminal.nowMs())),
    time: (atMs) => formatTime(atMs, options.utc === true),
    nowMs: terminal.nowMs,
  };
}

/** Wraps an action so that it gets a session; the command's own options come with it. */
export function withSession<O>(terminal: Terminal, action: (session: Session, options: O, ...given: string[]) => Promise<void>) {
  return async (...received: unknown[]): Promise<void> => {
    const command = received.at(-1) as Command;
    const options = command.optsWithGlobals<ClientOptions & O>();
    await action(await openSession(terminal, options), options, ...command.args);
  };
}
