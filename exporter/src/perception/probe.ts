import { connect, type Socket } from 'node:net';
import type { ProbeConfig } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';

export type ProbeResult = { ok: true } | { ok: false; error: string };

/** Longest status line that is waited for. */
const STATUS_LINE_MAX_BYTES = 4096;

/** How a probe is called in evidence and events: its type and where it goes. */
export function probeName(probe: ProbeConfig, domainName: string): string {
  if (probe.type === 'http') return `http ${withDomain(probe.url, encodeURIComponent(domainName))}`;
  return `tcp ${withDomain(probe.address, domainName)}:${probe.port}`;
}

function withDomain(text: string, domainName: string): string {
  return text.replaceAll('{domain}', domainName);
}

/**
 * Asks once from outside whether the domain serves. TCP: a connection is accepted. HTTP/1: one GET is answered with an
 * expected status; redirects are not followed and no more than the status line is read. Never rejects.
 */
export function runProbe(probe: ProbeConfig, domainName: string, clock: Clock): Promise<ProbeResult> {
  const limitMs = probe.timeoutSeconds * 1000;
  if (probe.type === 'tcp') {
    const host = withDomain(probe.address, domainName);
    if (!/^[0-9A-Za-z._:%-]+$/.test(host)) return Promise.resolve({ ok: false, error: `${JSON.stringify(host)} is no host name or address` });
    return converse({ host, port: probe.port, limitMs, clock, request: null, judge: () => null });
  }
  const url = URL.parse(withDomain(probe.url, encodeURIComponent(domainName)));
  if (url?.protocol !== 'http:') return Promise.resolve({ ok: false, error: 'not an http:// URL' });
  return converse({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    limitMs,
    clock,
    request: `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: virtmedic\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    judge: (received) => judgeStatusLine(received, probe.status),
  });
}

/**
 * Reads the status line of HTTP/1 (RFC 9112, section 4). Tolerates a bare line feed, as small servers send it: what is asked
 * is whether the guest serves, not whether it is well-formed.
 *
 * @returns null while more is needed
 */
export function judgeStatusLine(received: Buffer, expected: readonly number[]): ProbeResult | null {
  const end = received.indexOf(0x0a);
  if (end < 0) return received.length > STATUS_LINE_MAX_BYTES ? { ok: false, error: 'no status line' } : null;
  const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |\r?$)/.exec(received.toString('latin1', 0, Math.min(end, STATUS_LINE_MAX_BYTES)))?.[1];
  if (status === undefined) return { ok: false, error: 'answer is not HTTP' };
  return expected.includes(Number(status)) ? { ok: true } : { ok: false, error: `status ${status}` };
}

interface Conversation {
  host: string;
  port: number;
  limitMs: number;
  clock: Clock;
  /** Null: being connected is enough. */
  request: string | null;
  judge(received: Buffer): ProbeResult | null;
}

function converse({ host, port, limitMs, clock, request, judge }: Conversation): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host, port });
    let received = Buffer.alloc(0);
    const end = (result: ProbeResult): void => {
      cancel();
      socket.destroy();
      resolve(result);
    };
    const cancel = clock.after(limitMs, () => end({ ok: false, error: `no answer within ${limitMs / 1000} s` }));
    socket.on('connect', () => (request === null ? end({ ok: true }) : socket.write(request)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const verdict = judge(received);
      if (verdict !== null) end(verdict);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => end({ ok: false, error: error.code ?? error.message }));
    socket.on('close', () => end({ ok: false, error: 'closed without an answer' }));
  });
}
