import { afterEach, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../history/store.ts';
import { emptyRecord, sampleIncident, UUID } from './testing/fakes.ts';
import type { Recorded } from './testing/fakes.ts';
import { bearer, call, start, stopAll, TOKENS, tokens } from './testing/test-client.ts';
import type { Answer } from './testing/test-client.ts';

afterEach(stopAll);

const OTHER = UUID.replace('1', '2');

/** Host h1 with the managed web-1, which is being recovered, and db-1, which is not managed; host h2 with another db-1. */
function situation(): Recorded {
  const recorded = emptyRecord();
  recorded.hosts = ['h1', 'h2'].map((name) => ({ name, uri: `test:///${name}`, state: 'up' as const, heardAtMs: 5, error: null, listings: 1 }));
  const running = { state: 'running' as const, reason: 'booted', sinceMs: 1, persistent: true, autostart: false };
  recorded.sightings = [
    { ...running, uuid: UUID, name: 'web-1', host: 'h1' },
    { ...running, uuid: OTHER, name: 'db-1', host: 'h1' },
    { ...running, uuid: 'u3', name: 'db-1', host: 'h2' },
  ];
  recorded.incidents = [sampleIncident({ state: 'executing' })];
  return recorded;
}

describe('settings', () => {
  it('are read by whoever may read, with default and bounds', async () => {
    const { webUrl, controlUrl } = await start(emptyRecord(), { control: { tokens } });
    for (const url of [webUrl, controlUrl]) {
      const { body } = await call(`${url}/api/v1/settings`, 'GET', undefined, bearer(TOKENS.read));
      expect(body).toEqual({ samplingIntervalSeconds: { value: 15, default: 15, minimum: 0.5, maximum: 31_536_000 } });
    }
  });

  it('are changed, written down, put in force, and given back to the configuration file', async () => {
    const recorded = situation();
    const { controlUrl } = await start(recorded, { control: { tokens } });
    const set = (seconds: unknown): Promise<Answer> => call(`${controlUrl}/api/v1/settings`, 'POST', { samplingIntervalSeconds: seconds }, { ...bearer(TOKENS.operate), 'x-grafana-user': 'alice' });
    const changed = await set(2.5);
    expect(changed.body).toMatchObject({ accepted: true, dryRun: false, samplingIntervalSeconds: { value: 2.5, default: 15 } });
    expect(changed.body.explanation).toContain('2 hosts changes from 15 s to 2.5 s');
    expect([recorded.intervals, recorded.settings.get('samplingIntervalSeconds')]).toEqual([[2.5], 2.5]);
    expect(recorded.audit).toMatchObject([{ actor: 'alice', action: 'set sampling interval', detail: '2.5 s' }]);
    expect((await set(null)).body).toMatchObject({ samplingIntervalSeconds: { value: 15, default: 15 } });
    expect([recorded.intervals, recorded.settings.get('samplingIntervalSeconds')]).toEqual([[2.5, 15], null]);
  });

  it.each([[{}], [{ samplingIntervalSeconds: 0 }], [{ samplingIntervalSeconds: -1 }], [{ samplingIntervalSeconds: 31_536_001 }], [{ samplingIntervalSeconds: '5' }], [{ samplingIntervalSeconds: 5, more: 1 }], [undefined]])('are not changed by %j', async (body) => {
    const recorded = emptyRecord();
    const { controlUrl } = await start(recorded);
    expect((await call(`${controlUrl}/api/v1/settings`, 'POST', body)).status).toBe(400);
    expect([recorded.intervals, recorded.audit]).toEqual([[], []]);
  });

  it('are changed only with the scope operate, on the control listener', async () => {
    const recorded = emptyRecord();
    const { controlUrl, webUrl } = await start(recorded, { control: { tokens } });
    for (const token of [TOKENS.read, TOKENS.webhook]) expect((await call(`${controlUrl}/api/v1/settings`, 'POST', { samplingIntervalSeconds: 5 }, bearer(token))).status).toBe(403);
    expect((await call(`${webUrl}/api/v1/settings`, 'POST', { samplingIntervalSeconds: 5 }, bearer(TOKENS.admin))).status).toBe(405);
    expect(recorded.intervals).toEqual([]);
  });
});

describe('a dry run', () => {
  it('changes nothing, and says what would follow', async () => {
    const recorded = situation();
    const { controlUrl } = await start(recorded);
    const trial = async (path: string, body: object): Promise<string> => {
      const answer = await call(`${controlUrl}/api/v1/${path}`, 'POST', { ...body, dryRun: true });
      expect([answer.status, answer.body.accepted, answer.body.dryRun]).toEqual([200, true, true]);
      return String(answer.body.explanation);
    };
    expect(await trial('settings', { samplingIntervalSeconds: 60 })).toContain('from 15 s to 60 s');
    expect(await trial('pause', { paused: true, reason: 'x' })).toMatch(/1 managed domain on 1 host \(web-1\).*1 recovery \(web-1\)/s);
    expect(await trial('pause', { paused: false })).toBe('Recovery is not paused: nothing changes.');
    expect(await trial('maintenance', { host: 'h1', reason: 'x', durationSeconds: 60 })).toMatch(/^Nothing is recovered on host h1 until .*1 managed domain .*web-1.*1 recovery \(web-1\)/s);
    expect(await trial('maintenance', { host: 'h2', reason: 'x', durationSeconds: 60 })).toContain('no managed domain is concerned, of 1 known. No recovery is under way.');
    expect(await trial('maintenance', { domain: 'web-1', reason: 'x', durationSeconds: 60 })).toContain('of domain web-1 until');
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect(await trial('maintenance', { domain: UUID.toUpperCase(), reason: 'x', until })).toContain(`of domain web-1 until ${until}`);
    expect(await trial('maintenance', { all: true, reason: 'x', durationSeconds: 60 })).toContain('anywhere');
    expect([recorded.calls, recorded.maintenance, recorded.audit, recorded.intervals, recorded.paused]).toEqual([[], [], [], [], null]);
  });

  it('is refused where the order would be', async () => {
    const recorded = situation();
    const { controlUrl } = await start(recorded);
    const status = async (body: object): Promise<number> => (await call(`${controlUrl}/api/v1/maintenance`, 'POST', { reason: 'x', durationSeconds: 60, dryRun: true, ...body })).status;
    expect(await status({ host: 'h9' })).toBe(404);
    expect(await status({ domain: 'nobody' })).toBe(404);
    expect(await status({ domain: 'db-1' })).toBe(409);
    expect((await call(`${controlUrl}/api/v1/pause`, 'POST', { paused: true, dryRun: true })).status).toBe(400);
  });
});

describe('pause', () => {
  it('acts before it explains, and works where nothing can be read', async () => {
    const recorded = situation();
    const { controlUrl } = await start(recorded, { openIncidents: () => Promise.reject(new StoreUnavailableError('the disk')) });
    const answer = await call(`${controlUrl}/api/v1/pause`, 'POST', { paused: true, reason: 'fire' });
    expect([answer.status, recorded.calls, answer.body.explanation]).toEqual([200, [['pause', 'local', 'fire']], expect.stringContaining('not known')]);
  });

  it('that cannot be stored is in force, and the answer says so', async () => {
    const recorded = situation();
    const { controlUrl } = await start(recorded, { controlWith: { pause: (by, reason) => {
      recorded.paused = { by, reason, atMs: 5 };
      return Promise.reject(new StoreUnavailableError('the disk'));
    } } });
    const answer = await call(`${controlUrl}/api/v1/pause`, 'POST', { paused: true, reason: 'fire' });
    expect([answer.status, answer.headers.get('retry-after'), answer.body.detail]).toEqual([503, '5', expect.stringMatching(/^Recovery is paused, but/)]);
    expect((await call(`${controlUrl}/api/v1/pause`)).body.paused).toMatchObject({ by: 'local' });
  });

  it('says what was held when it ends', async () => {
    const recorded = situation();
    recorded.paused = { by: 'ann', reason: 'storage', atMs: 5 };
    recorded.incidents = [sampleIncident({ hold: { reason: 'pause', why: 'paused', retryAtMs: null } })];
    const { controlUrl } = await start(recorded);
    const answer = await call(`${controlUrl}/api/v1/pause`, 'POST', { paused: false });
    expect(answer.body.explanation).toContain('Decided again at once: 1 open incident (web-1).');
    expect(answer.body.paused).toBeNull();
  });
});
