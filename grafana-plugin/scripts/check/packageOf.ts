/** The package: the build, in a folder with the plugin's id, as one zip archive. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { writeZip } from '../zip/writeZip.ts';
import { isObject, textAt, type Repository } from './subject.ts';

export interface Package {
  name: string;
  archive: Buffer;
}

/** @throws Error where there is no build */
export function packageOf(dist: string): Package {
  if (!existsSync(join(dist, 'plugin.json'))) {
    throw new Error(`${relative(process.cwd(), dist) || dist} holds no build: npm run build -w virtmedic-recovery-app`);
  }
  const manifest: unknown = JSON.parse(readFileSync(join(dist, 'plugin.json'), 'utf8'));
  const [id, version] = isObject(manifest) ? [textAt(manifest, 'id'), textAt(manifest, 'info.version')] : ['', ''];
  const files = new Map([...filesBelow(dist)].map(([path, content]) => [`${id}/${path}`, content]));
  return { name: `${id}-${version}.zip`, archive: writeZip(files) };
}

/** What the rules want to know of the repository beside the package. */
export function repositoryOf(plugin: string): Repository {
  const manifest: unknown = JSON.parse(readFileSync(join(plugin, 'package.json'), 'utf8'));
  const sources = [...filesBelow(join(plugin, 'src'))].filter(([path]) => /\.[jt]sx?$/.test(path));
  const compose = 'docker-compose.yml';
  return {
    packageVersion: isObject(manifest) ? textAt(manifest, 'version') : '',
    webpackConfig: readOr(join(plugin, '.config/webpack/webpack.config.ts')),
    sources: new Map(sources.map(([path, content]) => [path, content.toString('utf8')])),
    unsignedLists: new Map([[compose, readOr(join(plugin, '..', compose))]]),
  };
}

function readOr(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function filesBelow(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path).split(sep).join('/'), readFileSync(path)];
    })
  );
}
