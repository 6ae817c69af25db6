import type { Request, Response } from 'express';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { requireScope } from './auth.ts';
import type { AccessRules } from './auth.ts';
import { emptyRecord, sampleIncident, sampleNotification, UUID } from './testing/fakes.ts';
import { bearer, call, raw, start, stopAll, TOKENS, tokens } from './testing/test-client.ts';
import type { Answer } from './testing/test-client.ts';

afterEach(stopAll);

describe('tokens', () => {
  it('decide by scope', async () => {
    const recorded = emptyRecord();
    recorded.incidents = [sampleIncident()];
    const { controlUrl } = await start(recorded, { control: { tokens } });
    const attempts: [string, string, unknown, (keyof typeof TOKENS)[]][] = [
      ['GET', '/api/v1/incidents', undefined, ['read', 'webhook', 'operate', 'admin']],
      ['POST', '/api/v1/alerts', sampleNotification(), ['webhook', 'admin']],
      ['POST', `/api/v1/incidents/${sampleIncident().id}/acknowledge`, undefined, ['operate', 'admin']],
      ['POST', '/api/v1/pause', { paused: true, reason: 'x' }, ['operate', 'admin']],
      ['POST', '/-/reload', undefined, ['admin']],
      ['DELETE', `/api/v1/domains/${UUID}`, undefined, ['admin']],
    ];
    for (const [method, path, body, allowed] of attempts) {
      for (const [scope, token] of Object.entries(TOKENS)) {
        const { status } = await call(`${controlUrl}${path}`, method, body, bearer(token));
        expect([path, scope, status < 300 ? 'allowed' : status]).toEqual([path, scope, (allowed as string[]).includes(scope) ? 'allowed' : 403]);
      }
    }
    const orders = recorded.calls.length;
    for (const headers of [{}, bearer('wrong-token-0123456789'), { authorization: `Basic ${TOKENS.admin}` }, { authorization: 'Bearer' }, bearer(`${TOKENS.admin}x`)] as Record<string, string>[]) {
      for (const [method, path, body] of attempts) {
        const answer = await call(`${controlUrl}${path}`, method, body, headers);
        expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="virtmedic"']);
        if (method === 'POST') expect((await call(`${controlUrl}${path}`, method, 'not JSON', headers)).status, 'the body of a stranger is not read').toBe(401);
      }
    }
    expect(recorded.calls).toHaveLength(orders);
  });

  it('name the acting person; Grafana may only with an operate token', async () => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded, { control: { tokens } });
    const pause = (headers: Record<string, string>): Promise<Answer> => call(`${controlUrl}/api/v1/pause`, 'POST', { paused: true, reason: 'x' }, headers);
    await pause(bearer(TOKENS.operate));
    await pause({ ...bearer(TOKENS.admin), 'x-grafana-user': 'alice' });
    expect(recorded.calls.map((order) => order[1])).toEqual(['operateer', 'alice']);
    expect((await pause({ ...bearer(TOKENS.operate), 'x-grafana-user': 'x'.repeat(257) })).status).toBe(400);
  });

  it('of a Grafana that does not name its user say so', async () => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded, { control: { tokens } });
    const grafana = { 'x-virtmedic-client': 'grafana' };
    const pause = (headers: Record<string, string>): Promise<Answer> => call(`${controlUrl}/api/v1/pause`, 'POST', { paused: true, reason: 'x' }, headers);
    await pause({ ...bearer(TOKENS.operate), ...grafana });
    await pause({ ...bearer(TOKENS.operate), ...grafana, 'x-grafana-user': '' });
    await pause({ ...bearer(TOKENS.operate), ...grafana, 'x-grafana-user': 'alice' });
    await pause({ ...bearer(TOKENS.operate), 'x-virtmedic-client': 'other' });
    expect(recorded.calls.map((order) => order[1])).toEqual(['grafana:unknown', 'grafana:unknown', 'alice', 'operateer']);
    expect((await pause({ ...bearer(TOKENS.operate), 'x-grafana-user': '' })).status).toBe(400);
    expect((await pause({ ...bearer(TOKENS.read), ...grafana })).body.detail).toContain('"reader"');
  });

  it('name people in any script, and no one who passes for another', async () => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded, { control: { tokens } });
    // As Grafana sends it: the bytes of UTF-8.
    const pause = (user: string): Promise<Answer> =>
      call(`${controlUrl}/api/v1/pause`, 'POST', { paused: true, reason: 'x' }, { ...bearer(TOKENS.operate), 'x-grafana-user': Buffer.from(user).toString('latin1') });
    const names = ['weiß', 'Jürgen Ä', '王小明', 'Ольга', 'x'.repeat(190)];
    for (const name of names) expect([name, (await pause(name)).status]).toEqual([name, 200]);
    expect(recorded.calls.map((order) => order[1])).toEqual(names);
    for (const name of ['ann\u202eeb', 'ann\u2028bob', 'ann\u0085bob']) expect([name, (await pause(name)).status]).toEqual([name, 400]);
    expect(recorded.calls).toHaveLength(names.length);
  });

  it('are read anew', async () => {
    const { controlUrl, reconfigure, config } = await start(emptyRecord(), { control: { tokens } });
    const fresh = 'fresh-token-0123456789';
    reconfigure({ ...config, control: { ...config.control, tokens: [{ name: 'new', token: fresh, scopes: ['read'] }] } });
    expect((await call(`${controlUrl}/api/v1/incidents`, 'GET', undefined, bearer(fresh))).status).toBe(200);
    expect((await call(`${controlUrl}/api/v1/incidents`, 'GET', undefined, bearer(TOKENS.admin))).status).toBe(401);
  });

  it('are never logged', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const recorded = emptyRecord();
    recorded.domains = [{ uuid: UUID, name: 'web-1', host: 'h1', desired: 'running', desiredSource: 'observed', firstSeenMs: 1, lastSeenMs: 2, lastNotification: null, undefinedAtMs: null }];
    const { controlUrl } = await start(recorded, { control: { tokens }, log });
    await call(`${controlUrl}/api/v1/pause`, 'POST', { paused: true, reason: 'x' }, { ...bearer(TOKENS.operate), 'x-grafana-user': 'alice' });
    await call(`${controlUrl}/api/v1/actions`, 'POST', { domain: 'web-1', action: 'start', dryRun: true }, bearer(TOKENS.operate));
    await call(`${controlUrl}/api/v1/incidents?token=${TOKENS.read}`, 'GET', undefined, bearer('wrong-token-0123456789'));
    await call(`${controlUrl}/api/v1/incidents`, 'GET', undefined, { ...bearer(TOKENS.webhook), 'x-grafana-user': 'mallory' });
    await expect.poll(() => lines.filter((line) => line.includes('"msg":"request"')).length).toBe(4);
    const all = lines.join('');
    expect(lines.filter((line) => line.includes('"msg":"ordered"')), 'a dry run is no order').toHaveLength(1);
    expect(all).toContain('"actor":"webhooker"');
    expect(all).not.toContain('mallory');
    expect(all).toContain('"actor":"alice","token":"operateer","action":"pause"');
    expect(all).not.toMatch(/token-0123456789/);
  });
});

