/** `npm run plugin:package`: writes `<id>-<version>.zip` from the build. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { packageOf } from './check/packageOf.ts';

const HELP = `Usage: npm run plugin:package [-- --dist FOLDER] [--out FOLDER]

Packs the build (default: grafana-plugin/dist) as Grafana's catalogue takes it, unsigned, into
FOLDER (default: dist at the root of the repository).`;

const PLUGIN = join(import.meta.dirname, '..');

function main(): number {
  const { values } = parseArgs({
    options: {
      dist: { type: 'string', default: join(PLUGIN, 'dist') },
      out: { type: 'string', default: join(PLUGIN, '..', 'dist') },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { name, archive } = packageOf(values.dist);
  mkdirSync(values.out, { recursive: true });
  const path = join(values.out, name);
  writeFileSync(path, archive);
  console.log(`${relative(process.cwd(), path)}: ${archive.length} bytes`);
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
