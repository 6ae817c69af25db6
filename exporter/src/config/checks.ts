/**
 * What the schema alone cannot say: duplicates, selectors that can never match, listeners and their tokens, templates. Works on
 * the values as written, even where some of them are wrong, so that one run names every problem.
 */
import { formatAddress, isLoopback, parseListen } from './address.ts';
import { cronProblem } from './cron.ts';
import { globMatches } from '../policy/glob.ts';
import type { Path } from './errors.ts';

export interface Finding {
  severity: 'error' | 'warning';
  path: Path;
  message: string;
}

type Group = Record<string, unknown>;

/** Selectors with which each later one is compared: the time grows with their product. */
const MAX_COMPARED = 500;

const DEFAULT_CONTROL_LISTEN = '127.0.0.1:9178';

export function check(value: unknown): Finding[] {
  const root = group(value);
  return [...checkHosts(root), ...checkSelectors(root), ...checkProbes(root), ...checkTokens(root), ...checkListeners(root), ...checkTraining(root), ...checkGuestAgent(root)];
}

function checkHosts(root: Group): Finding[] {
  const hosts = groups(root.hosts);
  const uris = hosts.map((host) => text(host.uri));
  return [
    ...repeated(hosts.map((host) => text(host.name)), (index) => ['hosts', index, 'name'], (first) => `hosts[${first}] has this name already; names are unique`),
    ...repeated(uris.map((uri) => uri?.replace(/\/+$/, '') ?? null), (index) => ['hosts', index, 'uri'], (first) => `hosts[${first}] has this URI already; its domains would be seen twice`),
    ...uris.flatMap((uri, index) =>
      uri === null || uri === '' || /^[a-z]+(?:\+[a-z0-9]+)?:\/\//i.test(uri)
        ? []
        : [error(['hosts', index, 'uri'], 'expected a libvirt URI such as `qemu:///system` or `qemu+tcp://HOST/system`')],
    ),
  ];
}

function checkSelectors(root: Group): Finding[] {
  const hostNames = groups(root.hosts).map((host) => text(host.name));
  const earlier: { index: number; match: Group }[] = [];
  return groups(root.domains).flatMap((selector, index) => {
    const match = group(selector.match);
    const covering = earlier.find((other) => covers(other.match, match));
    if (earlier.length < MAX_COMPARED) earlier.push({ index, match });
    const host = text(match.host);
    return [
      ...(covering === undefined
        ? []
        : [warning(['domains', index], `can never match: domains[${covering.index}] before it matches the same domains; put the more special selector first`)]),
      ...(host !== null && !/[*?]/.test(host) && !hostNames.includes(host) ? [warning(['domains', index, 'match', 'host'], 'no host has this name, so it can never match')] : []),
    ];
  });
}

/** Whether everything that `later` matches is matched by `earlier` already, as far as that is certain without comparing two patterns. */
function covers(earlier: Group, later: Group): boolean {
  return ['name', 'host', 'uuid'].every((key) => {
    const condition = text(earlier[key]);
    const other = text(later[key]);
    if (condition === null || condition === other) return true;
    if (key === 'uuid') return false;
    return /^\*+$/.test(condition) || (other !== null && !/[*?]/.test(other) && globMatches(condition, other));
  });
}

function checkProbes(root: Group): Finding[] {
  return groups(root.domains).flatMap((selector, index) =>
    groups(selector.probes).flatMap((probe, number) => {
      const option = probe.type === 'http' ? 'url' : 'address';
      const template = text(probe[option]);
      if (template === null || template === '') return [];
      const wrong = probe.type === 'http' ? wrongUrl(template) : wrongAddress(template);
      return wrong === null ? [] : [error(['domains', index, 'probes', number, option], wrong)];
    }),
  );
}

function wrongPlaceholder(template: string): string | null {
  const placeholder = template.match(/\{[^}]*\}?|\}/g)?.find((found) => found !== '{domain}');
  return placeholder === undefined ? null : `\`${placeholder.slice(0, 64)}\` is not a placeholder; only \`{domain}\` is`;
}

function wrongAddress(template: string): string | null {
  const filled = template.replaceAll('{domain}', 'name');
  return wrongPlaceholder(template) ?? (/^[0-9A-Za-z._:-]{1,253}$/.test(filled) ? null : 'expected a host name or address, without port, scheme or brackets; `{domain}` stands for the name of the domain');
}

