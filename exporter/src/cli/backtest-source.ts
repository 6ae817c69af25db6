/** Where a backtest's readings come from, as `--csv` and `--prometheus` say. */
import { basename } from 'node:path';
import { createReplay } from '../backtest/replay.ts';
import type { ReplayOptions } from '../backtest/replay.ts';
import type { Named } from '../backtest/rows.ts';
import { runBacktest } from '../backtest/run.ts';
import type { Batch, CommonOptions, TargetResult } from '../backtest/run.ts';
import type { MeasuredValues } from '../prediction/observation/observer.ts';
import type { DomainReading } from '../prediction/observation/reading.ts';
import { predictDomain, predictValues } from '../prediction/predictor.ts';
import type { Interval } from '../prediction/states-known.ts';
import { CsvError, openCsv } from '../training/sources/csv.ts';
import type { TimeForm } from '../training/sources/csv/cells.ts';
import { describeCsv } from '../training/sources/csv/describe.ts';
import type { BacktestOrder } from './backtest-order.ts';
import type { Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';
import { fileProblem } from './file-problem.ts';
import { fromPrometheus, openFromPrometheus } from './prometheus-source.ts';
import { createProgress } from './progress.ts';

export interface ReplaySource {
  name: string;
  tickSeconds: number;
  timeForm: TimeForm;
  targets: number;
  /** From beginning to end, once. */
  run(options: CommonOptions, replayOptions: (target: Named) => ReplaySettings): Promise<TargetResult[]>;
  failuresOf(target: Named): readonly Interval[];
  /** Complete after `run`. */
  notes(): string[];
  /** All was replayed: what was kept for going on is not needed any more. */
  done(): Promise<void>;
  close(): Promise<void>;
}

export type ReplaySettings = Pick<ReplayOptions<never>, 'settings' | 'model' | 'retrain'>;

const MOST_NAMES = 20;
const CSV_TARGET: Named = { host: '', domain: '' };

/** @throws CommandError */
export async function openSource(terminal: Terminal, order: BacktestOrder, signal: AbortSignal): Promise<ReplaySource> {
  const { csv, prometheus, from, to } = order;
  if (from !== undefined && to !== undefined && from >= to) throw new CommandError(EXIT.usage, '--from is not before --to');
  if (csv !== undefined && prometheus === undefined) return openCsvSource(terminal, order, csv);
  if (csv === undefined && prometheus !== undefined) return openPrometheusSource(terminal, order, prometheus, signal);
  throw new CommandError(EXIT.usage, 'give either --csv FILE or --prometheus URL');
}

async function openPrometheusSource(terminal: Terminal, order: BacktestOrder, url: string, signal: AbortSignal): Promise<ReplaySource> {
  if (order.resume === true && order.out === undefined) throw new CommandError(EXIT.usage, '--resume needs --out: what was fetched is kept beside that file');
  const progress = createProgress(terminal);
  const source = await openFromPrometheus(terminal, { ...order, prometheus: url }, signal, {
    tickSeconds: order.tick,
    keepIn: order.out === undefined ? undefined : `${order.out}.fetched`,
    onProgress: (share) => progress('fetched', share),
  });
  const { domains } = source;
  if (order.html !== undefined && domains.length > 1) {
    throw new CommandError(EXIT.usage, `--html shows one domain: choose it with --domain (and --host) of ${domains.slice(0, MOST_NAMES).map(({ host, domain }) => `${domain} on ${host}`).join(', ')}${domains.length > MOST_NAMES ? ', …' : ''}`);
  }
  async function* batches(): AsyncGenerator<Batch<DomainReading>> {
    for await (const { host, domain, readings } of source.readings()) yield { target: { host, domain }, readings };
  }
  return {
    name: URL.parse(url)?.host ?? url,
    tickSeconds: source.tickSeconds,
    timeForm: 's',
    targets: domains.length,
    run: (options, replayOptions) => fromPrometheus(url, () => runBacktest({ ...options, batches: batches(), replayOf: (target) => createReplay<DomainReading>({ ...replayOptions(target), predict: predictDomain }) })),
    failuresOf: (target) => domains.find(({ host, domain }) => host === target.host && domain === target.domain)?.failures ?? [],
    notes: () => [`${domains.length} ${domains.length === 1 ? 'domain' : 'domains'}, scraped every ${source.scrapeSeconds} s; ticks of ${source.tickSeconds} s`],
    done: () => source.done(),
    close: async () => undefined,
  };
}

async function openCsvSource(terminal: Terminal, { tick, unit, from = -Infinity, to = Infinity }: BacktestOrder, path: string): Promise<ReplaySource> {
  const progress = createProgress(terminal);
  const source = await openCsv(path, {
    ...(tick === undefined ? {} : { tickSeconds: tick }),
    ...(unit === undefined ? {} : { unit }),
    onProgress: (what, share) => progress(what === 'ticks' ? 'replayed' : 'read', share),
  }).catch((error: Error) => {
    throw new CommandError(error instanceof CsvError ? EXIT.failed : EXIT.usage, `--csv ${path}: ${fileProblem(error)}`);
  });
  async function* batches(): AsyncGenerator<Batch<MeasuredValues>> {
    for await (const ticks of source.ticks()) yield { target: CSV_TARGET, readings: ticks.filter(({ atMs }) => atMs >= from && atMs < to) };
  }
  return {
    name: basename(path),
    tickSeconds: source.tickSeconds,
    timeForm: source.survey.timeForm,
    targets: 1,
    run: (options, replayOptions) => runBacktest({ ...options, batches: batches(), replayOf: (target) => createReplay<MeasuredValues>({ ...replayOptions(target), predict: predictValues }) }),
    failuresOf: () => [],
    notes: () => describeCsv(source),
    done: async () => undefined,
    close: () => source.close(),
  };
}
