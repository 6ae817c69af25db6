/** The work of `virtmedic backtest`. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describeSummary } from '../backtest/describe.ts';
import type { Told } from '../backtest/describe.ts';
import { reportPage } from '../backtest/report/page.ts';
import type { Named } from '../backtest/rows.ts';
import type { CommonOptions, TargetResult } from '../backtest/run.ts';
import { configSchema } from '../config/schema.ts';
import type { Hmm } from '../prediction/hmm/model.ts';
import { DEFAULT_PREDICTOR } from '../prediction/predictor.ts';
import type { PredictorSettings } from '../prediction/predictor.ts';
import type { Interval, SymbolRecord } from '../prediction/states-known.ts';
import type { RatioUnit } from '../training/sources/csv.ts';
import { readFailures } from '../training/sources/failures.ts';
import { DEFAULT_TRAINING, trainOwn } from '../training/train.ts';
import type { Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';
import { fileProblem } from './file-problem.ts';
import { formatTime } from './format.ts';
import { INTERRUPTED_EXIT_CODE, interruptible } from './interrupt.ts';
import { chooseModel } from './model-option.ts';
import type { ChosenModel } from './model-option.ts';
import { openOutput } from './output.ts';
import type { Output } from './output.ts';
import type { PrometheusOptions } from './source-options.ts';
import { openSource } from './backtest-source.ts';
import type { ReplaySettings, ReplaySource } from './backtest-source.ts';
import { printable } from './table.ts';

export interface BacktestOrder extends PrometheusOptions {
  csv?: string;
  from?: number;
  to?: number;
  tick?: number;
  unit?: RatioUnit;
  model?: string;
  trainUntil?: number;
  failures?: string;
  horizon: number;
  form: 'filter' | 'viterbi';
  threshold: number;
  all?: boolean;
  out?: string;
  html?: string;
  utc?: boolean;
  resume?: boolean;
}

const MOST_POINTS = 4000;
/** How long a probability must be beyond a limit: as by default in the configuration. */
const { raiseForSeconds, clearForSeconds } = configSchema.shape.prediction.parse({}).alarm;
/** After a failure what is seen is recovery's doing. */
const CENSORED_AFTER_FAILURE_MS = 600_000;

/** @throws CommandError */
export async function backtest(terminal: Terminal, order: BacktestOrder): Promise<void> {
  checkFiles(order);
  await interruptible(async (signal) => {
    const failures = order.failures === undefined ? null : await failuresOf(order.failures);
    const source = await openSource(terminal, order, signal);
    try {
      const output = await openOutput(terminal, order.out);
      try {
        await replaySource(terminal, order, { source, failures, output, signal });
      } finally {
        await output.abandon();
      }
    } finally {
      await source.close();
    }
    if (signal.aborted) throw new CommandError(INTERRUPTED_EXIT_CODE, 'interrupted: what was replayed so far is written');
  });
}

/** What is read is never written over. */
function checkFiles({ csv, failures, model, out, html }: BacktestOrder): void {
  const read = [csv, failures, model].filter((path) => path !== undefined).map((path) => resolve(path));
  for (const path of [out, html]) if (path !== undefined && read.includes(resolve(path))) throw new CommandError(EXIT.usage, `${path} is read: give another file to write`);
  if (out !== undefined && html !== undefined && resolve(out) === resolve(html)) throw new CommandError(EXIT.usage, '--out and --html are the same file');
}

async function failuresOf(path: string): Promise<Interval[]> {
  return readFailures(path).catch((error: Error) => {
    throw new CommandError(EXIT.usage, `--failures ${path}: ${fileProblem(error)}`);
  });
}

interface Opened {
  source: ReplaySource;
  /** Null: as the source tells. */
  failures: Interval[] | null;
  output: Output;
  signal: AbortSignal;
}

