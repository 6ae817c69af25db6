import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../config/address.ts';
import { Problem } from './problem.ts';

/**
 * Protects a listener that asks for no token from the web pages that a person on this machine has open. A page may send
 * requests to loopback (cross-site request forgery), and may even give loopback a name of its own (DNS rebinding). So the
 * Host header must be a name of loopback or one of `hostNames`, and what a browser says of the page must be this very site.
 */
export function refuseForeignBrowser(headers: IncomingHttpHeaders, hostNames: readonly string[]): void {
  const host = headers.host ?? '';
  const name = URL.parse(`http://${host}`)?.hostname ?? '';
  if (name === '' || !(isLoopback(name) || hostNames.includes(name))) {
    throw new Problem(403, 'Without a token, the Host header must be a name of this machine\'s loopback, such as localhost or 127.0.0.1.');
  }
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const foreignOrigin = origin !== undefined && origin !== `http://${host}`;
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreignOrigin || foreignSite) throw new Problem(403, 'Without a token, requests of pages of other sites are refused.');
}
