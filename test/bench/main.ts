import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hashOf } from '../lab/guest/build-once.ts';
import type { Bench } from './frame/bench.ts';
import { openKept } from './frame/kept.ts';
import type { Kept } from './frame/kept.ts';
import { benchNames, listBenches, loadBench } from './frame/load.ts';
import { formatTable, makeReport, thisMachine } from './frame/report.ts';

const FOLDER = new URL('.', import.meta.url);

const USAGE = `Usage: npm run bench -- NAME [--json] [--quick] [--resume]
       npm run bench -- [NAME] --help

Runs one bench. Progress goes to standard error; the last line of standard output is one JSON object
with figures, goals, runs and machine.

  --json   print only that line, without the table for people
  --quick  fewer runs and smaller sizes: a check that the bench works, its figures are rough
  --resume go on with the last run of this bench, where it keeps what it has measured (its --help says so) and was
           interrupted; not where sources or --quick have changed since
  --help   this text; with NAME, what that bench measures

Exit code: 0 when the bench ran, even if a goal was missed (see "met"); 1 on an error; 2 on a wrong
command line; 130 or 143 when it was interrupted.
`;

class UsageError extends Error {}

function readArguments(argv: string[]): { name: string | undefined; json: boolean; quick: boolean; resume: boolean; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        resume: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (positionals.length > 1) throw new Error(`expected one bench, got ${positionals.join(' ')}`);
    return { name: positionals[0], ...values };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Aborts on the first Ctrl-C or SIGTERM, so that the bench can clean up; a second one ends the process at once. */
function abortOnSignals(): { signal: AbortSignal; exitCode: () => number | null; dispose: () => void } {
  const controller = new AbortController();
  let exitCode: number | null = null;
  const handler = (name: NodeJS.Signals): void => {
    const code = name === 'SIGINT' ? 130 : 143;
    if (exitCode !== null) process.exit(code);
    exitCode = code;
    process.stderr.write('\nstopping and cleaning up (again to stop at once)\n');
    controller.abort(new Error(`interrupted by ${name}`));
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    dispose: () => {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}

/** Measurements count for these sources only. */
async function keptOf(name: string, { quick, resume }: { quick: boolean; resume: boolean }): Promise<Kept> {
  const here = import.meta.dirname;
  const sources = await hashOf([join(here, '..', '..', 'exporter', 'src'), here, join(here, '..', 'stack'), join(here, '..', 'guests')]);
  return openKept(join(here, '..', '.cache', `bench-${name}.json`), `${sources} ${quick ? 'quick' : 'full'}`, { resume });
}

async function runBench(name: string, bench: Bench, options: { json: boolean; quick: boolean; resume: boolean }): Promise<number> {
  const interruption = abortOnSignals();
  const started = performance.now();
  const progress = (text: string): void => {
    process.stderr.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}\n`);
  };
  try {
    progress(`bench ${name}${options.quick ? ', quick: rough figures' : ''}`);
    const result = await bench.run({ quick: options.quick, kept: await keptOf(name, options), progress, signal: interruption.signal });
    const interrupted = interruption.exitCode();
    if (interrupted !== null) return interrupted;
    const report = makeReport(name, bench.goals, result, thisMachine());
    if (!options.json) process.stdout.write(`${formatTable(report, result.notes ?? [])}\n\n`);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return 0;
  } catch (error) {
    const interrupted = interruption.exitCode();
    if (interrupted !== null) return interrupted;
    process.stderr.write(`bench ${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  } finally {
    interruption.dispose();
  }
}

async function main(argv: string[]): Promise<number> {
  const { name, json, quick, resume, help } = readArguments(argv);
  if (name === undefined) {
    process.stdout.write(`${help ? `${USAGE}\n` : ''}Benches (npm run bench -- NAME [--json] [--quick] [--help]):\n${await listBenches(FOLDER)}\n`);
    return 0;
  }
  const names = await benchNames(FOLDER);
  if (!names.includes(name)) throw new UsageError(`no bench is called ${JSON.stringify(name)}; there are: ${names.join(', ')}`);
  const bench = await loadBench(FOLDER, name);
  if (help) {
    const goals = Object.entries(bench.goals).map(([figure, goal]) => `  ${figure} ${goal.op} ${goal.value}\n`);
    process.stdout.write(`${name}: ${bench.summary}\n\n${bench.description.trim()}\n\nGoals:\n${goals.join('') || '  none\n'}`);
    return 0;
  }
  return await runBench(name, bench, { json, quick, resume });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
