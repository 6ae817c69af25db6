/** Files of the page, of the built plugins and of @grafana/ui. */
import { createReadStream, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ServerResponse } from 'node:http';
import { dirname, extname, join, resolve, sep } from 'node:path';
import type { Plugin } from './plugins.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript', '.json': 'application/json', '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.map': 'application/json',
};

const require = createRequire(import.meta.url);
/** Icons and images of Grafana's component library. */
const UI_PUBLIC = join(dirname(require.resolve('@grafana/ui/package.json')), 'dist/public');

export interface Folders {
  page: string;
  plugins: Map<string, Plugin>;
}

/** False: there is no such file. */
export function serveFile(response: ServerResponse, path: string, { page, plugins }: Folders): boolean {
  const plugin = /^\/public\/plugins\/([\w-]+)\/(.+)$/.exec(path);
  if (plugin !== null) return send(response, plugins.get(plugin[1] ?? '')?.folder, plugin[2] ?? '');
  if (path.startsWith('/public/page/')) return send(response, page, path.slice('/public/page/'.length));
  if (path.startsWith('/public/build/img/')) return send(response, UI_PUBLIC, path.slice('/public/build/'.length));
  return false;
}

function send(response: ServerResponse, folder: string | undefined, name: string): boolean {
  if (folder === undefined) return false;
  const file = resolve(folder, decodeURIComponent(name));
  if (!file.startsWith(folder + sep)) return false;
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) return false;
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': stat.size, 'cache-control': 'no-store' });
  createReadStream(file).pipe(response);
  return true;
}
