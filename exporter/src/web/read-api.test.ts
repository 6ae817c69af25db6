import { afterEach, describe, expect, it } from 'vitest';
import { forecast } from '../history/contract/fixtures.ts';
import { emptyRecord, sampleAttempt, sampleForecast, sampleIncident, UUID } from './testing/fakes.ts';
import { call, start, stopAll } from './testing/test-client.ts';

afterEach(stopAll);

describe('read API', () => {
  it('is the same on both listeners', async () => {
    const recorded = emptyRecord();
    recorded.incidents = [sampleIncident()];
    recorded.attempts = [sampleAttempt(), sampleAttempt({ id: 'a2', executingAtMs: 1_010_000, verifyingAtMs: null, endedAtMs: 1_010_500 })];
    const { webUrl, controlUrl } = await start(recorded);
    const { forecast: _, ...incident } = sampleIncident();
    for (const url of [webUrl, controlUrl]) {
      expect((await call(`${url}/api/v1/incidents`)).body.items).toEqual([{
        ...incident,
        timings: { detectMs: 250, decideMs: 1850, executeMs: 1300, verifyMs: 5000, totalMs: null },
        attempts: [
          { action: 'start', host: 'h1', result: 'succeeded', executingAtMs: 1_002_100, verifyingAtMs: 1_002_900, endedAtMs: 1_007_900 },
          { action: 'start', host: 'h1', result: 'succeeded', executingAtMs: 1_010_000, verifyingAtMs: null, endedAtMs: 1_010_500 },
        ],
        fromHost: 'h1',
        toHost: 'h1',
        failureProbability: null,
      }]);
      const detail = await call(`${url}/api/v1/recoveries/${sampleIncident().id}`);
      expect(detail.body).toMatchObject({ incident: { id: sampleIncident().id }, timings: { detectMs: 250, decideMs: 1850, executeMs: 1300, verifyMs: 5000, totalMs: null } });
    }
  });

  it('shows an incident that has ended as closed, whatever was done last', async () => {
    const recorded = emptyRecord();
    const ended = sampleIncident({ state: 'verifying', closedAtMs: 1_020_000, outcome: 'recovered' });
    recorded.incidents = [ended];
    const { webUrl } = await start(recorded);
    const detail = await call(`${webUrl}/api/v1/recoveries/${ended.id}`);
    const { forecast: _, ...incident } = ended;
    expect(detail.body.incident).toEqual({ ...incident, state: 'closed' });
  });

  it('passes filters on', async () => {
    const recorded = emptyRecord();
    const { webUrl } = await start(recorded);
    expect((await call(`${webUrl}/api/v1/recoveries?from=2026-01-31T00:00:00Z&to=1800000000000&domain=web-1&fault=requested&outcome=dry_run&limit=7&cursor=c`)).status).toBe(200);
    expect(recorded.queries).toEqual([{ fromMs: Date.parse('2026-01-31T00:00:00Z'), toMs: 1_800_000_000_000, domain: ['web-1'], fault: ['requested'], outcome: ['dry_run'], limit: 7, cursor: 'c' }]);
  });

  it('takes a filter several times', async () => {
    const recorded = emptyRecord();
    const { webUrl } = await start(recorded);
    const path = `${webUrl}/api/v1/recoveries`;
    expect((await call(`${path}?host=h1&host=h2&outcome=failed&outcome=escalated&overlapping=true&from=5`)).status).toBe(200);
    expect(recorded.queries).toEqual([{ host: ['h1', 'h2'], outcome: ['failed', 'escalated'], overlapping: true, fromMs: 5 }]);
    const many = (count: number): string => Array.from({ length: count }, (_, index) => `domain=d${index}`).join('&');
    expect((await call(`${path}?${many(100)}`)).status).toBe(200);
    for (const wrong of [many(101), 'host=h1&host=', 'fault=requested&fault=boredom', 'overlapping=1', 'overlapping=true&overlapping=true', 'limit=1&limit=2']) {
      expect([wrong, (await call(`${path}?${wrong}`)).status]).toEqual([wrong, 400]);
    }
    expect((await call(`${path}?fault=boredom`)).body.errors).toMatchObject([{ parameter: 'fault' }]);
    expect((await call(`${path}?fault=requested&fault=boredom`)).body.errors).toMatchObject([{ parameter: 'fault[1]' }]);
  });

  it('reads the attempts of a whole page at once', async () => {
    const recorded = emptyRecord();
    recorded.closed = Array.from({ length: 1000 }, (_, index) => sampleIncident({ id: `i${index}`, fromHost: 'h1' }));
    recorded.attempts = recorded.closed.map(({ id }, index) => sampleAttempt({ incidentId: id, host: `h${index}` }));
    const { webUrl } = await start(recorded);
    const { body } = await call(`${webUrl}/api/v1/recoveries?limit=1000`);
    expect(body.items?.map((item) => (item as { attempts: { host: string }[] }).attempts.map(({ host }) => host))).toEqual(recorded.attempts.map(({ host }) => [host]));
    expect(recorded.attemptReads).toBe(1);
  });

  it('says where a domain ran before and after', async () => {
    const recorded = emptyRecord();
    const moved = sampleIncident({ id: 'moved', target: { kind: 'domain', uuid: UUID, name: 'web-1', host: 'h3' } });
    const elsewhere = sampleIncident({ id: 'elsewhere' });
    recorded.closed = [moved, elsewhere, sampleIncident({ id: 'failed' })];
    recorded.attempts = [
      sampleAttempt({ incidentId: 'moved', host: 'h1' }),
      sampleAttempt({ incidentId: 'elsewhere', host: 'h2' }),
      sampleAttempt({ incidentId: 'elsewhere', host: 'h1', result: 'failed' }),
      sampleAttempt({ incidentId: 'failed', host: 'h2', result: 'timed_out' }),
    ];
    const { webUrl } = await start(recorded);
    const hosts = (await call(`${webUrl}/api/v1/recoveries`)).body.items?.map((item) => [(item as { fromHost: string }).fromHost, (item as { toHost: string }).toHost]);
    expect(hosts).toEqual([['h1', 'h3'], ['h1', 'h2'], ['h1', 'h1']]);
  });

  it('tells the forecast at detection: its first probability in lists, all of it with the recovery', async () => {
    const recorded = emptyRecord();
    recorded.closed = [sampleIncident({ id: 'forecast', fault: 'domain_failing', forecast: forecast(0.93) }), sampleIncident({ id: 'none' })];
    const { webUrl } = await start(recorded);
    const { items } = (await call(`${webUrl}/api/v1/recoveries`)).body;
    expect(items).toMatchObject([{ failureProbability: 0.93 }, { failureProbability: null }]);
    for (const item of items ?? []) expect(item).not.toHaveProperty('forecast');
    expect((await call(`${webUrl}/api/v1/recoveries/forecast`)).body).toMatchObject({ forecast: forecast(0.93) });
    expect((await call(`${webUrl}/api/v1/recoveries/none`)).body).toMatchObject({ forecast: null });
  });

  it('joins what is known of hosts and domains, without passwords', async () => {
    const recorded = emptyRecord();
    recorded.hosts = [{ name: 'h1', uri: 'qemu+tcp://u:hidden@h1/system', state: 'up', heardAtMs: 5, error: null, listings: 1 }];
    recorded.sightings = [
      { uuid: UUID, name: 'web-1', host: 'h1', state: 'running', reason: 'booted', sinceMs: 1, persistent: true, autostart: false },
      { uuid: 'u2', name: 'db-1', host: 'h1', state: 'shutoff', reason: 'shutdown', sinceMs: 2, persistent: true, autostart: false },
    ];
    recorded.domains = [{ uuid: UUID, name: 'web-1', host: 'h1', desired: 'running', desiredSource: 'observed', firstSeenMs: 1, lastSeenMs: 2, lastNotification: null, undefinedAtMs: null }];
    recorded.incidents = [sampleIncident()];
    const failing = sampleForecast({ failing: true, failingSinceMs: 7, coldStart: true, model: { source: 'own', trainedAtMs: 8 } });
    recorded.forecasts = new Map([['h1', sampleForecast()], [UUID, failing]]);
    const { webUrl } = await start(recorded);
    expect((await call(`${webUrl}/api/v1/hosts`)).body.items).toEqual([{ ...recorded.hosts[0], uri: 'qemu+tcp://u:***@h1/system', domains: 2, running: 1, forecast: sampleForecast() }]);
    expect((await call(`${webUrl}/api/v1/domains?host=h1`)).body.items).toMatchObject([
      { name: 'db-1', state: 'shutoff', managed: false, desired: null, incidentId: null, forecast: null },
      { name: 'web-1', state: 'running', managed: true, desired: 'running', incidentId: sampleIncident().id, forecast: failing },
    ]);
    expect((await call(`${webUrl}/api/v1/domains?host=h2`)).body.items).toEqual([]);
  });
});
