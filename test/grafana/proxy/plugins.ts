/** The built plugins: which there are, by their plugin.json files. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Route } from './routes.ts';

export interface PluginJson {
  id: string;
  name: string;
  type: 'app' | 'panel' | 'datasource';
  routes?: Route[];
  [key: string]: unknown;
}

export interface Plugin {
  json: PluginJson;
  /** Holds its module.js. */
  folder: string;
}

/** Every plugin below `folder`, by id; the app's dashboards and locales are no plugins. */
export function readPlugins(folder: string): Map<string, Plugin> {
  const files = globSync('**/plugin.json', { cwd: folder });
  return new Map(files.map((file): [string, Plugin] => {
    const path = join(folder, file);
    const json = JSON.parse(readFileSync(path, 'utf8')) as PluginJson;
    return [json.id, { json, folder: dirname(path) }];
  }));
}
