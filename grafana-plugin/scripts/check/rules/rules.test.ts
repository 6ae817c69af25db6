import { expect, test } from 'vitest';
import { include, narrowPng, parts, set, toFixture, type Parts } from '../fixture.ts';
import { RULES } from './index.ts';

/** Rule -> changes that it must find, each with a part of what it must say. */
const BROKEN: Record<string, Array<[change: (parts: Parts) => unknown, says: string]>> = {
  'archive-structure': [
    [(p) => p.beside.set('notes.txt', ''), 'notes.txt lies outside'],
    [(p) => p.files.set('dist/module.js', ''), 'folder dist'],
  ],
  'archive-name': [
    [(p) => (p.root = 'dist'), 'the folder is "dist"'],
    [(p) => (p.archiveName = 'plugin.zip'), 'it should be example-thing-app-1.2.3.zip'],
  ],
  'no-strays': [
    [(p) => p.files.set('node_modules/a/index.js', ''), 'node_modules'],
    [(p) => p.files.set('.env', ''), '.env'],
    [(p) => p.files.set('module.test.js', ''), 'module.test.js'],
    [(p) => p.files.set('api.ts', ''), 'api.ts'],
  ],
  'no-backend': [
    [(p) => p.files.set('gpx_thing_linux_amd64', ''), 'is a program'],
    [(p) => set(p, 'backend', true), 'there is no program'],
    [(p) => p.files.set('standalone.txt', ''), 'debugging'],
  ],
  unsigned: [[(p) => p.files.set('MANIFEST.txt', ''), 'MANIFEST.txt']],
  metadata: [
    [(p) => p.manifests.delete('plugin.json'), 'plugin.json is missing'],
    [(p) => p.files.set('panel/plugin.json', '{'), "panel/plugin.json can't be read"],
  ],
  'metadata-valid': [
    [(p) => set(p, 'dependencies', {}), 'dependencies.grafanaDependency is missing'],
    [(p) => set(p, 'dependencies.grafanaDependency', 'new'), 'no range of versions'],
    [(p) => set(p, 'info.updated', 'yesterday'), 'info.updated'],
    [(p) => set(p, 'info.version', '1.2'), 'info.version'],
    [(p) => set(p, 'info.keywords', 'one'), 'info.keywords is no list'],
    [(p) => set(p, 'info.links', [{ name: 'x', url: 'not an address' }]), 'info.links[0].url'],
    [(p) => set(p, 'id', 'Example'), 'no id'],
    [(p) => set(p, 'colour', 'red'), 'colour is no key'],
    [(p) => set(p, 'routes', [{ path: '/api' }]), 'begins with a slash'],
    [(p) => set(p, 'routes', [{ path: 'api', reqRole: 'Owner' }]), 'reqRole'],
    [
      (p) => set(p, 'info.logos', { small: 'img/logo.svg' }, 'panel/plugin.json'),
      'panel/plugin.json: info.logos.large is missing',
    ],
  ],
  'type-suffix': [
    [(p) => set(p, 'type', 'datasource', 'panel/plugin.json'), 'does not end with -datasource'],
    [(p) => set(p, 'name', 'example-thing-app'), 'the name is the id'],
    [(p) => set(p, 'id', 'example-thing-app', 'panel/plugin.json'), 'two plugins have one id'],
    [(p) => set(p, 'id', 'other-list-panel', 'panel/plugin.json'), 'several organisations'],
  ],
  version: [
    [(p) => set(p, 'info.version', '1.2.4', 'panel/plugin.json'), 'panel/plugin.json: version 1.2.4'],
    [(p) => (p.repository = { ...p.repository, packageVersion: '2.0.0' }), 'package.json has 2.0.0'],
  ],
  placeholders: [
    [(p) => set(p, 'info.updated', '%TODAY%'), '%TODAY%'],
    [(p) => p.files.set('README.md', 'Version %VERSION%'), 'README.md: %VERSION%'],
  ],
  'grafana-dependency': [
    [(p) => set(p, 'dependencies.grafanaDependency', '>=12.0.0', 'panel/plugin.json'), 'plugin.json has >=13.0.0'],
    [(p) => set(p, 'dependencies.grafanaDependency', '13.0.x'), 'only Grafana 13.0.x'],
  ],
  'nested-plugins': [
    [(p) => include(p, 2, { type: 'page', name: 'x', path: '/a/example-thing-app' }), 'not among the includes'],
    [(p) => include(p, 2, { type: 'datasource', name: 'x', path: 'panel/plugin.json' }), 'it is a datasource'],
  ],
  includes: [
    [(p) => p.files.delete('dashboards/one.json'), 'dashboards/one.json is not in the archive'],
    [(p) => p.files.set('dashboards/one.json', '{'), 'no JSON'],
    [(p) => include(p, 1, { type: 'page', name: 'Page', path: '/a/another-app' }), 'no page of this plugin'],
  ],
  'dashboards-import': [
    [(p) => p.files.set('dashboards/one.json', '{"uid":"one","__inputs":[{}]}'), '__inputs'],
    [(p) => p.files.set('dashboards/one.json', '{}'), 'no uid'],
  ],
  languages: [[(p) => set(p, 'languages', ['en-US', 'de-DE']), 'locales/de-DE/example-thing-app.json']],
  discoverability: [
    [(p) => set(p, 'info.description', ' '), 'no description'],
    [(p) => set(p, 'info.keywords', []), 'no keywords'],
    [(p) => set(p, 'info.author', {}), 'no author'],
  ],
  links: [
    [(p) => set(p, 'info.links', [{ name: 'x', url: 'http://example.org' }]), 'no https address'],
    [(p) => set(p, 'info.links', [{ url: 'https://example.org' }]), 'without a name'],
    [(p) => set(p, 'info.author.url', 'ftp://example.org'), 'ftp://example.org'],
  ],
  'circular-dependencies': [
    [(p) => set(p, 'dependencies.plugins', [{ id: 'example-list-panel', type: 'panel' }]), 'which is in this package'],
  ],
  'image-paths': [
    [(p) => set(p, 'info.logos.small', '../logo.svg'), '../logo.svg'],
    [(p) => set(p, 'info.logos.small', 'https://example.org/logo.svg'), 'no path below'],
    [(p) => set(p, 'info.screenshots', [{ name: 'x', path: '' }]), 'a path is empty'],
  ],
  logos: [
    [(p) => p.files.delete('panel/img/logo.svg'), 'panel/plugin.json: the logo'],
    [(p) => p.files.set('img/logo.svg', 'text'), 'is no SVG'],
    [(p) => p.files.set('img/logo.svg', `<svg >${' '.repeat(200_000)}</svg>`), 'bytes'],
  ],
  screenshots: [
    [(p) => set(p, 'info.screenshots', []), 'no screenshots'],
    [(p) => p.files.delete('img/one.png'), 'not in the archive'],
    [(p) => p.files.set('img/one.png', 'GIF89a'), 'no PNG'],
    [(p) => p.files.set('img/one.png', narrowPng), 'only 20 pixels wide'],
  ],
  'unsafe-svg': [
    [(p) => p.files.set('img/logo.svg', '<svg ><script>1</script></svg>'), '<script'],
    [(p) => p.files.set('img/logo.svg', '<svg onload="x()"></svg>'), 'onload'],
    [(p) => p.files.set('img/other.svg', '<svg ><a href="javascript:x()"/></svg>'), 'javascript:'],
  ],
  readme: [
    [(p) => p.files.delete('README.md'), 'missing'],
    [(p) => p.files.set('README.md', `# Grafana app plugin template\n${'words '.repeat(200)}`), "a template's"],
  ],
  'readme-html': [[(p) => p.files.set('README.md', `${String(p.files.get('README.md'))}\n<b>bold</b>`), '<b>']],
  'readme-links': [
    [(p) => p.files.set('README.md', '[a](docs/a.md)'), 'link docs/a.md'],
    [(p) => p.files.set('README.md', '![a](img/one.png)'), 'image img/one.png'],
  ],
  jargon: [[(p) => p.files.set('README.md', 'Run yarn install'), 'yarn']],
  'unsigned-ids': [
    [
      (p) => p.files.set('README.md', 'allow_loading_unsigned_plugins = example-thing-app'),
      'README.md: example-list-panel',
    ],
    [(p) => p.files.set('README.md', ''), 'does not say'],
    [
      (p) => (p.repository = { ...p.repository, unsignedLists: new Map([['docker-compose.yml', '']]) }),
      'docker-compose.yml does not say',
    ],
  ],
  changelog: [
    [(p) => p.files.delete('CHANGELOG.md'), 'no heading for 1.2.3'],
    [(p) => p.files.set('CHANGELOG.md', '## 1.2.30\n\n1.2.3'), 'no heading for 1.2.3'],
  ],
  license: [
    [(p) => p.files.delete('LICENSE'), 'LICENSE is missing'],
    [(p) => p.files.set('LICENSE', 'Apache License Version 2.0, January 2004'), 'LICENSE is missing'],
    [(p) => p.files.set('LICENSE', 'All rights reserved.'), 'LICENSE is missing'],
  ],
  'module-js': [
    [(p) => p.files.delete('panel/module.js'), 'panel/module.js is missing'],
    [(p) => p.files.set('module.js', '(()=>{define(["react"],()=>0)})()'), 'no AMD module'],
  ],
  'production-build': [
    [(p) => set(p, 'buildMode', 'development'), 'no production build'],
    [(p) => p.files.set('1.js', 'eval("1//# sourceURL=webpack://x")'), 'built for development'],
  ],
  'source-maps': [
    [(p) => p.files.delete('module.js.map'), 'module.js.map is missing'],
    [(p) => p.files.set('module.js.map', '{}'), 'no source map'],
    [
      (p) => (p.repository = { ...p.repository, sources: new Map([['module.ts', 'export const plugin = 2;\n']]) }),
      'build anew',
    ],
    [(p) => (p.repository = { ...p.repository, sources: new Map() }), 'module.ts is not in src'],
  ],
  'create-plugin': [
    [(p) => (p.repository = { ...p.repository, webpackConfig: 'mine' }), 'not that of create-plugin'],
    [(p) => p.files.set('module.js', 'define(["react"],(e)=>e);'), "create-plugin's mark"],
  ],
  'legacy-platform': [
    'class X extends PanelCtrl',
    'import("app/plugins/sdk")',
    'window.grafanaBootData.user',
    'System.register([])',
  ].map((code) => [(p: Parts) => p.files.set('1.js', code), '1.js: ']),
  'deprecated-apis': ['a.datasourceRequest(b)', 'c.findDOMNode(d)', 'X.propTypes={}', 'e("div",{ref:"name"})'].map(
    (code) => [(p: Parts) => p.files.set('1.js', code), '1.js: ']
  ),
  'console-log': ['console.log(1)', 'if(a){debugger;}'].map((code) => [
    (p: Parts) => p.files.set('1.js', code),
    '1.js: ',
  ]),
  tracking: [[(p) => p.files.set('1.js', 'fetch("https://www.google-analytics.com/collect")'), 'tracking service']],
  'foreign-code': ['new Function("a","return a")', 'import("https://example.org/a.js")'].map((code) => [
    (p: Parts) => p.files.set('1.js', code),
    '1.js: ',
  ]),
};

