/** Writes the dashboards: `node grafana-plugin/scripts/dashboards/generate.ts [--check]`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { domain } from './domain.ts';
import { host } from './host.ts';
import type { Dashboard } from './model.ts';
import { overview } from './overview.ts';

const HELP = `Usage: node grafana-plugin/scripts/dashboards/generate.ts [--check]

Writes src/dashboards/*.json. With --check it writes nothing and fails when a file is not what it would write.`;

const FOLDER = join(import.meta.dirname, '..', '..', 'src', 'dashboards');

/** File name -> its content. */
export function dashboardFiles(): Map<string, Dashboard> {
  return new Map([
    ['overview.json', overview()],
    ['host.json', host()],
    ['domain.json', domain()],
  ]);
}

export function toText(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/** Files in `folder` that differ from what would be written. */
export function outdated(folder: string = FOLDER): string[] {
  return [...dashboardFiles()]
    .filter(([name, dashboard]) => {
      const path = join(folder, name);
      return !existsSync(path) || readFileSync(path, 'utf8') !== toText(dashboard);
    })
    .map(([name]) => name);
}

function main(): number {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.check) {
    const files = outdated();
    for (const file of files) {
      console.error(`${relative(process.cwd(), join(FOLDER, file))} is not what generate.ts writes`);
    }
    return files.length === 0 ? 0 : 1;
  }
  for (const [name, dashboard] of dashboardFiles()) {
    writeFileSync(join(FOLDER, name), toText(dashboard));
  }
  return 0;
}

if (import.meta.main) {
  process.exitCode = main();
}
