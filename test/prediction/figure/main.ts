import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { live } from '../evaluate/cross-validate.ts';
import { defaultLimits } from '../evaluate/proof.ts';
import { DEFAULT_METHOD } from '../evaluate/train-on-traces.ts';
import { listTraces, readTrace } from '../trace/folder.ts';
import { choosePair, csvOf, figureOf } from './figure.ts';
import { svgOf } from './svg.ts';

const FOLDER = fileURLToPath(new URL('./', import.meta.url));
const TRACES = fileURLToPath(new URL('../traces/', import.meta.url));

const USAGE = `Usage: npm run prediction:figure -- [--out FOLDER]

Trains on the training split and draws the forecast of two guests of the test split: fig8.svg, with its curves in fig8.csv and its
numbers in fig8.json. Default folder: test/prediction/figure
`;

function main(): void {
  const { values } = parseArgs({ options: { out: { type: 'string', default: FOLDER }, help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) return void process.stdout.write(USAGE);
  const training = listTraces(TRACES, ['training']).map(readTrace);
  const test = listTraces(TRACES, ['test']).map(readTrace);
  const { intervalSeconds } = DEFAULT_METHOD.settings.parameters;
  const lived = live(test, training, DEFAULT_METHOD);
  const { failing, healthy } = choosePair(test.map((trace, n) => ({ trace, lived: lived[n]! })), defaultLimits(), intervalSeconds);
  const figure = figureOf(failing, healthy, defaultLimits(), DEFAULT_METHOD.settings.horizonSeconds[0] ?? 0);
  const numbers = { failing: { guest: figure.failing.name, about: figure.failing.about }, healthy: { guest: figure.healthy.name, about: figure.healthy.about }, ...figure.numbers };
  writeFileSync(join(values.out, 'fig8.svg'), svgOf(figure));
  writeFileSync(join(values.out, 'fig8.csv'), csvOf(figure));
  writeFileSync(join(values.out, 'fig8.json'), `${JSON.stringify(numbers, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(numbers)}\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
