import { Command } from 'commander';
import { seconds } from './backtest.ts';
import { DEFAULT_CONFIG_FILE } from './check-config.ts';
import type { Terminal } from './context.ts';
import { parseTime, wholeNumber } from './parse.ts';
import { addPrometheusOptions, SOURCE_EXIT_CODES_HELP } from './source-options.ts';
import type { TrainOrder } from './train-order.ts';

export function trainCommand(terminal: Terminal): Command {
  const time = (text: string): number => parseTime(text, terminal.nowMs());
  const several = (text: string, before: string[] = []): string[] => [...before, text];
  const command = new Command('train')
    .description(`Train models now: from what the running virtmedic recorded, from a Prometheus, or from CSV files. virtmedic trains by itself each night; this is for before that, and for other folders.`)
    .option('--config <file>', `configuration: where records and models are, and the length of a tick. Default without a source: ${DEFAULT_CONFIG_FILE}`)
    .option('--csv <file>', 'measured values of one domain: timestamp,cpu,memory,network,disk; may be repeated. A file named <uuid>.csv is of that domain', several)
    .option('--failures <file>', 'when the domain of the --csv before it failed: CSV with the columns from,to; may be repeated', several);
  addPrometheusOptions(command)
    .option('--from <time>', 'with --prometheus: from then on: 7d, 2026-01-31, 2026-01-31T12:00:00Z; default: as long ago as observations are kept, 14d', time)
    .option('--to <time>', 'with --prometheus: until then; default: now', time)
    .option('--tick <duration>', "length of the models' ticks. Default: sampling.intervalSeconds of the configuration, else that of the source", seconds)
    .option('--target <model>', 'only this model: pooled-domains, pooled-hosts, domain-<uuid> or host-<name>; may be repeated', several)
    .option('--out <folder>', 'write models below this folder, as prediction.folder. Default: that of the configuration')
    .option('--workers <number>', 'threads that train at once, 1 to 64; default: as configured, else 1', wholeNumber(1, 64))
    .option('--resume', 'with --prometheus: go on where the last call was interrupted')
    .addHelpText('after', `${SOURCE_EXIT_CODES_HELP}: models that were complete are kept`)
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride();
  return command.action(async (order: TrainOrder) => {
    const { train } = await import('./train-order.ts');
    await train(terminal, order);
  });
}