async function replaySource(terminal: Terminal, order: BacktestOrder, { source, failures, output, signal }: Opened): Promise<void> {
  const { tickSeconds } = source;
  const chosen = await chooseModel(order.model, tickSeconds, order.utc === true);
  const settings: PredictorSettings = { ...DEFAULT_PREDICTOR, parameters: { ...DEFAULT_PREDICTOR.parameters, intervalSeconds: tickSeconds }, horizonSeconds: [order.horizon], form: order.form };
  const knownFailures = (target: Named): readonly Interval[] => failures ?? source.failuresOf(target);
  const options: CommonOptions = {
    failuresOf: knownFailures,
    tickSeconds,
    alarm: { raiseAbove: order.threshold, clearBelow: order.threshold / 2, raiseForSeconds, clearForSeconds },
    rows: { timeForm: source.timeForm, all: order.all === true, named: source.targets > 1 },
    write: (text) => output.write(text),
    mostPoints: order.html === undefined ? 0 : MOST_POINTS,
    signal,
  };
  const progress = { trained: false };
  const results = await source.run(options, (target) => replaySettings(terminal, settings, chosen, order.trainUntil, knownFailures(target), progress));
  if (order.trainUntil !== undefined && !progress.trained && !signal.aborted) terminal.note('there is no tick at --train-until or later, so nothing was trained\n');
  await output.finish();
  if (!signal.aborted) await source.done();
  report(terminal, order, source, chosen, results);
  if (order.html !== undefined) await writePage(order.html, page(order, source, chosen, results, knownFailures));
}

function replaySettings(terminal: Terminal, settings: PredictorSettings, { model }: ChosenModel, trainUntil: number | undefined, failures: readonly Interval[], progress: { trained: boolean }): ReplaySettings {
  if (trainUntil === undefined) return { settings, model };
  const before = failures.filter(({ fromMs }) => fromMs < trainUntil).map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, trainUntil) }));
  const labels = { failures: before, censored: before.map(({ toMs }) => ({ fromMs: toMs, toMs: toMs + CENSORED_AFTER_FAILURE_MS })) };
  const train = (records: SymbolRecord[]): Hmm => {
    const trained = trainOwn(null, { records, labels }, { ...DEFAULT_TRAINING, tickSeconds: settings.parameters.intervalSeconds });
    progress.trained = true;
    terminal.note(`trained on ${trained.counts.trained} ticks, ${trained.counts.failures} failures\n`);
    return trained.model;
  };
  return { settings, model, retrain: { atMs: trainUntil, train } };
}

function toldOf(order: BacktestOrder, source: ReplaySource, { text }: ChosenModel, { target }: TargetResult): Told {
  const model = order.trainUntil === undefined ? text : `${text}; from ${formatTime(order.trainUntil, order.utc === true)} on trained on what came before`;
  const name = target.domain === '' ? source.name : `${source.name}, ${target.domain} on ${target.host}`;
  return { source: name, model, tickSeconds: source.tickSeconds, horizonSeconds: order.horizon, form: order.form, threshold: order.threshold, utc: order.utc === true, notes: source.notes() };
}

function report(terminal: Terminal, order: BacktestOrder, source: ReplaySource, chosen: ChosenModel, results: readonly TargetResult[]): void {
  for (const note of source.notes()) terminal.note(`${printable(note)}\n`);
  for (const result of results) {
    terminal.note('\n');
    for (const [label, text] of describeSummary(result.summary, toldOf(order, source, chosen, result))) terminal.note(`${label.padEnd(12)}${printable(text)}\n`);
  }
}

function page(order: BacktestOrder, source: ReplaySource, chosen: ChosenModel, results: readonly TargetResult[], failuresOf: (target: TargetResult['target']) => readonly Interval[]): string {
  const [result] = results;
  if (result === undefined) throw new CommandError(EXIT.failed, 'nothing was replayed, so there is no report');
  return reportPage({ ...result, told: toldOf(order, source, chosen, result), failures: failuresOf(result.target), trainUntilMs: order.trainUntil ?? null });
}

async function writePage(path: string, html: string): Promise<void> {
  await writeFile(path, html).catch((error: Error) => {
    throw new CommandError(EXIT.failed, `${path} cannot be written: ${error.message}`);
  });
}
