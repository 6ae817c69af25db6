import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import { systemClock } from '../events/clock.ts';
import type { ProbeConfig } from '../config/schema.ts';
import { judgeStatusLine, probeName, runProbe } from './probe.ts';

const LIMITS = { intervalSeconds: 5, timeoutSeconds: 10, failures: 3 };
const servers: Server[] = [];

/** Answers every connection's first bytes by `answer`; null: never. */
async function serve(answer: ((request: string, socket: Socket) => void) | null): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (answer) socket.once('data', (data) => answer(data.toString(), socket));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const http = (url: string, status = [200]): ProbeConfig => ({ type: 'http', url, status, ...LIMITS });
const tcp = (address: string, port: number): ProbeConfig => ({ type: 'tcp', address, port, ...LIMITS });

describe('http', () => {
  it('is answered by an expected status, also with bare line feeds', async () => {
    let request = '';
    const port = await serve((text, socket) => {
      request = text;
      socket.end('HTTP/1.0 204 No Content\nContent-Length: 0\n\n');
    });
    expect(await runProbe(http(`http://127.0.0.1:${port}/a?b={domain}`, [200, 204]), 'vm 1', systemClock)).toEqual({ ok: true });
    expect(request).toMatch(/^GET \/a\?b=vm%201 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
  });

  it('does not follow a redirect', async () => {
    const port = await serve((_, socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n'));
    expect(await runProbe(http(`http://127.0.0.1:${port}/`), 'vm', systemClock)).toEqual({ ok: false, error: 'status 302' });
  });

  it('fails when there is no end of the status line, without reading on', async () => {
    const port = await serve((_, socket) => {
      const more = (): void => void (socket.writable && socket.write('x'.repeat(65_536), more));
      more();
    });
    expect(await runProbe(http(`http://127.0.0.1:${port}/`), 'vm', systemClock)).toEqual({ ok: false, error: 'no status line' });
  });

  it('fails when the guest hangs up or refuses', async () => {
    const port = await serve((_, socket) => socket.end());
    expect(await runProbe(http(`http://127.0.0.1:${port}/`), 'vm', systemClock)).toEqual({ ok: false, error: 'closed without an answer' });
    const closed = await serve(null);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await runProbe(http(`http://127.0.0.1:${closed}/`), 'vm', systemClock)).toEqual({ ok: false, error: 'ECONNREFUSED' });
  });

  it('fails at its limit when nothing comes', async () => {
    const clock = createFakeClock();
    const connected = Promise.withResolvers<void>();
    const port = await serve(() => connected.resolve());
    const result = runProbe(http(`http://127.0.0.1:${port}/`), 'vm', clock);
    await connected.promise;
    await clock.advance(10_000);
    expect(await result).toEqual({ ok: false, error: 'no answer within 10 s' });
  });

  it('takes a URL that is no http URL for a failure', async () => {
    expect(await runProbe(http('https://{domain}/'), 'vm', systemClock)).toEqual({ ok: false, error: 'not an http:// URL' });
    expect((await runProbe(http('http://{domain}/'), 'x y', systemClock)).ok).toBe(false);
  });
});

describe('tcp', () => {
  it('is answered by an accepted connection', async () => {
    expect(await runProbe(tcp('127.0.0.1', await serve(null)), 'vm', systemClock)).toEqual({ ok: true });
  });

  it('refuses a domain name that is no host name', async () => {
    expect(await runProbe(tcp('{domain}', 1), 'a b', systemClock)).toEqual({ ok: false, error: '"a b" is no host name or address' });
  });
});

it.each([
  ['HTTP/1.1 200 OK\r\n', { ok: true }],
  ['HTTP/1.1 200\n', { ok: true }],
  ['HTTP/1.1 503 Busy\r\nx', { ok: false, error: 'status 503' }],
  ['HTTP/1.1 2000 OK\r\n', { ok: false, error: 'answer is not HTTP' }],
  ['SSH-2.0-OpenSSH\r\n', { ok: false, error: 'answer is not HTTP' }],
  ['HTTP/1.1 20', null],
])('judges %j', (text, verdict) => {
  expect(judgeStatusLine(Buffer.from(text), [200])).toEqual(verdict);
});

it('names itself by type and target', () => {
  expect(probeName(http('http://{domain}:80/'), 'vm')).toBe('http http://vm:80/');
  expect(probeName(tcp('{domain}.lan', 22), 'vm')).toBe('tcp vm.lan:22');
});
