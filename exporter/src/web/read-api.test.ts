import { afterEach, describe, expect, it } from 'vitest';
import { emptyRecord, sampleAttempt, sampleIncident, UUID } from './fakes.ts';
import { call, start, stopAll } from './test-client.ts';

afterEach(stopAll);

describe('read API', () => {
  it('is the same on both listeners', async () => {
    const recorded = emptyRecord();
    recorded.incidents = [sampleIncident()];
    recorded.attempts = [sampleAttempt(), sampleAttempt({ id: 'a2', executingAtMs: 1_010_000, verifyingAtMs: null, endedAtMs: 1_010_500 })];
    const { webUrl, controlUrl } = await start(recorded);
    for (const url of [webUrl, controlUrl]) {
      expect((await call(`${url}/api/v1/incidents`)).body.items).toEqual([sampleIncident()]);
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
    expect(detail.body.incident).toEqual({ ...ended, state: 'closed' });
  });

  it('passes filters on', async () => {
    const recorded = emptyRecord();
    const { webUrl } = await start(recorded);
    expect((await call(`${webUrl}/api/v1/recoveries?from=2026-01-31T00:00:00Z&to=1800000000000&domain=web-1&fault=requested&outcome=dry_run&limit=7&cursor=c`)).status).toBe(200);
    expect(recorded.queries).toEqual([{ fromMs: Date.parse('2026-01-31T00:00:00Z'), toMs: 1_800_000_000_000, domain: 'web-1', fault: 'requested', outcome: 'dry_run', limit: 7, cursor: 'c' }]);
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
    const { webUrl } = await start(recorded);
    expect((await call(`${webUrl}/api/v1/hosts`)).body.items).toEqual([{ ...recorded.hosts[0], uri: 'qemu+tcp://u:***@h1/system', domains: 2, running: 1 }]);
    expect((await call(`${webUrl}/api/v1/domains?host=h1`)).body.items).toMatchObject([
      { name: 'db-1', state: 'shutoff', managed: false, desired: null, incidentId: null },
      { name: 'web-1', state: 'running', managed: true, desired: 'running', incidentId: sampleIncident().id },
    ]);
    expect((await call(`${webUrl}/api/v1/domains?host=h2`)).body.items).toEqual([]);
  });
});
