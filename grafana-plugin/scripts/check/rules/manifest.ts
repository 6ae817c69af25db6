import { at, besides, isObject, listAt, MAIN, textAt, textOf, type Rule } from '../subject.ts';
import { manifestShape } from './manifestShape.ts';

export const manifestRules: Rule[] = [
  {
    id: 'metadata',
    about: 'The archive holds a plugin.json, and each plugin.json is JSON.',
    check: ({ files, manifests }) => [
      ...(files.has(MAIN) ? [] : ['plugin.json is missing']),
      ...[...files.keys()]
        .filter((path) => /(^|\/)plugin\.json$/.test(path) && !manifests.has(path))
        .map((path) => `${path} can't be read`),
    ],
  },
  {
    id: 'metadata-valid',
    about: "Each plugin.json follows Grafana's schema.",
    check: ({ manifests }) =>
      [...manifests].flatMap(([path, manifest]) => manifestShape(manifest, '').map((wrong) => `${path}: ${wrong}`)),
  },
  {
    id: 'type-suffix',
    about: 'An id ends with the type of the plugin, begins with one organisation, and is not the name.',
    check: ({ manifests }) => {
      const ids = [...manifests.values()].map((manifest) => textAt(manifest, 'id'));
      return [
        ...[...manifests].flatMap(([path, manifest]) => {
          const [id, type] = [textAt(manifest, 'id'), textAt(manifest, 'type')];
          return [
            ...(id.endsWith(`-${type}`) ? [] : [`${path}: the id ${id} does not end with -${type}`]),
            ...(textAt(manifest, 'name') === id ? [`${path}: the name is the id, not one for people`] : []),
          ];
        }),
        ...(new Set(ids).size === ids.length ? [] : [`two plugins have one id: ${ids.join(', ')}`]),
        ...(new Set(ids.map((id) => id.split('-')[0])).size <= 1
          ? []
          : [`ids of several organisations: ${ids.join(', ')}`]),
      ];
    },
  },
  {
    id: 'version',
    about: 'All plugin.json have the version of package.json.',
    check: ({ manifests, repository }) =>
      [...manifests]
        .filter(([, manifest]) => textAt(manifest, 'info.version') !== repository.packageVersion)
        .map(
          ([path, manifest]) =>
            `${path}: version ${textAt(manifest, 'info.version')}, package.json has ${repository.packageVersion}`
        ),
  },
  {
    id: 'placeholders',
    about: 'Nothing that the build fills in is left open.',
    check: (subject) =>
      [...subject.manifests.keys(), 'README.md'].flatMap((path) =>
        [...new Set(textOf(subject, path).match(/%(VERSION|TODAY|PLUGIN_ID)%/g) ?? [])].map(
          (left) => `${path}: ${left} is not filled in`
        )
      ),
  },
  {
    id: 'grafana-dependency',
    about: 'The range of Grafana versions is the same in all plugin.json and is not a single version.',
    check: ({ manifests }) => {
      const ranges = [...manifests].map(
        ([path, manifest]) => [path, textAt(manifest, 'dependencies.grafanaDependency')] as const
      );
      const expected = ranges[0]?.[1] ?? '';
      return [
        ...ranges
          .filter(([, range]) => range !== expected)
          .map(([path, range]) => `${path}: ${range}, plugin.json has ${expected}`),
        ...(/^\d+\.\d+\.(x|\d+)$/.test(expected) ? [`only Grafana ${expected} is allowed`] : []),
      ];
    },
  },
  {
    id: 'nested-plugins',
    about: 'Every nested plugin is in the includes of the app, with its type.',
    check: ({ manifests }) => {
      const includes = listAt(manifests.get(MAIN), 'includes').filter(isObject);
      return [...manifests]
        .filter(([path]) => path !== MAIN)
        .flatMap(([path, manifest]) => {
          const include = includes.find((one) => one.path === path);
          if (!include) {
            return [`${path} is not among the includes of plugin.json`];
          }
          const type = textAt(manifest, 'type');
          return include.type === type
            ? []
            : [`${path} is a ${type}, among the includes it is a ${textAt(include, 'type')}`];
        });
    },
  },
  {
    id: 'includes',
    about: 'What the includes name is there: dashboards that can be read, pages of this plugin.',
    check: (subject) => {
      const main = subject.manifests.get(MAIN);
      const id = textAt(main, 'id');
      return listAt(main, 'includes')
        .filter(isObject)
        .flatMap((include) => {
          const path = textAt(include, 'path');
          if (include.type === 'page') {
            return path.startsWith(`/a/${id}`) || path.startsWith(`/plugins/${id}`)
              ? []
              : [`page "${textAt(include, 'name')}": ${path} is no page of this plugin`];
          }
          if (!subject.files.has(path)) {
            return [`${path} is not in the archive`];
          }
          return include.type === 'dashboard' && !isJson(textOf(subject, path)) ? [`${path} is no JSON`] : [];
        });
    },
  },
  {
    id: 'dashboards-import',
    about: "Grafana imports an app's dashboards by itself: they ask for nothing, and have a uid for links.",
    check: (subject) =>
      listAt(subject.manifests.get(MAIN), 'includes')
        .filter(isObject)
        .filter(({ type }) => type === 'dashboard')
        .map((include) => textAt(include, 'path'))
        .filter((path) => isJson(textOf(subject, path)))
        .flatMap((path) => {
          const dashboard: unknown = JSON.parse(textOf(subject, path));
          const asks = isObject(dashboard) && listAt(dashboard, '__inputs').length > 0;
          const uid = isObject(dashboard) ? textAt(dashboard, 'uid') : '';
          return [...(asks ? [`${path} asks for __inputs`] : []), ...(uid === '' ? [`${path} has no uid`] : [])];
        }),
  },
  {
    id: 'languages',
    about: 'Every language that a plugin.json names has its texts.',
    check: ({ files, manifests }) =>
      [...manifests].flatMap(([path, manifest]) =>
        listAt(manifest, 'languages')
          .map((language) => besides(path, `locales/${String(language)}/${textAt(manifest, 'id')}.json`))
          .filter((texts) => !files.has(texts))
          .map((texts) => `${texts} is not in the archive`)
      ),
  },
  {
    id: 'discoverability',
    about: 'Description, keywords and author are there, for people who search.',
    check: ({ manifests }) =>
      [...manifests].flatMap(([path, manifest]) => [
        ...(textAt(manifest, 'info.description').trim() === '' ? [`${path}: no description`] : []),
        ...(listAt(manifest, 'info.keywords').length === 0 ? [`${path}: no keywords`] : []),
        ...(textAt(manifest, 'info.author.name') === '' ? [`${path}: no author`] : []),
      ]),
  },
  {
    id: 'links',
    about: 'Links go to https addresses and have a name.',
    check: ({ manifests }) =>
      [...manifests].flatMap(([path, manifest]) => {
        const links = listAt(manifest, 'info.links').filter(isObject);
        const author = textAt(manifest, 'info.author.url');
        const addresses = [...links.map((link) => textAt(link, 'url')), ...(author === '' ? [] : [author])];
        return [
          ...addresses
            .filter((address) => !/^https:\/\/[^\s/]+\.[^\s/]+/.test(address))
            .map((address) => `${path}: "${address}" is no https address`),
          ...links.filter((link) => textAt(link, 'name') === '').map(() => `${path}: a link without a name`),
        ];
      }),
  },
  {
    id: 'circular-dependencies',
    about: 'A plugin does not need itself or what is nested with it.',
    check: ({ manifests }) => {
      const own = [...manifests.values()].map((manifest) => textAt(manifest, 'id'));
      return [...manifests].flatMap(([path, manifest]) =>
        listAt(manifest, 'dependencies.plugins')
          .filter(isObject)
          .map((plugin) => at(plugin, 'id'))
          .filter((id) => own.some((one) => one === id))
          .map((id) => `${path} needs ${String(id)}, which is in this package`)
      );
    },
  },
];

function isJson(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}
