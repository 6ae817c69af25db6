import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAlertmanagerClient } from './client.ts';
import type { AlertmanagerAnswer } from './client.ts';

/** The answers of a real Alertmanager are tested in client.lab.test.ts; here are those that a real one never gives. */
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = (urls: string[], timeoutSeconds = 5): Promise<AlertmanagerAnswer> => createAlertmanagerClient(() => ({ urls, timeoutSeconds })).ask();
const answering = (body: string, status = 200): Promise<string> => serve((_request, response) => void response.writeHead(status).end(body));

describe('ask', () => {
  it('says so where none is configured', async () => {
    expect(await ask([])).toEqual({ kind: 'not_configured' });
  });

  it.each([
    ['<html>', /not JSON/],
    ['{}', /unexpected shape/],
    ['[{"fingerprint":"x"}]', /unexpected shape/],
    ['[{"fingerprint":"x","labels":{"a":1},"startsAt":"now","status":{"state":"active"}}]', /unexpected shape/],
  ])('refuses the answer %s', async (body, message) => {
    const answer = await ask([await answering(body)]);
    expect(answer).toMatchObject({ kind: 'unreachable', error: expect.stringMatching(message) as unknown });
  });

  it('names the status of an error and follows no redirection', async () => {
    expect(await ask([await answering('no', 503)])).toMatchObject({ kind: 'unreachable', error: expect.stringContaining('503') as unknown });
    const elsewhere = await answering('[]');
    const redirecting = await serve((_request, response) => void response.writeHead(302, { location: elsewhere }).end());
    expect((await ask([redirecting])).kind).toBe('unreachable');
  });

  it('gives up on one that is silent or never ends', async () => {
    const silent = await serve(() => undefined);
    expect(await ask([silent], 0.2)).toMatchObject({ kind: 'unreachable', error: expect.stringContaining('no answer within 0.2 s') as unknown });
    const endless = await serve((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = (): void => void (response.destroyed || response.write(chunk, () => setImmediate(more)));
      more();
    });
    expect(await ask([endless], 60)).toMatchObject({ kind: 'unreachable', error: expect.stringContaining('more than 16777216 bytes') as unknown });
  });

  it('keeps the path of the URL, sends its credentials as a header and shows them nowhere', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.url?.split('?')[0], request.headers.authorization);
      response.writeHead(401).end();
    });
    const answer = await ask([url.replace('http://', 'http://virtmedic:s3cret@') + '/am']);
    expect(seen).toContain('/am/api/v2/alerts');
    expect(seen).toContain(`Basic ${Buffer.from('virtmedic:s3cret').toString('base64')}`);
    expect(JSON.stringify(answer)).not.toContain('s3cret');
  });
});
