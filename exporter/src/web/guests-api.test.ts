import { afterEach, describe, expect, it } from 'vitest';
import { HelperError } from '../guest/helper/client.ts';
import type { AppsView } from '../perception/apps/view.ts';
import { emptyRecord, sampleIncident, UUID } from './testing/fakes.ts';
import type { Recorded } from './testing/fakes.ts';
import { sampleApp, sampleGuest, sampleProcess, viewOfApps } from './testing/sample-apps.ts';
import { bearer, call, start, stopAll, tokens, TOKENS } from './testing/test-client.ts';

afterEach(stopAll);

const PATH = `/api/v1/domains/${UUID}/processes`;
const listing = (...processes: Parameters<typeof sampleProcess>[0][]): AppsView => viewOfApps([], [], async () => ({ processes: processes.map(sampleProcess) }));

describe('processes of a guest', () => {
  it('are the same on both listeners, without their arguments', async () => {
    const { webUrl, controlUrl } = await start(emptyRecord(), { apps: listing({}, { pid: 2, name: 'kthreadd', kernelThread: true, commandLine: null, executable: null, userNanoseconds: null, uid: null }) });
    for (const url of [webUrl, controlUrl]) {
      const { status, body } = await call(url + PATH);
      expect([status, body.uuid, body.argumentsShown, body.uptimeSeconds]).toEqual([200, UUID, false, null]);
      expect(body.processes).toMatchObject([{ pid: 100, commandLine: 'nginx [2 arguments]', startSeconds: 20, cpuSeconds: 4, unit: 'nginx.service' }, { pid: 2, commandLine: null, cpuSeconds: null, kernelThread: true }]);
      expect(JSON.stringify(body)).not.toContain('daemon off');
    }
  });

  it('have their arguments where the configuration says so', async () => {
    const { webUrl } = await start(emptyRecord(), { apps: listing({}), guest: { showArguments: true } });
    expect((await call(webUrl + PATH)).body).toMatchObject({ argumentsShown: true, processes: [{ commandLine: 'nginx -g daemon off;' }] });
  });

  it('come with the time since the boot where the guest tells it', async () => {
    const liveness = { jiffies: 1n, jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 3600 };
    const apps = viewOfApps([], [sampleGuest({ liveness, lastListAtMs: performance.now() - 10_000 })], async () => ({ processes: [] }));
    const { webUrl } = await start(emptyRecord(), { apps });
    const { uptimeSeconds } = (await call(webUrl + PATH)).body as { uptimeSeconds: number };
    expect(uptimeSeconds).toBeGreaterThanOrEqual(3610);
  });

  it('need a token with the scope read on the control listener', async () => {
    const { controlUrl } = await start(emptyRecord(), { apps: listing({}), control: { tokens } });
    expect((await call(controlUrl + PATH)).status).toBe(401);
    expect((await call(controlUrl + PATH, 'GET', undefined, bearer(TOKENS.read))).status).toBe(200);
  });

  it('are refused with a reason where they cannot be read', async () => {
    const apps = viewOfApps([], [], () => Promise.reject(new HelperError('not-opted-in', 'the helper may not look into it', { isRefusal: true })));
    const { webUrl } = await start(emptyRecord(), { apps });
    expect(await call(webUrl + PATH)).toMatchObject({ status: 409, body: { reason: 'not-opted-in', detail: 'the helper may not look into it' } });
    const none = await start();
    expect((await call(none.webUrl + PATH)).body).toMatchObject({ status: 409, reason: 'no-helper' });
    expect((await call(`${none.webUrl}${PATH}?x=1`)).status).toBe(400);
    expect((await call(`${none.webUrl}/api/v1/domains/..%2f/processes`)).status).toBe(404);
    expect((await call(none.webUrl + PATH, 'POST', {})).status).toBe(405);
  });

  it('stand in valid JSON whatever the guest has written', async () => {
    const { webUrl } = await start(emptyRecord(), { apps: listing({ name: '\u001b[2J"\u2028\0', executable: '/\ud800x', unit: '\u202e' }), guest: { showArguments: true } });
    expect((await call(webUrl + PATH)).body.processes).toMatchObject([{ name: '\u001b[2J"\u2028\0' }]);
  });
});

function known(): Recorded {
  const recorded = emptyRecord();
  recorded.sightings = [{ uuid: UUID, name: 'web-1', host: 'h1', state: 'running', reason: 'booted', sinceMs: 1, persistent: true, autostart: false }];
  return recorded;
}

describe('domains', () => {
  it('have their apps, and whether their guest can be read', async () => {
    const recorded = known();
    recorded.incidents = [sampleIncident({ id: 'of-the-app', target: { kind: 'app', uuid: UUID, name: 'web-1', host: 'h1', app: 'web' }, targetKey: `app/${UUID}/web`, fault: 'app_hung' })];
    const fromMs = Date.now() - 60_000;
    const sinceMs = performance.now() - 60_000;
    const hung = sampleApp({
      verdict: { state: 'faulty', fault: 'app_hung', sinceMs, basis: 'seen', evidence: [{ kind: 'stopped', processes: 2, forMs: 12_000 }], figures: { processes: 2, residentBytes: null, cpuNanoseconds: 5e8, cpuTotalNanoseconds: 9e8, backlogs: [{ port: 80, backlog: 3 }] } },
    });
    const { webUrl } = await start(recorded, { apps: viewOfApps([hung], [sampleGuest({ processes: 90 })]) });
    const [domain] = (await call(`${webUrl}/api/v1/domains`)).body.items as { apps: { sinceMs: number }[] }[];
    expect(domain).toMatchObject({
      incidentId: null,
      apps: [{
        name: 'web', declaredBy: 'configuration', state: 'faulty', fault: 'app_hung', text: 'web in web-1 hangs: stopped: 2 processes in state T for 12 s',
        evidence: ['stopped: 2 processes in state T for 12 s'], processes: 2, residentBytes: null, cpuSeconds: 0.5, backlogs: [{ port: 80, backlog: 3 }], incidentId: 'of-the-app',
      }],
      guest: { reading: 'ok', reason: null, processes: 90 },
    });
    // Two clocks are read one after the other.
    const shownMs = domain?.apps[0]?.sinceMs ?? 0;
    expect([shownMs >= fromMs - 1000, shownMs <= Date.now() - 60_000 + 1000]).toEqual([true, true]);
  });

  it('show no figures where nothing is known', async () => {
    const unknown = sampleApp({ verdict: { state: 'unknown', fault: null, sinceMs: null, basis: null, evidence: [{ kind: 'unknown', reason: 'not-linux', text: 'no Linux', forMs: 0 }], figures: { processes: 0, residentBytes: 0, cpuNanoseconds: 0, cpuTotalNanoseconds: 0, backlogs: [] } } });
    const { webUrl } = await start(known(), { apps: viewOfApps([unknown], [sampleGuest({ reading: 'unknown', reason: 'not-linux', text: 'no Linux', processes: null })]) });
    expect((await call(`${webUrl}/api/v1/domains`)).body.items).toMatchObject([{ apps: [{ state: 'unknown', processes: null, residentBytes: null, cpuSeconds: null, sinceMs: null }], guest: { reading: 'unknown', reason: 'not-linux' } }]);
  });
});
