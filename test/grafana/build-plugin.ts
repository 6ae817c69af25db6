import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedBuild } from './cached-build.ts';
import { contentHash } from './content-hash.ts';

const ROOT = join(import.meta.dirname, '../..');
export const PLUGIN_SOURCE = join(ROOT, 'grafana-plugin');
const SOURCES = ['src/**', '.config/**', 'package.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', 'LICENSE'];
const TIMEOUT_MS = 300_000;

/**
 * The folder of the plugin's production build, built where its sources have changed since the last time. What `npm run plugin:build` makes in
 * `grafana-plugin/dist` is left alone.
 */
export async function ensurePluginBuilt(onProgress: (text: string) => void = () => {}): Promise<string> {
  const hash = contentHash(PLUGIN_SOURCE, SOURCES, [readFileSync(join(ROOT, 'package-lock.json'), 'utf8')]);
  return cachedBuild('plugin', hash, async (folder) => {
    onProgress('building the Grafana plugin');
    await webpack(folder);
    // The build's own step looks in dist only.
    const { version, name } = JSON.parse(readFileSync(join(PLUGIN_SOURCE, 'package.json'), 'utf8')) as { version: string; name: string };
    for (const file of globSync('**/plugin.json', { cwd: folder })) {
      const path = join(folder, file);
      const today = new Date().toISOString().slice(0, 10);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('%VERSION%', version).replaceAll('%TODAY%', today).replaceAll('%PLUGIN_ID%', name));
    }
    copyLeftOut(folder);
  });
}

/** Locales and dashboards are copied by the build where they are JSON; screenshots that plugin.json names must exist. */
function copyLeftOut(folder: string): void {
  for (const file of globSync('img/**/*.{svg,png}', { cwd: join(PLUGIN_SOURCE, 'src') })) cpSync(join(PLUGIN_SOURCE, 'src', file), join(folder, file));
}

async function webpack(folder: string): Promise<void> {
  // A step of the build looks into dist wherever it builds to.
  mkdirSync(join(PLUGIN_SOURCE, 'dist'), { recursive: true });
  const program = join(ROOT, 'node_modules/.bin/webpack');
  const args = ['-c', './webpack.config.ts', '--env', 'production', '--output-path', folder];
  const env = { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' };
  const child = spawn(program, args, { cwd: PLUGIN_SOURCE, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the Grafana plugin could not be built:\n${output.split('\n').slice(-40).join('\n')}`);
}
