/** A small package in which everything is well, for tests to break. */
import { toSubject, type Manifest, type Repository, type Subject } from './subject.ts';

const ID = 'example-thing-app';
const PANEL_ID = 'example-list-panel';
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>';
const MODULE = '/* [create-plugin] version: 7.1.7 */\ndefine(["react"],(e)=>e);';
const SOURCE = 'export const plugin = 1;\n';

export interface Parts {
  archiveName: string;
  /** Every file below the root folder. */
  files: Map<string, string | Buffer>;
  /** Beside the root folder. */
  beside: Map<string, string>;
  root: string;
  manifests: Map<string, Record<string, unknown>>;
  repository: Repository;
}

function manifest(id: string, type: string): Record<string, unknown> {
  return {
    id,
    type,
    name: `Example ${type}`,
    buildMode: 'production',
    info: {
      author: { name: 'Example', url: 'https://example.org' },
      description: 'An example.',
      keywords: ['example'],
      links: [{ name: 'Home', url: 'https://example.org/home' }],
      logos: { small: 'img/logo.svg', large: 'img/logo.svg' },
      screenshots: [],
      updated: '2026-01-31',
      version: '1.2.3',
    },
    dependencies: { grafanaDependency: '>=13.0.0', plugins: [] },
  };
}

function png(width: number): Buffer {
  const content = Buffer.alloc(32);
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(content);
  content.writeUInt32BE(width, 16);
  return content;
}

export const narrowPng = png(20);

const README = `# Example

Says what it is, at length. ${'Words follow words, as they do in a text that is written for its readers. '.repeat(8)}

    allow_loading_unsigned_plugins = ${ID},${PANEL_ID}

[A link](https://example.org/page)
`;
const LICENSE = 'Apache License\nVersion 2.0, January 2004\n3. Grant of Patent License.\nEND OF TERMS AND CONDITIONS\n';

/** Anew for each test: it may be changed. */
export function parts(): Parts {
  const map = JSON.stringify({
    version: 3,
    sources: [`webpack://${ID}/./module.ts`, 'webpack:///../../node_modules/a.js'],
    sourcesContent: [SOURCE, ''],
  });
  const app = manifest(ID, 'app');
  return {
    archiveName: `${ID}-1.2.3.zip`,
    root: ID,
    beside: new Map(),
    manifests: new Map([
      [
        'plugin.json',
        {
          ...app,
          languages: ['en-US'],
          info: { ...(app.info as object), screenshots: [{ name: 'One', path: 'img/one.png' }] },
          includes: [
            { type: 'dashboard', name: 'One', path: 'dashboards/one.json' },
            { type: 'page', name: 'Page', path: `/a/${ID}/page` },
            { type: 'panel', name: 'List', path: 'panel/plugin.json' },
          ],
        },
      ],
      ['panel/plugin.json', manifest(PANEL_ID, 'panel')],
    ]),
    files: new Map<string, string | Buffer>([
      ['module.js', MODULE],
      ['module.js.map', map],
      ['panel/module.js', MODULE],
      ['panel/module.js.map', map],
      ['img/logo.svg', SVG],
      ['img/one.png', png(1200)],
      ['panel/img/logo.svg', SVG],
      ['dashboards/one.json', '{"uid":"one"}'],
      [`locales/en-US/${ID}.json`, '{}'],
      ['README.md', README],
      ['CHANGELOG.md', '# Changelog\n\n## 1.2.3 (2026-01-31)\n'],
      ['LICENSE', LICENSE],
    ]),
    repository: {
      packageVersion: '1.2.3',
      webpackConfig: '/* scaffolded by @grafana/create-plugin */',
      sources: new Map([['module.ts', SOURCE]]),
      unsignedLists: new Map([['docker-compose.yml', `GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS: ${ID},${PANEL_ID}`]]),
    },
  };
}

export function toFixture({ archiveName, root, files, beside, manifests, repository }: Parts): Subject {
  const archive = new Map<string, Buffer>();
  for (const [path, content] of [...manifests].map(([path, value]): [string, string] => [
    path,
    JSON.stringify(value),
  ])) {
    archive.set(`${root}/${path}`, Buffer.from(content));
  }
  for (const [path, content] of files) {
    archive.set(`${root}/${path}`, Buffer.from(content));
  }
  for (const [path, content] of beside) {
    archive.set(path, Buffer.from(content));
  }
  return toSubject(archiveName, archive, repository);
}

/** Sets a value in a plugin.json of the parts. */
export function set(parts: Parts, path: string, value: unknown, file = 'plugin.json'): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce<Record<string, unknown>>(
    (object, key) => object[key] as Record<string, unknown>,
    parts.manifests.get(file) ?? {}
  );
  holder[last] = value;
}

export function include(parts: Parts, index: number, value: Manifest): void {
  (parts.manifests.get('plugin.json')?.includes as Manifest[])[index] = value;
}
