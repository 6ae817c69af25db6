import { besides, isObject, listAt, textAt, textOf, type Rule, type Subject } from '../subject.ts';

/** Every script of the build, by its path. */
function scripts({ files }: Subject): Array<[path: string, text: string]> {
  return [...files].filter(([path]) => path.endsWith('.js')).map(([path, content]) => [path, content.toString('utf8')]);
}

/** A rule about what may not occur in the build. */
function forbids(id: string, about: string, patterns: ReadonlyArray<readonly [pattern: RegExp, what: string]>): Rule {
  return {
    id,
    about,
    check: (subject) =>
      scripts(subject).flatMap(([path, text]) =>
        patterns.filter(([pattern]) => pattern.test(text)).map(([, what]) => `${path}: ${what}`)
      ),
  };
}

export const codeRules: Rule[] = [
  {
    id: 'module-js',
    about: 'Every plugin has its module.js, an AMD module as Grafana loads it.',
    check: (subject) =>
      [...subject.manifests.keys()].flatMap((manifest) => {
        const path = besides(manifest, 'module.js');
        return !subject.files.has(path)
          ? [`${path} is missing`]
          : /^\s*(\/\*[\s\S]*?\*\/\s*)*define\(\s*(["'][^"']*["']\s*,\s*)?\[/.test(textOf(subject, path))
            ? []
            : [`${path} is no AMD module`];
      }),
  },
  {
    id: 'production-build',
    about: 'It is a production build.',
    check: (subject) => [
      ...[...subject.manifests]
        .filter(([, manifest]) => textAt(manifest, 'buildMode') !== 'production')
        .map(([path]) => `${path}: no production build`),
      ...scripts(subject)
        .filter(([, text]) => /\beval\(["']|sourceURL=webpack/.test(text))
        .map(([path]) => `${path} is built for development`),
    ],
  },
  {
    id: 'source-maps',
    about: 'Every script has its source map, and it shows the source as it is in the repository.',
    check: (subject) => scripts(subject).flatMap(([path]) => sourceMapProblems(subject, `${path}.map`)),
  },
  {
    id: 'create-plugin',
    about: "It is built with create-plugin's tooling.",
    check: (subject) => [
      ...(subject.repository.webpackConfig.includes('@grafana/create-plugin')
        ? []
        : ['.config/webpack/webpack.config.ts is not that of create-plugin']),
      ...[...subject.manifests.keys()]
        .map((manifest) => besides(manifest, 'module.js'))
        .filter((path) => subject.files.has(path) && !textOf(subject, path).includes('[create-plugin] version:'))
        .map((path) => `${path} does not carry create-plugin's mark`),
    ],
  },
  forbids('legacy-platform', 'Nothing of the platform before React.', [
    [/PanelCtrl|QueryCtrl/, 'a controller of AngularJS'],
    [/app\/plugins\/|app\/core\//, "Grafana's own modules"],
    [/getLegacyAngularInjector|ctrl\.annotation|angular\.isNumber\(|editor\.html/, 'AngularJS'],
    [/System\.register\(/, 'System.register'],
    [/window\.(angular|System|Intercom|grafanaBootData|grafanaRuntime|__grafana)\b/, "Grafana's own global objects"],
  ]),
  forbids('deprecated-apis', 'No API that Grafana has withdrawn.', [
    [/\.datasourceRequest\(/, 'datasourceRequest'],
    [/__SECRET_INTERNALS_DO_NOT_USE_OR_YOU_WILL_BE_FIRED/, "React's internals"],
    [
      /\bfindDOMNode\(|unmountComponentAtNode\(|ReactDOM\.render\(|\bcreateFactory\(/,
      'an API that React 19 does not have',
    ],
    [/\.(propTypes|contextTypes|childContextTypes)=|getChildContext/, 'properties that React 19 does not read'],
    [/\bref:\s*["'][\w$]+["']/, 'a ref that is a text'],
  ]),
  forbids('console-log', 'Nothing is written to the console in passing.', [
    [/\bconsole\.(log|info|debug|dir|table)\(/, 'console output'],
    [/\bdebugger\b\s*[;}]/, 'debugger'],
  ]),
  forbids('tracking', 'Nobody is watched.', [
    [
      /google-analytics\.com|googletagmanager\.com|mixpanel\.com|segment\.(io|com)\/|hotjar\.com|amplitude\.com/,
      'a tracking service',
    ],
  ]),
  forbids('foreign-code', 'No code comes from elsewhere at run time.', [
    // webpack's own way to find the global object is none.
    [/\bnew Function\((?!["']return this["'])/, 'new Function'],
    [/<script[\s>]/i, 'a script element'],
    [/\bimport\(\s*["']https?:/, 'a module from an address'],
  ]),
];

function sourceMapProblems(subject: Subject, path: string): string[] {
  if (!subject.files.has(path)) {
    return [`${path} is missing`];
  }
  let map: unknown;
  try {
    map = JSON.parse(textOf(subject, path));
  } catch {
    map = null;
  }
  if (!isObject(map) || !Array.isArray(map.sources) || !Array.isArray(map.sourcesContent)) {
    return [`${path} is no source map`];
  }
  const contents = listAt(map, 'sourcesContent');
  return listAt(map, 'sources').flatMap((source, index) => {
    const own = /^webpack:\/\/[^/]*\/\.\/([^?]+\.[jt]sx?)$/.exec(String(source))?.[1];
    if (own === undefined || own.includes('node_modules')) {
      return [];
    }
    const inRepository = subject.repository.sources.get(own);
    return inRepository === undefined
      ? [`${path}: ${own} is not in src`]
      : inRepository === contents[index]
        ? []
        : [`${path}: ${own} is not as it is in src: build anew`];
  });
}
