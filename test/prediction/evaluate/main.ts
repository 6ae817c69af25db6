import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { listTraces, readTrace } from '../trace/folder.ts';
import type { Trace } from '../trace/trace.ts';
import { OWN_LIMITS } from './candidates.ts';
import { crossValidate, live, withoutOwnKind } from './cross-validate.ts';
import { figuresOf } from './figures.ts';
import type { Figures } from './figures.ts';
import { judge } from './judge.ts';
import type { EventResult, FalseAlarm } from './judge.ts';
import { defaultLimits, FOLDS, prove, scored } from './proof.ts';
import { showTicks } from './show.ts';
import { best, sweep } from './sweep.ts';
import { FIGURES_HEAD, figuresCells, kindsTable, limitsText, tableOf } from './tables.ts';
import { DEFAULT_METHOD } from './train-on-traces.ts';
import { VARIATIONS } from './variations.ts';

const TRACES = fileURLToPath(new URL('../traces/', import.meta.url));
const TICK_SECONDS = DEFAULT_METHOD.settings.parameters.intervalSeconds;
/** The goal. */
const MOST_FALSE_ALARMS_PER_DAY = 1;

const USAGE = `Usage: npm run prediction:evaluate -- [--traces FOLDER] [--variations] [--test]
       npm run prediction:evaluate -- [--traces FOLDER] --show KIND-SEED

Cross-validation by seed on the training split, and each kind of failure by a model that never saw it: the daemon's settings and limits,
what was missed, what alarmed falsely.

  --traces FOLDER   default: test/prediction/traces
  --variations      also every change of the method that was thought of, each with the daemon's limits and with the best ones for it
  --test            judgement on the test split, peers included. Once for each finished method: whoever tunes by it proves nothing
  --show KIND-SEED  this guest of the training split tick by tick, by a model trained on the others
`;

function main(): void {
  const { values } = parseArgs({
    options: { traces: { type: 'string', default: TRACES }, variations: { type: 'boolean' }, test: { type: 'boolean' }, show: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) return print(USAGE);
  const training = listTraces(values.traces, ['training']).map(readTrace);
  if (training.length === 0) throw new Error(`${values.traces}: no training traces`);
  if (values.show !== undefined) return print(show(training, values.show));
  practise(training);
  if (values.variations === true) vary(training);
  if (values.test === true) examine(training, listTraces(values.traces, ['test']).map(readTrace));
}

function practise(training: readonly Trace[]): void {
  const tally = judge(scored(crossValidate(training, FOLDS, DEFAULT_METHOD)), defaultLimits());
  const figures = figuresOf(tally, TICK_SECONDS);
  print(`Training split, cross-validated, limits ${limitsText(defaultLimits())}\n\n${tableOf(['', ...FIGURES_HEAD], [['default', ...figuresCells(figures)]])}\n\n${kindsTable(figures)}\n`);
  print(details(tally.events, tally.falseAlarms));
  const unknown = judge(scored(withoutOwnKind(training, DEFAULT_METHOD)), defaultLimits());
  print(`Each kind of failure by a model that never saw it\n\n${details(unknown.events, unknown.falseAlarms)}`);
}

function show(training: readonly Trace[], name: string): string {
  const trace = training.find(({ kind, seed }) => `${kind}-${seed}` === name);
  if (trace === undefined) throw new Error(`${name}: there is ${training.map(({ kind, seed }) => `${kind}-${seed}`).join(', ')}`);
  const [lived] = live([trace], training.filter((other) => other !== trace), DEFAULT_METHOD);
  return showTicks(trace, lived?.ticks ?? []);
}

function details(events: readonly EventResult[], falseAlarms: readonly FalseAlarm[]): string {
  const leads = events.map(({ kind, seed, declineSeconds, leadSeconds }) => `${kind}-${seed}, ${declineSeconds.toFixed(0)} s after its decline: ${leadSeconds === null ? 'no alarm in time' : `alarm ${leadSeconds.toFixed(0)} s before`}`);
  const alarms = falseAlarms.map(({ kind, seed, atSeconds, lastedSeconds }) => `${kind}-${seed}: false alarm after ${atSeconds.toFixed(0)} s, for ${lastedSeconds.toFixed(0)} s`);
  return `${[...leads, ...alarms].join('\n')}\n`;
}

function vary(training: readonly Trace[]): void {
  const rows = VARIATIONS.flatMap(({ name, method }) => {
    const those = scored(crossValidate(training, FOLDS, method));
    const usual = figuresOf(judge(those, defaultLimits()), TICK_SECONDS);
    const chosen = best(sweep([null], OWN_LIMITS, () => those, TICK_SECONDS), MOST_FALSE_ALARMS_PER_DAY);
    return [[name, limitsText(defaultLimits()), ...figuresCells(usual)], ['', limitsText(chosen.limits), ...figuresCells(chosen.figures)]];
  });
  print(`${tableOf(['variation', 'limits', ...FIGURES_HEAD], rows)}\n`);
}

function examine(training: readonly Trace[], test: readonly Trace[]): void {
  const { test: figures, untrained, staticThresholds, gaussian, brier } = prove(training, test);
  const rows: [string, Figures][] = [
    ['this method', figures],
    ['untrained', untrained],
    [`static thresholds, ${limitsText(staticThresholds.chosen.limits)}`, staticThresholds.test],
    [`windowed Gaussian, ${JSON.stringify(gaussian.chosen.settings)}, ${limitsText(gaussian.chosen.limits)}`, gaussian.test],
  ];
  print(`Test split\n\n${tableOf(['', ...FIGURES_HEAD], rows.map(([name, one]) => [name, ...figuresCells(one)]))}\n\n${kindsTable(figures)}\n`);
  for (const { horizonSeconds, brier: { score, base, rate } } of brier) print(`Brier score, ${horizonSeconds} s: ${score?.toFixed(4)}; always the mean (${rate?.toFixed(4)}): ${base?.toFixed(4)}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
