import { Command, InvalidArgumentError, Option } from 'commander';
import type { BacktestOrder } from './backtest-order.ts';
import type { Terminal } from './context.ts';
import { parseDuration, parseTime } from './parse.ts';
import { addPrometheusOptions, SOURCE_EXIT_CODES_HELP } from './source-options.ts';

export function backtestCommand(terminal: Terminal): Command {
  const time = (text: string): number => parseTime(text, terminal.nowMs());
  const command = new Command('backtest')
    .description('Replay the past of a domain through the forecast, tick by tick as the running virtmedic would have seen it: timestamp,failure_probability.')
    .option('--csv <file>', 'measured values: timestamp,cpu,memory,network,disk; any column but the first may be missing');
  addPrometheusOptions(command)
    .option('--from <time>', 'from then on: 2h, 7d, 2026-01-31, 2026-01-31T12:00:00Z; with --prometheus default: 1d', time)
    .option('--to <time>', 'until then; with --prometheus default: now', time)
    .option('--tick <duration>', 'length of a tick. Default: the median time between rows, or of scrapes', seconds)
    .addOption(new Option('--unit <unit>', 'of cpu and memory in the CSV file; default: percent where one cell in 1,000 is above 1.5').choices(['ratio', 'percent']))
    .option('--model <file>', 'the model that forecasts; default: the built-in one')
    .option('--train-until <time>', 'from then on a model forecasts that is trained on what came before', time)
    .option('--failures <file>', 'when it failed, CSV with the columns from,to: for training, report and lead times')
    .option('--horizon <duration>', 'how far ahead', seconds, 60)
    .addOption(new Option('--form <form>', 'filter: over all paths of states; viterbi: the likeliest').choices(['filter', 'viterbi']).default('filter'))
    .option('--threshold <probability>', 'from which on alarms are counted (after 10 s; cleared after 30 s below half of it)', probability, 0.8)
    .option('--all', 'write the probabilities of each health too')
    .option('--out <file>', 'write the rows to a file instead of standard output')
    .option('--html <file>', 'write a report for people, one page that needs nothing else')
    .option('--utc', 'show times in UTC instead of local time')
    .option('--resume', 'with --prometheus and --out: go on where the last call was interrupted')
    .addHelpText('after', SOURCE_EXIT_CODES_HELP)
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride();
  return command.action(async (order: BacktestOrder) => {
    // Loaded only here: every other command starts faster without it.
    const { backtest } = await import('./backtest-order.ts');
    await backtest(terminal, order);
  });
}

/** A duration, or a number of seconds. */
export function seconds(text: string): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : parseDuration(text);
  if (!(value >= 0.1 && value <= 86_400)) throw new InvalidArgumentError('Expected 0.1 s to 1 day, such as 60, 15s or 5m.');
  return value;
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 1)) throw new InvalidArgumentError('Expected a number above 0, at most 1.');
  return value;
}
