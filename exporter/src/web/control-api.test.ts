import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../config/errors.ts';
import { emptyRecord, sampleIncident, UUID } from './testing/fakes.ts';
import { bearer, call, raw, start, stopAll, TOKENS, tokens } from './testing/test-client.ts';
import type { Answer } from './testing/test-client.ts';

afterEach(stopAll);

describe('orders', () => {
  it('reach the recovery loop', async () => {
    const recorded = emptyRecord();
    recorded.incidents = [sampleIncident()];
    recorded.domains = [{ uuid: UUID, name: 'web-1', host: 'h1', desired: 'running', desiredSource: 'observed', firstSeenMs: 1, lastSeenMs: 2, lastNotification: null, undefinedAtMs: null }];
    recorded.hosts = [{ name: 'h1', uri: 'test:///h1', state: 'up', heardAtMs: 5, error: null, listings: 1 }];
    const { controlUrl } = await start(recorded);
    const { id } = sampleIncident();
    const post = (path: string, body?: unknown): Promise<Answer> => call(`${controlUrl}/api/v1/${path}`, 'POST', body);
    expect((await post('actions', { domain: 'web-1', action: 'recover' })).status).toBe(202);
    expect((await post('actions', { domain: 'web-1', action: 'reset', dryRun: true, reason: 'try' })).status).toBe(200);
    const refused = await post('actions', { domain: 'web-1', action: 'destroy' });
    expect([refused.status, refused.body.detail]).toEqual([409, 'destroy on h1']);
    expect((await post('actions', { domain: 'other', action: 'start' })).status).toBe(404);
    expect((await post(`incidents/${id}/acknowledge`)).body.acknowledgedBy).toBe('local');
    expect((await post(`incidents/${id}/close`, { reason: 'done by hand' })).body.outcomeText).toBe('done by hand');
    expect((await post('incidents/none/acknowledge')).status).toBe(404);
    const made = await post('maintenance', { host: 'h1', durationSeconds: 60, reason: 'new disk' });
    expect([made.status, made.headers.get('location')]).toEqual([201, '/api/v1/maintenance/m1']);
    expect(made.body).toMatchObject({ id: 'm1', scope: { kind: 'host', host: 'h1' }, accepted: true, dryRun: false, explanation: expect.stringContaining('on host h1') as string });
    expect((await call(`${controlUrl}/api/v1/maintenance/m1`, 'DELETE')).status).toBe(204);
    expect((await call(`${controlUrl}/api/v1/maintenance/m9`, 'DELETE')).status).toBe(404);
    expect((await post('pause', { paused: true, reason: 'storage' })).body).toMatchObject({ accepted: true, dryRun: false, paused: { by: 'local', reason: 'storage', atMs: 1_000_000 } });
    expect((await call(`${controlUrl}/api/v1/pause`)).body.paused).toMatchObject({ reason: 'storage' });
    expect((await call(`${controlUrl}/api/v1/domains/${UUID}`, 'DELETE')).status).toBe(204);
    expect(recorded.calls.at(-1)).toEqual(['forget', UUID, 'local']);
    expect(recorded.calls[0]).toEqual(['act', { domain: 'web-1', action: 'recover', dryRun: false, reason: '', actor: 'local' }]);
  });

  it.each([
    ['actions', { domain: 'web-1', action: 'relocate' }],
    ['actions', { domain: 'web-1', action: 'notify' }],
    ['actions', { domain: 'web-1' }],
    ['actions', { domain: 'web-1', action: 'start', dryrun: true }],
    ['actions', undefined],
    ['pause', { paused: 'yes' }],
    ['pause', { paused: true }],
    ['maintenance', { reason: 'x', durationSeconds: 1 }],
    ['maintenance', { host: 'h1', all: true, reason: 'x', durationSeconds: 1 }],
    ['maintenance', { host: 'h1', reason: 'x' }],
    ['maintenance', { host: 'h1', reason: '', durationSeconds: 1 }],
    ['maintenance', { host: 'h1', reason: 'x', until: '2020-01-01T00:00:00Z' }],
    ['maintenance', { host: 'h1', reason: 'x', until: '2999-01-01T00:00:00Z' }],
    ['incidents/x/close', {}],
  ])('are refused when they are not clear: %s %j', async (path, body) => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded);
    expect((await call(`${controlUrl}/api/v1/${path}`, 'POST', body)).status).toBe(400);
    expect(recorded.calls).toEqual([]);
  });

  it.each(['incidents/x/../../pause', 'incidents/x/%2e%2e/%2e%2e/pause', 'incidents/..%2f..%2fpause', 'incidents//../pause', 'pause/', 'PAUSE'])('are not found by another way: %s', async (path) => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded, { control: { tokens } });
    const body = '{"paused":true,"reason":"x"}';
    const headers = `Host: x\r\nAuthorization: ${bearer(TOKENS.admin).authorization ?? ''}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
    expect(await raw(controlUrl, `POST /api/v1/${path} HTTP/1.1\r\n${headers}\r\n\r\n${body}`)).toMatch(/^HTTP\/1.1 404 /);
    expect(recorded.calls).toEqual([]);
  });

  it('tell what is wrong with the configuration', async () => {
    const recorded = emptyRecord();
    const problem = { file: 'v.yaml', line: 3, column: 1, path: 'hosts', message: 'is missing' };
    recorded.failure = new ConfigError([problem]);
    const { controlUrl } = await start(recorded);
    const answer = await call(`${controlUrl}/-/reload`, 'POST');
    expect([answer.status, answer.body.problems]).toEqual([422, [problem]]);
  });
});