function wrongUrl(template: string): string | null {
  const placeholder = wrongPlaceholder(template);
  if (placeholder !== null) return placeholder;
  const url = URL.parse(template.replaceAll('{domain}', 'name'));
  return url !== null && url.protocol === 'http:' && url.username === '' && url.password === '' ? null : 'expected an `http://` URL without user name; `{domain}` stands for the name of the domain';
}

function checkTokens(root: Group): Finding[] {
  const tokens = groups(group(root.control).tokens);
  const path = (index: number, key: string): Path => ['control', 'tokens', index, key];
  const scopes = tokens.flatMap((token) => (Array.isArray(token.scopes) ? (token.scopes as unknown[]) : []));
  return [
    ...repeated(tokens.map((token) => text(token.name)), (index) => path(index, 'name'), (first) => `control.tokens[${first}] has this name already; the name tells in history who acted`),
    ...repeated(tokens.map((token) => text(token.token)), (index) => path(index, 'token'), (first) => `control.tokens[${first}] is the same token`),
    ...tokens.flatMap((token, index) =>
      (token.token === undefined) === (token.tokenFile === undefined) ? [error(['control', 'tokens', index], 'exactly one of `token` and `tokenFile` is needed')] : [],
    ),
    ...(tokens.length > 0 && !scopes.some((scope) => scope === 'webhook' || scope === 'admin')
      ? [warning(['control', 'tokens'], 'no token has the scope `webhook`, so Alertmanager cannot deliver alerts')]
      : []),
  ];
}

function checkListeners(root: Group): Finding[] {
  const web = parseListen(text(group(root.web).listen) ?? ':9177');
  const control = parseListen(text(group(root.control).listen) ?? DEFAULT_CONTROL_LISTEN);
  if (control === null) return [];
  const path: Path = ['control', 'listen'];
  const local = control.host !== null && isLoopback(control.host);
  const hasTokens = groups(group(root.control).tokens).length > 0;
  const samePort = web !== null && web.port !== 0 && web.port === control.port;
  return [
    ...(!local && !hasTokens
      ? [error(path, `${formatAddress(control.host, control.port)} can be reached from other machines, so control.tokens is needed; or listen on 127.0.0.1:${control.port}`)]
      : []),
    ...(!local && hasTokens ? [warning(path, 'tokens and actions cross the network unencrypted; use a trusted network or a TLS proxy on this machine')] : []),
    ...(samePort && (web.host === null || control.host === null || web.host === control.host) ? [error(path, 'web.listen uses this port already')] : []),
  ];
}

function checkTraining(root: Group): Finding[] {
  const nightlyAt = text(group(group(root.prediction).training).nightlyAt);
  const problem = nightlyAt === null ? null : cronProblem(nightlyAt);
  return problem === null ? [] : [error(['prediction', 'training', 'nightlyAt'], problem)];
}

/** An opt-in that has no effect would be noticed only when it is needed. */
function checkGuestAgent(root: Group): Finding[] {
  if (group(root.guest).agent === true) return [];
  const message = 'has no effect without `guest.agent: true`';
  return [
    ...groups(root.domains).flatMap(({ guestAgent }, index) => (guestAgent === true ? [warning(['domains', index, 'guestAgent'], message)] : [])),
    ...groups(root.apps).flatMap(({ start }, index) => (group(start).agentCommand === undefined ? [] : [warning(['apps', index, 'start', 'agentCommand'], message)])),
  ];
}

function repeated(values: readonly (string | null)[], path: (index: number) => Path, message: (first: number) => string): Finding[] {
  const first = new Map<string, number>();
  return values.flatMap((value, index) => {
    if (value === null || value === '') return [];
    const before = first.get(value);
    if (before !== undefined) return [error(path(index), message(before))];
    first.set(value, index);
    return [];
  });
}

const error = (path: Path, message: string): Finding => ({ severity: 'error', path, message });
const warning = (path: Path, message: string): Finding => ({ severity: 'warning', path, message });

function group(value: unknown): Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Group) : {};
}

function groups(value: unknown): Group[] {
  return Array.isArray(value) ? value.map(group) : [];
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
