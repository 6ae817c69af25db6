import { parseArgs } from 'node:util';
import { holdings } from '../trace/folder.ts';
import { PLANS } from './plans.ts';
import { record } from './record.ts';
import { holdingsTable } from './table.ts';

const USAGE = `Usage: npm run traces:record -- --minutes N --plan NAME --out FOLDER
       npm run traces:record -- --summary FOLDER

Records what libvirt tells of real, emulated guests while they are healthy or fail, one reading every five seconds. Needs root and the
lab's packages (npm run setup). Adds files to FOLDER and changes none that is there. Ctrl-C ends it early and keeps what is complete:
every healthy guest as it is, and those that have failed and were started again.

  --minutes N       how long
  --plan NAME       ${Object.entries(PLANS).map(([name, { about }]) => `${name}: ${about}`).join('\n                    ')}
  --out FOLDER      where the trace files go
  --summary FOLDER  what is there, by kind
  -h, --help        this text

Exit code: 0 recorded, or shown; 1 an error, or nothing was recorded; 2 wrong command line; 130 or 143 when it was interrupted.
`;

class UsageError extends Error {}

interface Order {
  help: boolean;
  summary: string | undefined;
  minutes: number;
  plan: string;
  out: string;
}

function readArguments(argv: string[]): Order {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        minutes: { type: 'string' }, plan: { type: 'string' }, out: { type: 'string' }, summary: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { help, summary, plan = '', out = '' } = values;
    const minutes = Number(values.minutes ?? Number.NaN);
    if (!help && summary === undefined) {
      if (!(minutes > 0 && minutes <= 14_400)) throw new Error(`--minutes ${values.minutes ?? ''}: expected a number above 0, at most 14400`);
      if (!Object.hasOwn(PLANS, plan)) throw new Error(`--plan ${plan}: there are ${Object.keys(PLANS).join(', ')}`);
      if (out === '') throw new Error('--out FOLDER is missing');
    }
    return { help, summary, minutes, plan, out };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function recordTraces({ minutes, plan: name, out }: Order): Promise<number> {
  const plan = PLANS[name];
  if (plan === undefined) throw new UsageError(`--plan ${name}`);
  const interrupted = new AbortController();
  let exitCode = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    const code = signal === 'SIGINT' ? 130 : 143;
    if (exitCode !== 0) process.exit(code);
    exitCode = code;
    console.error('\nkeeping what is complete and cleaning up (again to stop at once)');
    interrupted.abort(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  const startedAt = performance.now();
  const onProgress = (message: string): void => console.error(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${message}`);
  const { written, lost, missedTicks } = await record({ plan, minutes, folder: out, signal: interrupted.signal, onProgress });
  console.log(`${written.length} traces written, ${lost.length} guests without one, ${missedTicks} ticks missed`);
  for (const line of lost) console.log(`  ${line}`);
  return exitCode !== 0 ? exitCode : written.length === 0 ? 1 : 0;
}

try {
  const order = readArguments(process.argv.slice(2));
  if (order.help) console.log(USAGE);
  else if (order.summary !== undefined) console.log(holdingsTable(holdings(order.summary)));
  else process.exitCode = await recordTraces(order);
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