test('a package in which all is well passes', () => {
  const subject = toFixture(parts());
  expect(RULES.flatMap(({ id, check }) => check(subject).map((problem) => `${id}: ${problem}`))).toEqual([]);
});

test('an empty archive is refused, without a crash', () => {
  const subject = toFixture({ ...parts(), files: new Map(), manifests: new Map() });
  expect(RULES.flatMap(({ check }) => check(subject))).toEqual(
    expect.arrayContaining(['the archive is empty', 'plugin.json is missing'])
  );
});

test('every rule has a broken package, and rules have names of their own', () => {
  expect(Object.keys(BROKEN).sort()).toEqual(RULES.map(({ id }) => id).sort());
});

const CASES = Object.entries(BROKEN).flatMap(([id, changes]) =>
  changes.map(([change, says]) => [id, says, change] as const)
);
test.each(CASES)('%s finds: %s', (id, says, change) => {
  const broken = parts();
  change(broken);
  const rule = RULES.find((one) => one.id === id);
  expect(rule?.check(toFixture(broken)).join('\n')).toContain(says);
});

test("webpack's way to the global object is no foreign code", () => {
  const fine = parts();
  fine.files.set('1.js', 'new Function("return this")()');
  expect(RULES.find(({ id }) => id === 'foreign-code')?.check(toFixture(fine))).toEqual([]);
});
