/** `node generate.ts` writes the references from the code; with `--check` it only tells which of them are out of date, and fails. */
import { generate, outOfDate } from './documents.ts';

const folder = import.meta.dirname;
if (process.argv.includes('--check')) {
  for (const { name, isMissing } of await outOfDate(folder)) {
    process.stderr.write(`exporter/docs/${name} is ${isMissing ? 'missing' : 'out of date'}; run: npm run docs:generate\n`);
    process.exitCode = 1;
  }
} else {
  for (const name of await generate(folder)) process.stdout.write(`wrote exporter/docs/${name}\n`);
}
