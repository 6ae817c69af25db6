import { afterEach, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../history/store.ts';
import { emptyRecord, sampleAlert as alert, sampleNotification as notification } from './testing/fakes.ts';
import { call, start, stopAll } from './testing/test-client.ts';

afterEach(stopAll);

describe('webhook', () => {
  it('hands over what it received and answers when it is stored', async () => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded);
    const answer = await call(`${controlUrl}/api/v1/alerts`, 'POST', notification({ truncatedAlerts: 3, unknown: { later: true } }));
    expect([answer.status, answer.body]).toEqual([200, { received: 1, truncatedAlerts: 3, results: { released: 1 } }]);
    expect(recorded.calls).toEqual([['receiveAlerts', 1, { truncated: 3 }]]);
    expect(recorded.alerts).toEqual([{ status: 'firing', labels: alert.labels, annotations: {}, startsAtMs: Date.parse('2026-01-31T12:00:00.123Z'), endsAtMs: null, fingerprint: 'abc' }]);
  });

  it('answers 503 with Retry-After while the store cannot write', async () => {
    const recorded = emptyRecord();
    recorded.failure = new StoreUnavailableError('database or disk is full');
    const { controlUrl } = await start(recorded);
    const answer = await call(`${controlUrl}/api/v1/alerts`, 'POST', notification());
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it.each([
    [422, 'another version', notification({ version: '5' })],
    [422, 'a version that is a number', notification({ version: 4 })],
    [400, 'no version', { alerts: [] }],
    [400, 'no alerts', { version: '4' }],
    [400, 'text instead of JSON', '{"version":'],
    [400, 'a number', '4'],
    [400, 'null', 'null'],
    [400, 'a list', []],
    [400, 'no fingerprint', notification({ alerts: [{ ...alert, fingerprint: undefined }] })],
    [400, 'another status', notification({ alerts: [{ ...alert, status: 'pending' }] })],
    [400, 'no time', notification({ alerts: [{ ...alert, startsAt: 'now' }] })],
    [400, 'an impossible time', notification({ alerts: [{ ...alert, startsAt: '2026-13-31T12:00:00Z' }] })],
    [400, 'labels that are not text', notification({ alerts: [{ ...alert, labels: { a: 1 } }] })],
    [400, 'a label too long', notification({ alerts: [{ ...alert, labels: { a: 'x'.repeat(4097) } }] })],
    [400, 'too many labels', notification({ alerts: [{ ...alert, labels: Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`l${index}`, ''])) }] })],
    [400, 'a negative count of truncated alerts', notification({ truncatedAlerts: -1 })],
    [413, 'too many alerts', notification({ alerts: Array.from({ length: 10_001 }, () => ({})) })],
  ])('answers %i to %s, and does nothing', async (status, _what, body) => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded);
    expect((await call(`${controlUrl}/api/v1/alerts`, 'POST', body)).status).toBe(status);
    expect(recorded.calls).toEqual([]);
  });

  it('bounds the body, and takes no compressed one', async () => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded, { control: { maxBodyBytes: 2048 } });
    const large = await call(`${controlUrl}/api/v1/alerts`, 'POST', notification({ groupKey: 'x'.repeat(4096) }));
    expect([large.status, large.body.detail]).toEqual([413, 'The body is larger than 2048 bytes.']);
    expect((await call(`${controlUrl}/api/v1/alerts`, 'POST', notification(), { 'content-encoding': 'gzip' })).status).toBe(415);
    expect(recorded.calls).toEqual([]);
  });

  it('keeps label names that mean something to JavaScript', async () => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded);
    const body = JSON.stringify(notification()).replace('"alertname":"A"', '"constructor":"c","__proto__":"p","alertname":"A"');
    expect((await call(`${controlUrl}/api/v1/alerts`, 'POST', body)).status).toBe(200);
    expect(recorded.alerts[0]?.labels.constructor).toBe('c');
    expect(({} as Record<string, unknown>).p).toBeUndefined();
  });
});
