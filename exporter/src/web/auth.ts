/** Who calls, and what they may do: bearer tokens with scopes; without one, only what comes from this machine. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { isLoopback } from '../config/address.ts';
import type { Config } from '../config/schema.ts';
import { Problem } from './problem.ts';
import { refuseForeignBrowser } from './same-origin.ts';

type Token = Config['control']['tokens'][number];
export type Scope = Token['scopes'][number];

/** What each scope includes. */
const INCLUDED: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  webhook: ['webhook', 'read'],
  operate: ['operate', 'read'],
  admin: ['admin', 'operate', 'webhook', 'read'],
};

export interface Caller {
  /** The acting person or system, as history names it. */
  actor: string;
  /** Name of the token; null: none was needed. */
  token: string | null;
  scopes: ReadonlySet<Scope>;
}

/** The name in history of whoever acts from this machine without a token. */
export const LOCAL_ACTOR = 'local';

/** The name in history of whoever acts from a Grafana that does not say who. */
export const UNKNOWN_GRAFANA_USER = 'grafana:unknown';

const MAX_USER_LENGTH = 256;

/** Control characters, ends of lines, and what turns the direction of the text that follows: in a log a name could pass for another. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/u;

/** Headers that proxies add; a client behind one cannot take them away. */
const FORWARDED_BY = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-grafana-user'] as const;

/** Finds the token that a request presents. Compares digests, each in constant time, and always all of them. */
export function tokenFinder(tokens: readonly Token[]): (presented: string) => Token | null {
  const known = tokens.flatMap((token) => (token.token === undefined ? [] : [{ token, digest: digest(token.token) }]));
  return (presented) => {
    const wanted = digest(presented);
    return known.filter((entry) => timingSafeEqual(entry.digest, wanted))[0]?.token ?? null;
  };
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export interface AccessRules {
  findToken: (presented: string) => Token | null;
  /** What a caller on loopback may do without a token. */
  withoutToken: readonly Scope[];
  /** Host names under which the listener may be addressed by a browser, besides those of loopback. */
  hostNames: readonly string[];
}

/** Lets a request pass only with `scope`; leaves the caller in `response.locals`. `rules` is read at each request. */
export function requireScope(scope: Scope, rules: () => AccessRules): RequestHandler {
  return (request, response, next) => {
    const caller = identify(request, rules());
    if (!caller.scopes.has(scope)) {
      const who = caller.token !== null ? `the token ${JSON.stringify(caller.token)}` : isForwarded(request) ? 'a request through a proxy without a token' : 'without a token';
      throw new Problem(403, `This needs the scope \`${scope}\`; ${who} has ${[...caller.scopes].map((has) => `\`${has}\``).join(', ') || 'none'}.`);
    }
    response.locals.caller = caller;
    next();
  };
}

export function callerOf(response: Response): Caller {
  return response.locals.caller as Caller;
}

function identify(request: Request, rules: AccessRules): Caller {
  const { authorization } = request.headers;
  if (authorization === undefined) return withoutToken(request, rules);
  const presented = /^Bearer +([\x21-\x7e]{1,1024})$/i.exec(authorization)?.[1];
  const token = presented === undefined ? null : rules.findToken(presented);
  if (token === null) throw unauthorised('The token is not known.');
  const scopes = new Set(token.scopes.flatMap((scope) => INCLUDED[scope]));
  return { actor: actorOf(request, token, scopes), token: token.name, scopes };
}

function withoutToken(request: Request, rules: AccessRules): Caller {
  const { remoteAddress } = request.socket;
  if (rules.withoutToken.length === 0 || remoteAddress === undefined || !isLoopback(remoteAddress)) {
    throw unauthorised('A bearer token is needed: `Authorization: Bearer TOKEN`.');
  }
  refuseForeignBrowser(request.headers, rules.hostNames);
  const scopes = isForwarded(request) ? rules.withoutToken.filter((scope) => scope === 'read') : rules.withoutToken;
  return { actor: LOCAL_ACTOR, token: null, scopes: new Set(scopes) };
}

/**
 * What a proxy on this machine hands on comes from whoever may reach the proxy: Grafana's sends any path and method of any viewer
 * to where a data source points.
 */
function isForwarded({ headers }: Request): boolean {
  return FORWARDED_BY.some((name) => headers[name] !== undefined);
}

/** Grafana names its user in a header, where it is told to; only who may operate is believed. */
function actorOf(request: Request, token: Token, scopes: ReadonlySet<Scope>): string {
  if (!scopes.has('operate')) return token.name;
  const isFromGrafana = request.headers['x-virtmedic-client'] === 'grafana';
  const header = request.headers['x-grafana-user'];
  if (header === undefined || (isFromGrafana && header === '')) return isFromGrafana ? UNKNOWN_GRAFANA_USER : token.name;
  const user = utf8([header].flat().join(', ')).trim();
  if (user === '' || user.length > MAX_USER_LENGTH || UNPRINTABLE.test(user)) {
    throw new Problem(400, `X-Grafana-User must be a name of at most ${MAX_USER_LENGTH} characters.`);
  }
  return user;
}

/** Grafana sends names in UTF-8; Node gives each byte of a header as a character. */
function utf8(header: string): string {
  return Buffer.from(header, 'latin1').toString('utf8');
}

function unauthorised(detail: string): Problem {
  return new Problem(401, detail, { headers: { 'www-authenticate': 'Bearer realm="virtmedic"' } });
}
