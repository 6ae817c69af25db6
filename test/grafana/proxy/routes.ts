/** Routes of plugin.json: how Grafana matches them and fills in their templates. Pure. */
import { posix } from 'node:path';
import { includes } from './session.ts';
import type { Role } from './session.ts';

/** An entry of `routes` in a plugin.json, as far as this product may use it. */
export interface Route {
  path: string;
  url?: string;
  method?: string;
  reqRole?: string;
  headers?: { name: string; content: string }[];
  urlParams?: { name: string; content: string }[];
  /** JSON that takes the place of whatever the client sent. */
  body?: unknown;
}

export interface TemplateData {
  url: string;
  jsonData: Record<string, unknown>;
  secureJsonData: Record<string, string>;
}

export type Match = { kind: 'route'; route: Route; rest: string } | { kind: 'denied' } | { kind: 'none' };

/**
 * Data sources: the first route whose method fits and whose cleaned path is a prefix of the request's, segment borders or not. A route
 * that fits but asks for a higher role ends the search.
 */
export function matchDataSourceRoute(routes: readonly Route[], method: string, path: string, role: Role): Match {
  const asked = cleanRelative(path);
  for (const route of routes) {
    if (!methodFits(route, method) || !asked.startsWith(cleanRelative(route.path))) continue;
    return allowed(route, role) ? { kind: 'route', route, rest: trimPrefix(path, route.path) } : { kind: 'denied' };
  }
  return { kind: 'none' };
}

/**
 * Apps: the path is cleaned as it was sent, still percent-encoded, and matched segment by segment; `:name` is any one segment, `*` at the end any
 * number from one on. What `*` stood for is what is appended to the route's URL, percent-decoded: a character of `rest` is a byte. Without `*`
 * nothing is.
 */
export function matchAppRoute(routes: readonly Route[], method: string, path: string, role: Role): Match {
  const asked = segments(posix.join('/', path));
  for (const route of routes) {
    if (!methodFits(route, method)) continue;
    const rest = matchSegments(segments(route.path), asked);
    if (rest === null) continue;
    return allowed(route, role) ? { kind: 'route', route, rest } : { kind: 'denied' };
  }
  return { kind: 'none' };
}

function methodFits({ method = '' }: Route, asked: string): boolean {
  return method === '' || method === '*' || method === asked;
}

/** A word that is no role asks for none, as in Grafana. */
function allowed({ reqRole }: Route, role: Role): boolean {
  return (reqRole !== 'Viewer' && reqRole !== 'Editor' && reqRole !== 'Admin') || includes(role, reqRole);
}

function matchSegments(pattern: readonly string[], asked: readonly string[]): string | null {
  for (const [index, segment] of pattern.entries()) {
    if (segment === '*' && index === pattern.length - 1) return index < asked.length ? decodePath(asked.slice(index).join('/')) : null;
    const own = decodePath(asked[index] ?? '%');
    if (own === null || (!segment.startsWith(':') && segment !== own)) return null;
  }
  return asked.length === pattern.length ? '' : null;
}

/** As Go's url.PathUnescape, which knows bytes and no characters. Null: a `%` without two hexadecimal digits. */
export function decodePath(text: string): string | null {
  if (/%(?![0-9a-f]{2})/i.test(text)) return null;
  return text.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** As Go writes a path that it holds decoded; `.` and `/` stay what they are. A character is a byte. */
export function encodePath(text: string): string {
  return text.replace(/[^\w.~$&+,/:;=@-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function segments(path: string): string[] {
  return path.replace(/^\/+|\/+$/g, '').split('/');
}

/** As Go's filepath.Clean under a root: without `.`, `..` and doubled slashes. */
function cleanRelative(path: string): string {
  const clean = posix.normalize(posix.join('/', path)).slice(1);
  return clean === '' ? '.' : clean.replace(/\/$/, '');
}

function trimPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** `{{ .SecureJsonData.name }}`, `{{ .JsonData.name }}`, `{{ .URL }}`, as Go's text/template fills them in. */
export function fillTemplate(text: string, data: TemplateData): string {
  return text.replace(/\{\{-?\s*(?:orEmpty\s+)?\.(URL|JsonData|SecureJsonData)(?:\.([A-Za-z0-9_]+))?\s*-?\}\}/g, (_, group: string, name: string | undefined) => {
    if (group === 'URL') return data.url;
    const values: Record<string, unknown> = group === 'JsonData' ? data.jsonData : data.secureJsonData;
    const value = name === undefined ? undefined : values[name];
    return value === undefined || value === null ? '<no value>' : String(value as string | number | boolean);
  });
}

/** Exactly one slash between the two; none where one of them is empty. */
export function joinPaths(base: string, rest: string): string {
  if (rest === '') return base;
  return `${base.replace(/\/$/, '')}/${rest.replace(/^\//, '')}`;
}
