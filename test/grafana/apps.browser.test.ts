/** Applications in Chromium: lanes and details of their faults, counts and rows in the dashboards from a real Prometheus, tables of them and of processes; and bad ones. */
import { describe, expect, test } from 'vitest';
import { seriousViolations } from './accessibility.ts';
import { useBrowserSetting } from './browser-setting.ts';
import type { Spoil } from './mangler.ts';

const setting = useBrowserSetting({ withPrometheus: true, size: { width: 1400, height: 1600 } });

const FAULTS = ['app_down', 'app_hung', 'app_degraded'];
const PROCESSES = /\/api\/v1\/domains\/[^/]+\/processes$/;

const APP = {
  name: 'nginx', declaredBy: 'configuration', state: 'up', fault: null, sinceMs: null, text: 'nginx runs', evidence: [], processes: 3, residentBytes: 25_165_824, cpuSeconds: 12.5,
  backlogs: [{ port: 80, backlog: 2 }], incidentId: null,
};
const CACHE = { ...APP, name: 'cache', state: 'faulty', fault: 'app_down', sinceMs: Date.now() - 900_000, evidence: ['absent: no process in 2 lists in a row'], processes: 0, backlogs: [] };
const NGINX = {
  pid: 412, parentPid: 1, name: 'nginx', state: 'S', threads: 1, startSeconds: 9.5, cpuSeconds: 1.5, residentBytes: 4_194_304, commandLine: 'nginx [3 arguments]', argumentCount: 3,
  executable: '/usr/sbin/nginx', uid: 0, cgroup: '/system.slice/nginx.service', unit: 'nginx.service', userUnit: null, kernelThread: false,
};
const listing = (processes: unknown[]) => ({ uuid: 'u', atMs: Date.now(), uptimeSeconds: 3600, argumentsShown: false, processes });

/** Recoveries become those of an application, each third of another fault; the first seeded domain has two applications. */
function withApps(item: Record<string, unknown>, index: number): unknown {
  const { target } = item;
  if (typeof target !== 'object' || target === null) return { ...item, apps: item['name'] === 'web-1' ? [APP, CACHE] : [], guest: null };
  return { ...item, target: { ...target, kind: 'app', app: 'nginx' }, fault: FAULTS[index % FAULTS.length] };
}

const spoiledGuest = (status: number, body: unknown): Spoil => ({ kind: 'path', path: PROCESSES, status, body, change: withApps });

const panel = (title: string) => setting.watched.page.getByTestId(`data-testid Panel header ${title}`);
const stub = (title: string) => panel(title).getByTestId('stub-panel');
const rows = () => setting.watched.page.locator('tr[data-recovery]');
const noErrors = async (): Promise<void> => {
  await setting.watched.page.waitForLoadState('networkidle');
  expect(await setting.watched.page.evaluate(() => window.host.queryErrors)).toEqual([]);
};

describe('in the panel', () => {
  const history = (parameters: Record<string, string> = {}) => {
    setting.mangler.spoil({ kind: 'items', change: withApps });
    return setting.open('/host/panel', { ds: 'spoiled', options: JSON.stringify({ pageSize: 100 }), ...parameters });
  };

  test('their lanes are named by domain and application, and each name filters', async () => {
    await history();
    const lane = setting.watched.page.locator('[data-lane-name]').first();
    await lane.waitFor();
    expect((await lane.innerText()).replace(/\s+/g, '')).toMatch(/^[a-z]+-\d+\/nginx/);
    const before = await rows().count();
    await lane.locator('button').first().click();
    const domain = await lane.locator('button').first().innerText();
    await setting.watched.page.getByRole('button', { name: `Remove the filter Domain: ${domain}` }).waitFor();
    expect(await rows().count()).toBeLessThan(before);
    await setting.watched.page.getByRole('button', { name: 'Clear all' }).click();
    await setting.watched.page.locator('[data-lane-name] button[data-lane]').first().click();
    await setting.watched.page.getByRole('button', { name: 'Remove the filter Application: nginx' }).waitFor();
    expect(await rows().count()).toBe(before);
  });

  test('each fault has its words and its sign', async () => {
    await history();
    for (const words of ['Application down', 'Application hung', 'Application degraded']) {
      const fault = rows().getByRole('button', { name: words }).first();
      await fault.waitFor();
      expect(await fault.locator('svg').count()).toBe(1);
    }
  });

  test.each([['dark', 1360], ['light', 1360], ['dark', 500]])('no serious accessibility violation: %s, %i wide', async (theme, width) => {
    await history({ theme, width: `${width}`, height: '700' });
    await rows().first().waitFor();
    expect(await seriousViolations(setting.watched.page, '[data-viz-panel-key]')).toEqual([]);
    if (width < 960) expect((await rows().first().innerText()).replace(/\s+/g, '')).toMatch(/[a-z]+-\d+\/nginx/);
  });
});

