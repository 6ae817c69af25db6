/** Real recoveries of real guests in the overview dashboard, and data for every query of every dashboard. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEADLINE_MS, historyOf, untilIncident, untilOutcomes } from '../e2e/domains.ts';
import { waitUntil } from '../lab/wait-until.ts';
import type { Guest } from '../lab/lab.ts';
import { ensurePluginBuilt } from './build-plugin.ts';
import { startChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { exceptionOf, staleExceptions } from './dashboard-exceptions.ts';
import { createDashboardCheck, nameOf, readDashboardQueries } from './dashboard-queries.ts';
import { APP, startLiveSetting, untilAppUp } from './live-setting.ts';
import type { LiveSetting } from './live-setting.ts';
import { APP_ID, PANEL_ID } from './setting.ts';
import { watchSteps } from './step-watch.ts';
import type { Moments } from './step-watch.ts';

const TEST_MS = 300_000;
/** What the product promises is 2 s, and is printed; a machine under load may be late. */
const LATEST_MS = 5000;
/**
 * Half of all lags, and of all waits between two questions for changes, are below this however noisy the machine is: at 4 s between the questions
 * each single lag could still be below `LATEST_MS`.
 */
const MEDIAN_MS = 3000;
/** A fault must be seen by the scrape (5 s), its evaluation, and the refresh (5 s). */
const LATEST_SAMPLES_MS = 25_000;

let setting: LiveSetting;
let browser: Browser;

beforeAll(async () => {
  setting = await startLiveSetting({ hosts: 2, linux: ['web'], empty: ['db', 'cache', 'mail'] });
  browser = await startChromium();
}, TEST_MS);
afterAll(async () => {
  await browser?.stop();
  await setting?.stop();
}, TEST_MS);

