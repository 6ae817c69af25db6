/** Every guest of the kernel matrix through every check (`npm run test:guests`): resumable, one guest at a time. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hashOf } from '../lab/guest/build-once.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { MATRIX } from './matrix.ts';
import type { MatrixEntry } from './matrix.ts';
import { CHECKS } from './registry.ts';
import { openResults } from './results.ts';
import type { Results } from './results.ts';
import { runMatrix } from './run-matrix.ts';
import type { BootedGuest } from './run-matrix.ts';
import { allPassed, summaryTable } from './table.ts';

const RESULTS = join(import.meta.dirname, '..', '.cache', 'guests.json');
const BOOT_DEADLINE_MS = 10 * 60_000;

const HELP = `Boots each guest of the kernel matrix and takes it through the checks, one guest at a time.

Usage: npm run test:guests -- [--guest WORD]... [--check NAME]... [--all] [--resume] [--json] [--keep-logs FOLDER]
       npm run test:guests -- --list

  --guest WORD        only guests whose name contains the word, for example 6.12-rt as "612-rt" or "debian"; may come several times
  --check NAME        only this check; may come several times. The longest ones are done only so, or with --all
  --all               the longest checks too: hours for each guest
  --resume            go on with the last run, in the middle of a long check too: what passed there is not run again, unless sources
                      have changed since. Without it a run begins anew, and what was found last stays in guests.previous.json
  --json              print the results as JSON instead of a table
  --keep-logs FOLDER  copy consoles and logs there at the end
  --list              name guests and checks
  -h, --help          this text

It needs root, and 1 GB of memory for a guest (the 5 GiB ones do not fill theirs). The first run downloads six kernels (420 MB) and builds
a Debian guest; all of them stay in test/lab/.cache.

Exit codes: 0 all passed; 1 something failed or was not run; 2 wrong usage; 130 or 143 interrupted.
`;

class UsageError extends Error {}

function readArguments(words: string[]) {
  try {
    return parseArgs({
      args: words,
      options: {
        guest: { type: 'string', multiple: true, default: [] },
        check: { type: 'string', multiple: true, default: [] },
        all: { type: 'boolean', default: false },
        resume: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'keep-logs': { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function select(words: readonly string[]): readonly MatrixEntry[] {
  const without = words.find((word) => !MATRIX.some(({ name }) => name.includes(word)));
  if (without !== undefined) throw new UsageError(`--guest ${without}: no guest has this in its name; --list names them`);
  return words.length === 0 ? MATRIX : MATRIX.filter(({ name }) => words.some((word) => name.includes(word)));
}

function selectChecks(names: readonly string[], all: boolean) {
  const unknown = names.find((name) => !CHECKS.some((check) => check.name === name));
  if (unknown !== undefined) throw new UsageError(`--check ${unknown}: allowed are ${CHECKS.map(({ name }) => name).join(', ')}`);
  return CHECKS.filter(({ name, onlyByName }) => (names.length === 0 ? all || onlyByName !== true : names.includes(name)));
}

function list(): string {
  const guests = MATRIX.map(({ name, system, kernel, options }) => `  ${name.padEnd(26)} ${system}, kernel ${kernel}, ${JSON.stringify(options)}`);
  return ['guests:', ...guests, 'checks:', ...CHECKS.map(({ name, what, onlyByName }) => `  ${name.padEnd(26)} ${what}${onlyByName === true ? ' (only by --check or --all)' : ''}`)].join('\n');
}

/** What passed counts for these files only. */
async function hashSources(): Promise<string> {
  const here = import.meta.dirname;
  const lab = join(here, '..', 'lab');
  const labFiles = readdirSync(lab).filter((name) => name.endsWith('.ts')).sort().map((name) => join(lab, name));
  return hashOf([join(here, '..', '..', 'exporter', 'src', 'guest'), here, join(lab, 'guest'), ...labFiles]);
}

async function bootIn(lab: Lab, { name, system, kernel, options }: MatrixEntry, signal: AbortSignal): Promise<BootedGuest> {
  const make = system === 'debian' ? lab.debianGuest : lab.kernelGuest;
  const guest = await make(lab.host(1), { ...options, name, kernel });
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  const up = (async () => {
    await guest.start();
    await guest.agent.waitReady(BOOT_DEADLINE_MS);
    await guest.waitServing(BOOT_DEADLINE_MS);
  })();
  try {
    await Promise.race([up, aborted]);
    return { guest, end: () => guest.remove() };
  } catch (error) {
    up.catch(() => undefined);
    const tail = guest.console().trimEnd().split('\n').slice(-5).join('\n');
    await guest.remove().catch(() => undefined);
    throw new Error(`${(error as Error).message}${tail === '' ? '' : `\n${tail}`}`, { cause: error });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function main(words: string[]): Promise<number> {
  const options = readArguments(words);
  if (options.help || options.list) {
    console.log(options.help ? HELP : list());
    return 0;
  }
  const [entries, checks] = [select(options.guest), selectChecks(options.check, options.all)];
  const results = openResults(RESULTS, await hashSources(), { resume: options.resume });
  const progress = (line: string) => console.error(line);
  const stop = new AbortController();
  let exitCode: number | undefined;
  for (const [name, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    process.once(name, () => {
      exitCode ??= code;
      progress('ending: the guest goes first (again to end at once)');
      stop.abort(new Error('interrupted'));
      process.once(name, () => process.exit(code));
    });
  }
  if (!allPassed(entries, checks, results)) {
    const keepLogs = options['keep-logs'];
    await using lab = await startLab({ hosts: 1, name: 'guests', onProgress: progress, ...(keepLogs === undefined ? {} : { keepLogs }) });
    await runMatrix({ entries, known: MATRIX, checks, results, lab, progress, signal: stop.signal, boot: (entry) => bootIn(lab, entry, stop.signal) });
  }
  console.log(options.json ? JSON.stringify(report(entries, results), null, 2) : `\n${summaryTable(entries, checks, results)}`);
  return exitCode ?? (allPassed(entries, checks, results) ? 0 : 1);
}

function report(entries: readonly MatrixEntry[], results: Results) {
  return { results: results.all().filter(({ guest }) => entries.some(({ name }) => name === guest)) };
}

try {
  const exitCode = await main(process.argv.slice(2));
  // An interrupted boot or check may still be waiting for a guest that is gone.
  process.stdout.write('', () => process.exit(exitCode));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\nSee: npm run test:guests -- --help`);
  process.exitCode = 2;
}