describe('without tokens', () => {
  it('only a peer on loopback is let in', () => {
    const enter = (remoteAddress: string | undefined, withoutToken: AccessRules['withoutToken'] = ['read']): unknown => {
      const request = { headers: { host: 'localhost' }, socket: { remoteAddress } } as unknown as Request;
      const response = { locals: {} } as Response;
      requireScope('read', () => ({ findToken: () => null, withoutToken, hostNames: [] }))(request, response, () => undefined);
      return response.locals.caller;
    };
    for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(enter(peer)).toMatchObject({ actor: 'local', token: null });
    for (const peer of ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', undefined]) expect(() => enter(peer)).toThrow(/bearer token is needed/);
    expect(() => enter('127.0.0.1', [])).toThrow(/bearer token is needed/);
  });

  it('a program on this machine may do everything', async () => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded);
    expect((await call(`${controlUrl}/-/reload`, 'POST')).status).toBe(200);
    expect((await call(`${controlUrl.replace('127.0.0.1', 'localhost')}/api/v1/pause`, 'POST', { paused: false })).status).toBe(200);
    expect(recorded.calls).toEqual([['reload', 'local'], ['unpause', 'local']]);
  });

  it.each([['X-Forwarded-For', '10.0.0.7'], ['Forwarded', 'for=10.0.0.7'], ['Via', '1.1 grafana'], ['X-Real-IP', '10.0.0.7'], ['X-Grafana-User', 'viewer']])('what a proxy on this machine hands on (%s) may only read', async (name, value) => {
    const recorded = emptyRecord();
    const { controlUrl, webUrl } = await start(recorded);
    for (const [method, path, body] of [['POST', '/api/v1/pause', { paused: true, reason: 'x' }], ['POST', '/-/reload', undefined], ['DELETE', `/api/v1/domains/${UUID}`, undefined], ['POST', '/api/v1/alerts', sampleNotification()]] as const) {
      expect([path, (await call(`${controlUrl}${path}`, method, body, { [name]: value })).status]).toEqual([path, 403]);
    }
    for (const url of [controlUrl, webUrl]) expect((await call(`${url}/api/v1/hosts`, 'GET', undefined, { [name]: value })).status).toBe(200);
    expect(recorded.calls).toEqual([]);
  });

  it.each([
    ['another host name (DNS rebinding)', 'Host: evil.example\r\n'],
    ['a name that only looks like loopback', 'Host: localhost.evil.example\r\n'],
    ['an empty Host', 'Host: \r\n'],
    ['a page of another site', 'Host: HOST\r\nOrigin: http://evil.example\r\n'],
    ['a page of another port', 'Host: HOST\r\nOrigin: http://127.0.0.1:1\r\n'],
    ['a sandboxed page', 'Host: HOST\r\nOrigin: null\r\n'],
    ['a cross-site browser request', 'Host: HOST\r\nSec-Fetch-Site: cross-site\r\n'],
    ['a same-site browser request', 'Host: HOST\r\nSec-Fetch-Site: same-site\r\n'],
  ])('refuses %s', async (_what, headers) => {
    const recorded = emptyRecord();
    const { controlUrl, webUrl } = await start(recorded);
    for (const [url, line] of [[controlUrl, 'POST /-/reload'], [controlUrl, 'GET /api/v1/hosts'], [webUrl, 'GET /api/v1/hosts']] as const) {
      const answer = await raw(url, `${line} HTTP/1.1\r\n${headers.replace('HOST', new URL(url).host)}Connection: close\r\nContent-Length: 0\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 403 /);
    }
    expect(recorded.calls).toEqual([]);
  });

  it('lets a page of the listener itself read', async () => {
    const { webUrl } = await start();
    expect((await call(`${webUrl}/api/v1/hosts`, 'GET', undefined, { origin: webUrl, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('refuses the content types that a form can send', async () => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json']) {
      expect((await call(`${controlUrl}/api/v1/pause`, 'POST', '{"paused":true,"reason":"x"}', { 'content-type': type })).status).toBe(415);
    }
    expect((await call(`${controlUrl}/api/v1/pause`, 'POST', '{"paused":true,"reason":"x"}', { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
    expect(recorded.calls).toHaveLength(1);
  });

  it('does not open the control listener to other machines', async () => {
    await expect(start(emptyRecord(), { control: { listen: ':0' } })).rejects.toThrow(/control.tokens is needed/);
  });
});
