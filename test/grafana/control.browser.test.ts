/** The app's control pages in Chromium, as an administrator uses them, against the real virtmedic. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../lab/wait-until.ts';
import { seriousViolations } from './accessibility.ts';
import { startChromium } from './chromium.ts';
import type { Browser, WatchedPage } from './chromium.ts';
import { startSeededDaemon } from './daemon.ts';
import type { SeededDaemon } from './daemon.ts';
import type { TestGrafana } from './proxy.ts';
import { APP_ID, startGrafanaFor } from './setting.ts';

let daemon: SeededDaemon;
let grafana: TestGrafana;
let browser: Browser;
let watched: WatchedPage;

beforeAll(async () => {
  daemon = await startSeededDaemon();
  grafana = await startGrafanaFor(daemon);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.stop();
  await grafana?.stop();
  await daemon?.stop();
});
beforeEach(async () => {
  // A test that broke off may have left it paused.
  const headers = { authorization: `Bearer ${daemon.tokens.operate}`, 'content-type': 'application/json' };
  await fetch(`${daemon.controlUrl}/api/v1/pause`, { method: 'POST', headers, body: '{"paused":false}' });
  watched = await browser.newPage();
});
afterEach(async () => {
  const { close, check } = watched;
  await close();
  check();
});

const CONTROL = `/a/${APP_ID}/control`;
const APPS_PAGE = `/a/${APP_ID}/apps`;

async function own<T>(path: string): Promise<T> {
  return (await (await fetch(`${daemon.controlUrl}${path}`, { headers: { authorization: `Bearer ${daemon.tokens.operate}` } })).json()) as T;
}

const goto = async (path: string): Promise<void> => {
  await watched.page.goto(`${grafana.url}${path}`);
  await watched.page.waitForFunction(() => window.host.ready || window.host.fatal !== null);
  expect(await watched.page.evaluate(() => window.host.fatal)).toBeNull();
};

const orders = (): string[] => grafana.passed().filter(({ method }) => method !== 'GET').map(({ method, path, status }) => `${method} ${path} ${status}`);

test('pause: what would happen is shown first, the reason is needed, and history has the name', async () => {
  const { page } = watched;
  grafana.clearLog();
  await goto(`${CONTROL}?role=Admin`);
  await page.getByRole('button', { name: /^Pause recovery/ }).click();
  const dialog = page.getByRole('dialog');
  const confirm = dialog.getByRole('button', { name: 'Pause all recovery' });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill('storage is being moved');
  const show = dialog.getByRole('button', { name: 'Show what would happen' });
  if (await show.isVisible()) await show.click();
  await dialog.getByText('If you confirm').waitFor();
  expect((await own<{ paused: unknown }>('/api/v1/pause')).paused).toBeNull();
  await confirm.click();
  await waitUntil('the pause', async () => (await own<{ paused: unknown }>('/api/v1/pause')).paused !== null, { deadlineMs: 20_000 });
  expect((await own<{ paused: object }>('/api/v1/pause')).paused).toMatchObject({ by: 'admin', reason: 'storage is being moved' });
  await page.getByText('RECOVERY IS PAUSED').waitFor();
  expect(orders()).toHaveLength(2);

  await dialog.getByText('Accepted').waitFor();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /^Resume recovery/ }).click();
  const again = page.getByRole('dialog');
  // Nothing has to be entered: it is asked at once.
  await again.getByText('If you confirm').waitFor();
  await again.getByRole('button', { name: 'Resume recovery', exact: true }).click();
  await waitUntil('the end of the pause', async () => (await own<{ paused: unknown }>('/api/v1/pause')).paused === null, { deadlineMs: 20_000 });
});

test('an order that virtmedic refuses is said to be refused, with its reason, and is not sent', async () => {
  const { page } = watched;
  // Its host cannot be reached: a 409 is the answer to look at.
  watched.expectTrouble(/409 POST .*\/actions/);
  await goto(`${CONTROL}?role=Admin`);
  grafana.clearLog();
  await page.getByRole('button', { name: /^Start web-2/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/virtmedic would refuse this|If you confirm/).waitFor();
  expect(await dialog.getByText('virtmedic would refuse this').count()).toBe(1);
  expect(await dialog.getByRole('button', { name: /^Start/ }).isDisabled()).toBe(true);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(orders().filter((order) => !order.includes('/actions'))).toEqual([]);
  expect(orders()).toHaveLength(1);
});

const SHOP = { name: 'shop', declaredBy: 'configuration', state: 'up', fault: null, sinceMs: null, basis: null, text: 'shop runs', evidence: [], processes: 3, residentBytes: 1, cpuSeconds: 1, backlogs: [], incidentId: null };
const APPS = [
  SHOP,
  { ...SHOP, name: 'cache', state: 'faulty', fault: 'app_hung', sinceMs: Date.now() - 120_000, evidence: ['backlog of 0.0.0.0 port 80: 1 -> 5 connections wait, and it is full; none was accepted for 12 s'] },
  { ...SHOP, name: 'mail', state: 'unknown', evidence: ['unknown (paused): the domain is held'] },
];

/** The seeded virtmedic sees no guest: what it would tell of their applications stands in its list of domains, all else is its own. */
async function withApps(): Promise<void> {
  await watched.page.route(/\/plugin-proxy\/[^/]+\/domains$/, async (route) => {
    const response = await route.fetch();
    const { items } = (await response.json()) as { items: object[] };
    await route.fulfill({ response, json: { items: items.map((item, index) => (index === 0 ? { ...item, apps: APPS } : item)) } });
  });
}