function guest(name: string): Guest {
  const found = setting.guests.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no guest ${name}`);
  return found;
}

const isReady = () => window.host.ready || window.host.fatal !== null;

interface Lag {
  step: string;
  givenMs: number;
  shownMs: number;
  /** How long the store was in this step; NaN: it never was. */
  lastedMs: number;
}

/** Breaks the guest; how far the open overview was behind the store at each step of its recovery. */
async function lagsOfRecovery(page: Page, name: string): Promise<Lag[]> {
  const watch = await watchSteps(page, name);
  guest(name).killQemu();
  const [recovery] = await untilOutcomes(setting.stack, guest(name), 'recovered', 1);
  await page.waitForFunction(() => 'recovered' in (window as unknown as { stepWatch: { shown: Moments } }).stepWatch.shown, null, { timeout: 30_000 });
  const { given, shown } = await watch.moments();
  const [attempt] = recovery?.attempts ?? [];
  const stored = [['open', recovery?.incident.openedAtMs], ['executing', attempt?.executingAtMs], ['verifying', attempt?.verifyingAtMs], ['recovered', recovery?.incident.closedAtMs]] as const;
  return stored.map(([step, at], index) => {
    const [atMs, nextMs] = [at ?? NaN, index === stored.length - 1 ? Infinity : (stored[index + 1]?.[1] ?? NaN)];
    return { step, givenMs: (given[step] ?? NaN) - atMs, shownMs: (shown[step] ?? NaN) - atMs, lastedMs: nextMs - atMs };
  });
}

function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

test('each step of a recovery is in the overview soon after it is in the store', { timeout: TEST_MS }, async () => {
  const { grafana } = setting;
  const watched = await browser.newPage({ width: 1400, height: 1000 });
  await watched.page.goto(`${grafana.url}/d/overview?from=now-30m&to=now&refresh=5s`);
  await watched.page.waitForFunction(isReady);
  await watched.page.waitForFunction(() => window.host.rows !== null);
  grafana.clearLog();
  const lags = [...(await lagsOfRecovery(watched.page, 'db')), ...(await lagsOfRecovery(watched.page, 'cache'))];
  const askedAtMs = grafana.passed().filter(({ path, status }) => path.includes('/api/v1/events') && status === 200).map(({ atMs }) => atMs);
  await watched.close();
  watched.check();
  const told = (ms: number): string => (Number.isNaN(ms) ? 'not seen' : `${ms} ms`);
  const waits = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? NaN));
  const seen = lags.map(({ givenMs }) => givenMs).filter((ms) => !Number.isNaN(ms));
  console.log(`lag behind the store (goal 2000 ms): ${lags.map(({ step, givenMs, shownMs }) => `${step}: data ${told(givenMs)}, words ${told(shownMs)}`).join('; ')}`);
  console.log(`median of ${seen.length} lags: ${medianOf(seen)} ms; of ${waits.length} waits between questions: ${medianOf(waits)} ms`);
  // A step that is over before the next question is asked is seen by its result only.
  for (const { step, givenMs, lastedMs } of lags) if (lastedMs > 2000) expect(givenMs, step).toBeLessThan(LATEST_MS);
  for (const { step, shownMs } of lags.filter(({ step }) => step === 'open' || step === 'recovered')) expect(shownMs, step).toBeLessThan(LATEST_MS);
  expect(seen.length).toBeGreaterThanOrEqual(4);
  expect(medianOf(seen)).toBeLessThan(MEDIAN_MS);
  expect(waits.length).toBeGreaterThan(2);
  expect(medianOf(waits)).toBeLessThan(MEDIAN_MS);
});

test('from Prometheus alone the panel shows the fault', { timeout: TEST_MS }, async () => {
  const { stack, grafana } = setting;
  const watched = await browser.newPage();
  const queries = JSON.stringify([{ refId: 'A', expr: 'virtmedic_domain_fault', range: true, instant: false }]);
  const parameters = new URLSearchParams({ panel: PANEL_ID, ds: 'prometheus', queries, from: 'now-15m', to: 'now', refresh: '5s' });
  await watched.page.goto(`${grafana.url}/host/panel?${parameters.toString()}`);
  await watched.page.waitForFunction(isReady);
  const before = await watched.page.locator('tr[data-recovery]').filter({ hasText: 'mail' }).count();
  expect(before).toBe(0);
  guest('mail').killQemu();
  const brokenAtMs = Date.now();
  await watched.page.locator('tr[data-recovery]').filter({ hasText: 'mail' }).first().waitFor({ timeout: 60_000 });
  const lagMs = Date.now() - brokenAtMs;
  console.log(`from Prometheus alone at 5 s refresh: ${lagMs} ms after the fault`);
  expect(lagMs).toBeLessThan(LATEST_SAMPLES_MS);
  await untilOutcomes(stack, guest('mail'), 'recovered', 1);
  await watched.close();
  watched.check();
});

test('every query of every dashboard returns data, but for those with a reason', { timeout: TEST_MS }, async () => {
  const { stack, grafana } = setting;
  const queries = readDashboardQueries(await ensurePluginBuilt());
  expect(queries.length).toBeGreaterThan(40);
  expect(staleExceptions(queries)).toEqual([]);
  const target = guest('web');
  const check = createDashboardCheck(grafana.url, queries, { host: target.host.name, domain: target.name, horizon: '60' });
  const needed = (): string[] => {
    const excused = new Set(queries.filter((query) => exceptionOf(query) !== null).map(nameOf));
    return [...check.empty()].filter(([name]) => !excused.has(name)).map(([name, problem]) => `${name}: ${problem}`);
  };
  await untilAppUp(stack, target);
  await check.sample();
  // While recovery is paused, faults stay for as long as it takes to be scraped.
  await stack.api.post('/api/v1/pause', { paused: true, reason: 'the fault is looked at' });
  await target.fault('httpd-hang');
  const hangs = `virtmedic_app_fault{domain="${target.name}",fault="app_hung"}`;
  await waitUntil('the hung application in Prometheus', async () => (await stack.prometheus.query(hangs)).length > 0, { deadlineMs: 60_000, intervalMs: 500 });
  await check.sample();
  target.killQemu();
  await untilIncident(stack, target, 'held by the pause', ({ hold }) => hold?.reason === 'pause');
  const isScraped = async (): Promise<boolean> => (await stack.prometheus.query(`virtmedic_domain_fault{domain="${target.name}"}`)).length > 0;
  await waitUntil('the fault in Prometheus', isScraped, { deadlineMs: 30_000, intervalMs: 500 });
  await check.sample();
  await stack.api.post('/api/v1/pause', { paused: false });
  // Some have data only once something was recovered.
  const ask = async (): Promise<boolean> => {
    await check.sample();
    return needed().length === 0;
  };
  await waitUntil('data for every query', ask, { deadlineMs: 120_000, intervalMs: 1000 }).catch(() => undefined);
  expect(needed()).toEqual([]);
  await untilOutcomes(stack, target, 'recovered', 1);
});

test.each(['overview', 'host', 'domain'])('the dashboard %s has no error, with variables of the lab', { timeout: TEST_MS }, async (name) => {
  await untilAppUp(setting.stack, guest('web'));
  const watched = await browser.newPage({ width: 1400, height: 2400 });
  await watched.page.goto(`${setting.grafana.url}/d/${name}?from=now-30m&to=now&var-host=${guest('web').host.name}&var-domain=web`);
  await watched.page.waitForFunction(isReady);
  await watched.page.waitForLoadState('networkidle');
  expect(await watched.page.evaluate(() => window.host.queryErrors)).toEqual([]);
  expect(await watched.page.locator('[data-testid="stub-panel"]').count()).toBeGreaterThan(3);
  await watched.close();
  watched.check();
});

test('forecasts of a running guest and its host are in Prometheus, in the data source and on the dashboards', { timeout: TEST_MS }, async () => {
  const { stack, grafana } = setting;
  const web = guest('web');
  const here = `host="${web.host.name}",domain="web"`;
  const horizons = async (metric: string): Promise<string[]> => (await stack.prometheus.query(metric)).map(({ labels }) => labels['horizon'] ?? '').sort();
  await waitUntil('forecasts in Prometheus', async () => (await horizons(`virtmedic_domain_failure_probability{${here}}`)).length > 0, { deadlineMs: 60_000, intervalMs: 1000 });
  expect(await horizons(`virtmedic_domain_failure_probability{${here}}`)).toEqual(['300', '60']);
  expect(await horizons(`virtmedic_host_failure_probability{host="${web.host.name}"}`)).toEqual(['300', '60']);
  for (const kind of ['health', 'load']) expect((await stack.prometheus.query(`sum(virtmedic_domain_${kind}_probability{${here}})`))[0]?.value).toBeCloseTo(1, 6);

  const watched = await browser.newPage({ width: 1400, height: 2400 });
  const { page } = watched;
  const stub = (title: string) => page.getByTestId(`data-testid Panel header ${title}`).getByTestId('stub-panel');
  await page.goto(`${grafana.url}/d/host?from=now-15m&to=now&var-host=${web.host.name}`);
  await page.waitForFunction(isReady);
  await stub('Forecasts now').getByRole('cell', { name: 'web', exact: true }).waitFor();
  for (const horizon of [60, 300]) await stub('Failure probability of the host').getByText(`within ${horizon} s`).waitFor();
  await stub('Failure forecast').getByText('%').first().waitFor();
  await page.goto(`${grafana.url}/d/domain?from=now-15m&to=now&var-host=${web.host.name}&var-domain=web`);
  await page.waitForFunction(isReady);
  for (const word of ['normal', 'abnormal', 'failed']) await stub('Health').getByText(word, { exact: true }).first().waitFor();
  await watched.close();
  watched.check();
});

/** Gives an order for a guest as a person does; returns virtmedic's explanation of what it would do. */
async function order(page: Page, action: string, name: string, reason: string): Promise<string> {
  await page.getByRole('button', { name: `${action} ${name}`, exact: true }).click();
  const dialog = page.getByRole('dialog');
  const explanation = dialog.getByRole('status', { name: 'If you confirm' });
  await explanation.waitFor();
  const told = await explanation.innerText();
  const confirm = dialog.getByRole('button', { name: `${action} ${name}`, exact: true });
  // Without a reason it cannot be given.
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill(reason);
  await confirm.click();
  await dialog.getByText('Accepted', { exact: true }).waitFor();
  await dialog.getByText(/^(Done and verified|Failed|Escalated: needs a person|Ended without an action|Interrupted)$/).waitFor({ timeout: DEADLINE_MS });
  expect(await dialog.innerText()).toContain('Done and verified');
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await dialog.waitFor({ state: 'detached' });
  return told.replace('If you confirm', '').trim();
}

test('an administrator restarts an application inside a guest by the control page; another process serves, and history has the name', { timeout: TEST_MS }, async () => {
  const { stack, grafana } = setting;
  const web = guest('web');
  await untilAppUp(stack, web);
  const servers = async (): Promise<number[]> => {
    const answer = await fetch(`${stack.api.webUrl}/api/v1/domains/${web.uuid}/processes`);
    const { processes } = (await answer.json()) as { processes: { pid: number; name: string }[] };
    return processes.filter(({ name }) => name === APP.name).map(({ pid }) => pid);
  };
  const before = { servers: await servers(), history: (await historyOf(stack, web)).length };
  expect(before.servers).toHaveLength(1);
  const watched = await browser.newPage();
  await watched.page.goto(`${grafana.url}/a/${APP_ID}/apps?role=Admin`);
  await watched.page.waitForFunction(isReady);
  expect(await order(watched.page, 'Restart', `${APP.name} in web`, 'it leaks')).toContain(`restart_app of ${APP.name} in web`);
  await watched.close();
  watched.check();

  expect((await servers()).filter((pid) => !before.servers.includes(pid))).toHaveLength(1);
  expect((await web.http('/')).status).toBe(200);
  const [ordered, ...others] = (await historyOf(stack, web)).slice(before.history);
  expect(others).toEqual([]);
  expect(ordered?.incident).toMatchObject({ target: { kind: 'app', app: APP.name }, outcome: 'recovered' });
  expect(ordered?.attempts.map(({ action, actor, result }) => ({ action, actor, result }))).toEqual([{ action: 'restart_app', actor: 'admin', result: 'succeeded' }]);
  expect(JSON.stringify(ordered)).toContain('it leaks');
});

test('an administrator stops a running domain by the control page and starts it again; history has the name', { timeout: TEST_MS }, async () => {
  const { stack, grafana } = setting;
  const web = guest('web');
  // A try that broke off may have left it off.
  if ((await web.state()).state === 'shut off') await stack.api.post('/api/v1/actions', { domain: web.uuid, action: 'start' });
  // Before that it would not listen to its power button.
  await web.waitHttp();
  const before = (await historyOf(stack, web)).length;
  const watched = await browser.newPage();
  const { page } = watched;
  await page.goto(`${grafana.url}/a/${APP_ID}/control?role=Admin`);
  await page.waitForFunction(isReady);
  const firstPid = web.qemuPid();

  grafana.clearLog();
  expect(await order(page, 'Stop', 'web', 'its disk is exchanged')).toMatch(/stop|shut/i);
  expect(await web.waitState('shut off')).toEqual({ state: 'shut off', reason: 'shutdown' });
  expect((await stack.api.domains()).find(({ uuid }) => uuid === web.uuid)).toMatchObject({ desired: 'stopped' });

  expect(await order(page, 'Start', 'web', 'the disk is new')).toMatch(/start/i);
  expect(await web.waitState('running')).toMatchObject({ state: 'running' });
  expect(web.qemuPid()).not.toBe(firstPid);
  await page.getByRole('button', { name: 'Stop web', exact: true }).waitFor();
  // Each was tried, then given once.
  expect(grafana.passed().filter(({ method, path }) => method === 'POST' && path.startsWith('/api/plugin-proxy/')).map(({ path, status }) => `${path} ${status}`)).toEqual([200, 202, 200, 202].map((status) => `/api/plugin-proxy/${APP_ID}/actions ${status}`));
  await watched.close();
  watched.check();

  const ordered = (await historyOf(stack, web)).slice(before);
  expect(ordered.map(({ incident, attempts }) => ({ outcome: incident.outcome, attempts: attempts.map(({ action, actor, result }) => ({ action, actor, result })) }))).toEqual([
    { outcome: 'recovered', attempts: [{ action: 'stop', actor: 'admin', result: 'succeeded' }] },
    { outcome: 'recovered', attempts: [{ action: 'start', actor: 'admin', result: 'succeeded' }] },
  ]);
  expect(JSON.stringify(ordered[0])).toContain('its disk is exchanged');
  expect(JSON.stringify(ordered[1])).toContain('the disk is new');
});
