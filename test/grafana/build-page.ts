import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cachedBuild } from './cached-build.ts';
import { contentHash } from './content-hash.ts';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = join(import.meta.dirname, 'page');

/** The folder of the page's bundle (Grafana's front end libraries with the host around the plugins), built where needed. */
export async function ensurePageBuilt(onProgress: (text: string) => void = () => {}): Promise<string> {
  const hash = contentHash(import.meta.dirname, ['page/**', 'build-page.ts'], [readFileSync(join(ROOT, 'package-lock.json'), 'utf8')]);
  return cachedBuild('page', hash, async (folder) => {
    onProgress("building the preview page (Grafana's front end libraries)");
    await bundle(folder);
    copyFileSync(join(SOURCE, 'main.css'), join(folder, 'main.css'));
  });
}

async function bundle(folder: string): Promise<void> {
  const dataUrl = ['.svg', '.png', '.woff', '.woff2', '.ttf'].map((extension) => [extension, 'dataurl'] as const);
  await build({
    entryPoints: [join(SOURCE, 'main.tsx')],
    outfile: join(folder, 'main.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    tsconfig: join(SOURCE, 'tsconfig.json'),
    mainFields: ['module', 'browser', 'main'],
    conditions: ['import', 'browser', 'module'],
    // SystemJS defines a global `define`, which lodash would take for an AMD loader.
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'window', define: 'undefined' },
    loader: Object.fromEntries(dataUrl),
    logLevel: 'error',
  });
}
