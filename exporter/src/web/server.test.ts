import { afterEach, describe, expect, it } from 'vitest';
import { emptyRecord, sampleForecast, sampleNotification, UUID } from './testing/fakes.ts';
import { ListenError } from './listen-error.ts';
import { call, raw, start, stopAll, tokens } from './testing/test-client.ts';

afterEach(stopAll);

describe('public listener', () => {
  it('serves metrics, health, readiness and a landing page without a token', async () => {
    const recorded = emptyRecord();
    recorded.hosts = [{ name: 'h1', uri: 'x', state: 'unreachable', heardAtMs: null, error: '<script>alert(1)</script>', listings: 0 }];
    const { webUrl } = await start(recorded, { control: { tokens } });
    const metrics = await fetch(`${webUrl}/metrics`);
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await metrics.text()).toBe('virtmedic_build_info 1\n');
    expect((await call(`${webUrl}/-/healthy`)).status).toBe(200);
    expect((await call(`${webUrl}/-/ready`)).body).toEqual({ ready: true, checks: [{ name: 'store', ok: true, detail: 'writable' }] });
    const page = String((await call(webUrl)).body.text);
    expect(page).toContain('Hosts up: 0 of 1');
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script>');
    expect(page).not.toContain('Forecast to fail');
  });

  it('names on the landing page what is failing', async () => {
    const recorded = emptyRecord();
    recorded.hosts = [{ name: 'h1', uri: 'x', state: 'up', heardAtMs: 1, error: null, listings: 1 }];
    const seen = { host: 'h1', state: 'running' as const, reason: 'booted', sinceMs: 1, persistent: true, autostart: false };
    recorded.sightings = [{ ...seen, uuid: UUID, name: '<b>web' }, { ...seen, uuid: 'u2', name: 'quiet-vm' }];
    recorded.forecasts = new Map([['h1', sampleForecast({ failing: true })], [UUID, sampleForecast({ failing: true })], ['u2', sampleForecast()]]);
    const { webUrl } = await start(recorded);
    const page = String((await call(webUrl)).body.text);
    expect(page).toContain('Forecast to fail: 2');
    expect(page).toContain('<td>host h1</td><td>0.13 within 60 s</td>');
    expect(page).toContain('<td>&lt;b&gt;web</td>');
    expect(page).not.toContain('quiet-vm');
  });

  it('is not ready while a check fails', async () => {
    const { webUrl } = await start(emptyRecord(), { ready: async () => [{ name: 'store', ok: false, detail: 'disk full' }] });
    const response = await fetch(`${webUrl}/-/ready`);
    expect([response.status, await response.json()]).toEqual([503, { ready: false, checks: [{ name: 'store', ok: false, detail: 'disk full' }] }]);
  });

  it('lets a slow scrape block nobody', async () => {
    let finish: (text: string) => void = () => undefined;
    let scrapes = 0;
    const { webUrl } = await start(emptyRecord(), { metricsText: () => (++scrapes === 1 ? new Promise((resolve) => (finish = resolve)) : Promise.resolve('fast 1\n')) });
    const slow = fetch(`${webUrl}/metrics`);
    await expect.poll(() => scrapes).toBe(1);
    expect(await (await fetch(`${webUrl}/metrics`)).text()).toBe('fast 1\n');
    finish('slow 1\n');
    expect(await (await slow).text()).toBe('slow 1\n');
  });

  it('passes on how long the scraper waits, where it says so', async () => {
    const patience: (number | undefined)[] = [];
    const { webUrl } = await start(emptyRecord(), { metricsText: (seconds) => (patience.push(seconds), Promise.resolve('')) });
    await fetch(`${webUrl}/metrics`, { headers: { 'x-prometheus-scrape-timeout-seconds': '4.5' } });
    await fetch(`${webUrl}/metrics`, { headers: { 'x-prometheus-scrape-timeout-seconds': 'soon' } });
    await fetch(`${webUrl}/metrics`);
    expect(patience).toEqual([4.5, undefined, undefined]);
  });

  it('answers a failed scrape as an error that tells nothing', async () => {
    const { webUrl } = await start(emptyRecord(), { metricsText: () => Promise.reject(new Error('secret inside')) });
    const answer = await call(`${webUrl}/metrics`);
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('takes no orders, and says where they belong', async () => {
    const recorded = emptyRecord();
    const { webUrl } = await start(recorded);
    for (const path of ['/api/v1/alerts', '/api/v1/actions', '/-/reload', '/api/v1/incidents/x/close']) {
      const answer = await call(`${webUrl}${path}`, 'POST', sampleNotification());
      expect([answer.status, answer.body.detail]).toEqual([404, expect.stringContaining('control listener')]);
    }
    expect((await call(`${webUrl}/api/v1/pause`, 'POST', { paused: true, reason: 'x' })).status).toBe(405);
    expect(recorded.calls).toEqual([]);
  });
});

describe('starting and stopping', () => {
  it('names the option whose port is in use, and leaves nothing open', async () => {
    const first = await start();
    const taken = `127.0.0.1:${first.addresses.control.port}`;
    await expect(start(emptyRecord(), { control: { listen: taken } })).rejects.toThrow(new ListenError(`control.listen: cannot listen on ${taken}: the port is in use. Does virtmedic run already? Otherwise choose another port.`));
    await expect(start(emptyRecord(), { web: { listen: taken } })).rejects.toThrow(/^web\.listen: /);
    const { addresses, stop } = await start();
    await stop();
    const free = `127.0.0.1:${addresses.web.port}`;
    await expect(start(emptyRecord(), { web: { listen: free }, control: { listen: taken } })).rejects.toThrow(/^control\.listen: /);
    await start(emptyRecord(), { web: { listen: free } });
  });

  it('lets a running request end', async () => {
    let finish: (text: string) => void = () => undefined;
    let isRunning = false;
    const { webUrl, stop } = await start(emptyRecord(), {
      metricsText: () => {
        isRunning = true;
        return new Promise((resolve) => (finish = resolve));
      },
    });
    const scrape = fetch(`${webUrl}/metrics`);
    await expect.poll(() => isRunning).toBe(true);
    const stopped = Promise.all([stop(), stop()]);
    await expect(fetch(`${webUrl}/-/healthy`)).rejects.toThrow();
    finish('last 1\n');
    expect(await (await scrape).text()).toBe('last 1\n');
    await stopped;
  });

  it('refuses headers without end', async () => {
    const { webUrl } = await start();
    expect(await raw(webUrl, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  });
});
