import { afterEach, describe, expect, it } from 'vitest';
import { UUID } from './testing/fakes.ts';
import { call, start, stopAll } from './testing/test-client.ts';

afterEach(stopAll);

describe('errors', () => {
  it('are problem documents', async () => {
    const { controlUrl } = await start();
    const missing = await call(`${controlUrl}/nothing`);
    expect(missing.body).toMatchObject({ type: 'about:blank', title: 'Not Found', status: 404 });
    const method = await call(`${controlUrl}/api/v1/recoveries`, 'POST', {});
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const both = await call(`${controlUrl}/api/v1/pause`, 'DELETE');
    expect([both.status, both.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    expect((await call(`${controlUrl}/api/v1/recoveries/%zz`)).status).toBe(400);
    expect((await call(`${controlUrl}/api/v1/recoveries/${UUID}`)).status).toBe(404);
  });

  it('name query parameters and what is allowed', async () => {
    const { webUrl } = await start();
    const answer = await call(`${webUrl}/api/v1/recoveries?outcome=fine&limit=5000&from=yesterday&colour=red`);
    expect(answer.status).toBe(400);
    const errors = Object.fromEntries((answer.body.errors ?? []).map(({ parameter, detail }) => [parameter, detail]));
    expect(errors.outcome).toContain('`recovered`, `failed`, `escalated`');
    expect(errors.limit).toContain('from 1 to 1000');
    expect(errors.from).toContain('RFC 3339');
    expect(errors.colour).toContain('`cursor`');
    expect((await call(`${webUrl}/api/v1/recoveries?from=1&from=2`)).status).toBe(400);
    expect((await call(`${webUrl}/api/v1/hosts?x=1`)).status).toBe(400);
  });
});
