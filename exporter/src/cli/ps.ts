import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { ProcessListing } from '../web/read-api.ts';
import { clientCommand, withSession } from './context.ts';
import type { Session, Terminal } from './context.ts';
import { CommandError } from './errors.ts';
import { escapeHostile } from './escape.ts';
import { findDomain } from './find-domain.ts';
import { interruptible } from './interrupt.ts';
import { psTable, SORT_KEYS, sorted } from './ps-table.ts';
import type { SortKey } from './ps-table.ts';

interface PsOptions {
  host?: string;
  sort: SortKey;
  /** Seconds; true: the default. */
  watch?: number | true;
  utc?: boolean;
}

const DEFAULT_WATCH_SECONDS = 2;
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

export function psCommand(terminal: Terminal): Command {
  return clientCommand('ps', "Show the processes of a domain's guest, read from outside: no agent is needed in it. START is +TIME since the guest's boot where its clock is not known, RSS in KiB.")
    .argument('<domain>', 'name or UUID')
    .option('--host <name>', 'its host, where the name is not unique')
    .addOption(new Option('--sort <key>', 'cpu, rss: the largest first; start: the newest first').choices(SORT_KEYS).default('pid'))
    .option('--watch [seconds]', `show them anew every so many seconds (default ${DEFAULT_WATCH_SECONDS}) until Ctrl-C`, watchSeconds)
    .action(withSession(terminal, (session, options: PsOptions, domain) => ps(terminal, session, options, domain)));
}

async function ps(terminal: Terminal, session: Session, options: PsOptions, wanted: string): Promise<void> {
  const { uuid, name, host } = await findDomain(session, wanted, options.host);
  const list = async (): Promise<ProcessListing> => {
    const listing = await session.client.get<ProcessListing>(`/api/v1/domains/${uuid}/processes`);
    return { ...listing, processes: sorted(listing.processes, options.sort) };
  };
  const columns = (): number | null => terminal.columns?.() ?? null;
  const table = (listing: ProcessListing): string => psTable(listing, { columns: columns(), utc: options.utc === true });
  if (options.watch === undefined) {
    const listing = await list();
    return session.json ? session.printJson(listing) : terminal.out(table(listing));
  }
  const seconds = options.watch === true ? DEFAULT_WATCH_SECONDS : options.watch;
  const title = `${escapeHostile(name)} on ${escapeHostile(host)}`;
  await watch(seconds, list, (given) => {
    // For programs one document a line.
    if (session.json) return terminal.out(`${JSON.stringify(given instanceof CommandError ? { error: given.message } : given)}\n`);
    const head = `${title}, ${session.time(terminal.nowMs())}, every ${seconds} s: `;
    const text = given instanceof CommandError ? `${head}${given.message}\n` : `${head}${given.processes.length} processes\n\n${table(given)}`;
    terminal.out(columns() === null ? `${text}\n` : `${CLEAR}${text}`);
  });
}

/** Ends by Ctrl-C, and where the first list fails. Later ones may: the guest may be paused, or virtmedic started anew. */
async function watch(seconds: number, list: () => Promise<ProcessListing>, show: (given: ProcessListing | CommandError) => void): Promise<void> {
  show(await list());
  await interruptible(async (signal) => {
    for (;;) {
      await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const given = await list().catch((error: unknown) => {
        if (error instanceof CommandError) return error;
        throw error;
      });
      if (signal.aborted) return;
      show(given);
    }
  });
}

function watchSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,4}(?:\.\d{1,3})?$/.test(text) || seconds < 0.2 || seconds > 3600) {
    throw new InvalidArgumentError('Expected seconds from 0.2 to 3600; without them, --watch stands behind the domain.');
  }
  return seconds;
}
