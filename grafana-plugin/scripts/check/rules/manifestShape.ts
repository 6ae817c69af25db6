/** The shape of plugin.json as Grafana publishes it: which keys there are, which must be, what a value looks like. */
import { isObject } from '../subject.ts';

type Shape = (value: unknown, at: string) => string[];

const text =
  (pattern?: RegExp, hint = ''): Shape =>
  (value, at) =>
    typeof value !== 'string'
      ? [`${at} is no text`]
      : pattern && !pattern.test(value)
        ? [`${at}: "${value}" ${hint}`]
        : [];

const flag: Shape = (value, at) => (typeof value === 'boolean' ? [] : [`${at} is not true or false`]);
const anything: Shape = () => [];

const oneOf =
  (...words: string[]): Shape =>
  (value, at) =>
    words.some((word) => word === value) ? [] : [`${at}: ${JSON.stringify(value)} is none of ${words.join(', ')}`];

const listOf =
  (item: Shape): Shape =>
  (value, at) =>
    Array.isArray(value) ? value.flatMap((one, index) => item(one, `${at}[${index}]`)) : [`${at} is no list`];

/** Keys with `!` must be there; others than these may not. */
const object =
  (keys: Record<string, Shape>): Shape =>
  (value, at) => {
    if (!isObject(value)) {
      return [`${at} is no object`];
    }
    const prefix = at === '' ? '' : `${at}.`;
    const known = new Map(Object.entries(keys).map(([key, shape]) => [key.replace('!', ''), shape]));
    const required = Object.keys(keys)
      .filter((key) => key.endsWith('!'))
      .map((key) => key.slice(0, -1));
    return [
      ...required.filter((key) => !Object.hasOwn(value, key)).map((key) => `${prefix}${key} is missing`),
      ...Object.entries(value).flatMap(
        ([key, one]) => known.get(key)?.(one, `${prefix}${key}`) ?? [`${prefix}${key} is no key of plugin.json`]
      ),
    ];
  };

const url: Shape = (value, at) =>
  typeof value === 'string' && URL.canParse(value) ? [] : [`${at}: ${JSON.stringify(value)} is no address`];

const ID = /^[0-9a-z]+-([0-9a-z]+-)?(app|panel|datasource)$/;
const RANGE =
  /^(<=|>=|<|>|=|~|\^)?([0-9]+)(\.[0-9x*]+)(\.[0-9x*]+)?(-[0-9a-z]+)?(\s(<=|>=|<|=>)?([0-9]+)(\.[0-9x]+)(\.[0-9x]+))?$/;
const ROLE = oneOf('Admin', 'Editor', 'Viewer', 'None');

const info = object({
  author: object({ name: text(), email: text(/^\S+@\S+$/, 'is no mail address'), url }),
  build: anything,
  description: text(),
  'keywords!': listOf(text()),
  links: listOf(object({ name: text(), url })),
  'logos!': object({ 'small!': text(), 'large!': text() }),
  screenshots: listOf(object({ name: text(), path: text() })),
  'updated!': text(/^\d{4}-\d{2}-\d{2}$/, 'is no date like 2026-01-31'),
  'version!': text(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$/, 'is no version like 1.2.3'),
});

const dependencies = object({
  grafanaVersion: text(),
  'grafanaDependency!': text(RANGE, 'is no range of versions like >=1.2.3'),
  plugins: listOf(object({ 'id!': text(ID, 'is no id of a plugin'), type: anything, name: text(), version: text() })),
  extensions: anything,
});

const include = object({
  uid: text(),
  type: oneOf('dashboard', 'page', 'panel', 'datasource'),
  name: text(),
  component: text(),
  role: ROLE,
  action: text(),
  path: text(),
  addToNav: flag,
  defaultNav: flag,
  icon: text(),
});

const route = object({
  'path!': text(/^[^/]/, 'begins with a slash'),
  method: text(/^(GET|POST|PUT|PATCH|DELETE)(,(GET|POST|PUT|PATCH|DELETE))*$/, 'is no method'),
  url: text(),
  urlParams: anything,
  reqSignedIn: flag,
  reqRole: ROLE,
  reqAction: text(),
  headers: listOf(object({ name: text(), content: text() })),
  body: anything,
  tokenAuth: anything,
  jwtTokenAuth: anything,
});

/** What is wrong with the content of a plugin.json. */
export const manifestShape: Shape = object({
  $schema: text(),
  'id!': text(ID, 'is no id like organisation-name-type'),
  'type!': oneOf('app', 'datasource', 'panel'),
  'name!': text(/\S/, 'is empty'),
  'info!': info,
  'dependencies!': dependencies,
  includes: listOf(include),
  routes: listOf(route),
  languages: listOf(text(/^[a-z]{2}(-[A-Z][a-z]+)?-[A-Z]{2}$/, 'is no language like en-US')),
  extensions: anything,
  queryOptions: object({ maxDataPoints: flag, minInterval: flag, cacheTimeout: flag }),
  category: oneOf('tsdb', 'logging', 'cloud', 'tracing', 'profiling', 'sql', 'enterprise', 'iot', 'other'),
  executable: text(),
  roles: anything,
  iam: anything,
  pascalName: text(),
  state: text(),
  buildMode: text(),
  ...Object.fromEntries(
    [
      'alerting',
      'annotations',
      'autoEnabled',
      'backend',
      'hideFromList',
      'logs',
      'metrics',
      'preload',
      'skipDataQuery',
      'streaming',
      'tracing',
      'suggestions',
    ].map((key) => [key, flag])
  ),
});