describe('in the dashboards', () => {
  test('overview: how many are up, of how many, and how many have a fault', async () => {
    await setting.open('/d/overview');
    await noErrors();
    const text = (await stub('Applications').innerText()).replace(/\s+/g, ' ');
    expect(text).toMatch(/up ?1/);
    expect(text).toMatch(/known ?2/);
    expect(text).toMatch(/faulty ?1/);
  });

  test('domain: up or not over time, processes, memory, CPU and queue of each, and what runs in the guest', async () => {
    setting.mangler.spoil(spoiledGuest(200, listing([NGINX, { ...NGINX, pid: 2, name: 'kthreadd', kernelThread: true }])));
    const [{ host, name } = { host: '', name: '' }] = setting.daemon.seeded.domains;
    await setting.open('/d/domain', { 'var-host': host, 'var-domain': name, 'var-virtmedic': 'spoiled' });
    await noErrors();
    for (const title of ['Applications over time', 'Processes of applications', 'Memory of applications', 'CPU of applications'])
      for (const app of ['nginx', 'cache']) await stub(title).getByText(app, { exact: true }).first().waitFor();
    await stub('Connections waiting').getByText('nginx :80').first().waitFor();
    await stub('Processes in the guest').getByRole('cell', { name: 'nginx [3 arguments]' }).waitFor();
    expect(await stub('Processes in the guest').locator('tbody tr').count()).toBe(1);
  });

  test('domain: a guest that nobody can look into is no error', async () => {
    setting.watched.expectTrouble(/^409 GET \S+\/processes$/);
    setting.mangler.spoil(spoiledGuest(409, { type: 'about:blank', title: 'Conflict', status: 409, detail: 'no guest helper is configured', reason: 'no-helper' }));
    const [{ host, name } = { host: '', name: '' }] = setting.daemon.seeded.domains;
    await setting.open('/d/domain', { 'var-host': host, 'var-domain': name, 'var-virtmedic': 'spoiled' });
    await noErrors();
    await stub('Processes of applications').getByText('nginx', { exact: true }).first().waitFor();
    expect(await stub('Processes in the guest').locator('tbody tr').count()).toBe(0);
  });
});

describe('as a table', () => {
  const table = (query: Record<string, unknown>) => setting.open('/host/panel', { panel: 'table', ds: 'spoiled', title: 'Guests', queries: JSON.stringify([{ refId: 'A', ...query }]) });
  const cells = () => setting.watched.page.locator('table tbody tr');

  test('applications, those with a fault first', async () => {
    setting.mangler.spoil({ kind: 'items', change: withApps });
    await table({ kind: 'apps' });
    await cells().first().waitFor();
    expect(await cells().count()).toBe(2);
    expect(await cells().first().innerText()).toMatch(/cache[^]*faulty[^]*app_down[^]*absent: no process/);
    expect(await setting.watched.page.locator('table thead').innerText()).toMatch(/Evidence[^]*Connections waiting/);
  });

  const HTML = '<img src=x onerror="window.wasRun=true"><b id="planted">bold</b>';
  test.each<[string, unknown[], number]>([
    ['HTML', [{ ...NGINX, name: HTML, commandLine: HTML, unit: HTML }], 1],
    ['1 MB strings', [{ ...NGINX, name: 'x'.repeat(1_000_000), commandLine: 'y'.repeat(1_000_000) }], 1],
    ['wrong types', [null, 7, { pid: -1 }, { pid: 'x' }, { pid: 5, name: {}, residentBytes: 'all' }], 1],
  ])('processes of %s: no crash, nothing rendered as HTML', async (_, processes, count) => {
    setting.mangler.spoil(spoiledGuest(200, listing(processes)));
    await table({ kind: 'processes', domain: setting.daemon.seeded.domains[0]?.name });
    await cells().first().waitFor();
    expect(await cells().count()).toBe(count);
    expect(await setting.watched.page.evaluate(() => ['wasRun' in window, document.getElementById('planted')])).toEqual([false, null]);
    expect((await cells().first().innerText()).length).toBeLessThan(5000);
    await noErrors();
  });
});