test('an order for an application is asked of virtmedic, which refuses it here: it knows no such application', async () => {
  const { page } = watched;
  await withApps();
  watched.expectTrouble(/404 POST .*\/actions/);
  await goto(`${APPS_PAGE}?role=Admin`);
  grafana.clearLog();
  await page.getByRole('button', { name: /^Restart shop in / }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/has no app shop; none are declared for it/).waitFor();
  await dialog.getByRole('textbox').fill('it leaks');
  expect(await dialog.getByRole('button', { name: /^Restart shop in / }).isDisabled()).toBe(true);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(orders()).toEqual([expect.stringMatching(/^POST \S+\/actions 404$/)]);
});

test('applications as Editor: how they are and why, no order can be given', async () => {
  const { page } = watched;
  await withApps();
  await goto(`${CONTROL}?role=Editor`);
  await page.getByRole('tab', { name: 'Applications' }).click();
  const first = page.getByRole('row').nth(1);
  await first.getByText(/none was accepted for 12 s/).waitFor();
  expect(await first.innerText()).toMatch(/cache[^]*Faulty[^]*Application hung/);
  expect(await page.getByRole('button', { name: /^(Restart|Start|Kill|Recover|More)/ }).count()).toBe(0);
});

test.each([['dark', 1400], ['light', 1400], ['dark', 420]])('no serious accessibility violation on the page of applications and its dialog, %s, %i wide', async (theme, width) => {
  const { page } = watched;
  await withApps();
  watched.expectTrouble(/404 POST .*\/actions/);
  await page.setViewportSize({ width, height: 900 });
  await goto(`${APPS_PAGE}?role=Admin&theme=${theme}`);
  await page.getByRole('rowheader', { name: 'cache' }).waitFor();
  const found = await seriousViolations(page, 'main');
  await page.getByRole('button', { name: /^Restart cache in / }).click();
  await page.getByRole('dialog').getByText(/has no app cache/).waitFor();
  expect([...found, ...(await seriousViolations(page, '[role=dialog]'))]).toEqual([]);
});

test('acknowledge as Editor; no order can be given', async () => {
  const { page } = watched;
  await goto(`${CONTROL}?role=Editor&tab=incidents`);
  await page.getByRole('tab', { name: /Incidents/ }).click();
  expect(await page.getByRole('button', { name: /^(Start|Stop|Pause)/ }).count()).toBe(0);
  await page.getByRole('button', { name: /^Acknowledge/ }).first().click();
  const dialog = page.getByRole('dialog');
  if (await dialog.isVisible()) await dialog.getByRole('button', { name: /^Acknowledge/ }).click();
  await waitUntil('the acknowledgement', async () => (await own<{ items: { acknowledgedBy: string | null }[] }>('/api/v1/incidents')).items.some(({ acknowledgedBy }) => acknowledgedBy === 'editor'), { deadlineMs: 20_000 });
});

test('a Viewer is told whom to ask, and nothing is asked of virtmedic', async () => {
  grafana.clearLog();
  await goto(`${CONTROL}?role=Viewer`);
  await watched.page.locator('main').getByText(/Editor|administrator/i).first().waitFor();
  expect(grafana.passed().filter(({ path }) => path.includes('/plugin-proxy/'))).toEqual([]);
  expect(await watched.page.getByRole('button', { name: /^(Start|Stop|Restart|Pause|Acknowledge)/ }).count()).toBe(0);
});

test.each(['dark', 'light'])('no serious accessibility violation on the pages, %s', async (theme) => {
  const { page } = watched;
  const found: string[] = [];
  for (const path of [CONTROL, `/a/${APP_ID}/settings`, `/plugins/${APP_ID}`, '/connections/datasources/edit/virtmedic']) {
    await goto(`${path}?role=Admin&theme=${theme}`);
    await page.waitForLoadState('networkidle');
    found.push(...(await seriousViolations(page, 'main')).map((text) => `${path}: ${text}`));
  }
  await goto(`${CONTROL}?role=Admin&theme=${theme}`);
  await page.getByRole('button', { name: /^Pause recovery/ }).click();
  await page.getByRole('dialog').waitFor();
  found.push(...(await seriousViolations(page, '[role=dialog]')).map((text) => `pause dialog: ${text}`));
  expect(found).toEqual([]);
});
