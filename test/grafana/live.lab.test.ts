/** Real recoveries of real guests in the overview dashboard, and data for every query of every dashboard. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilIncident, untilOutcomes } from '../e2e/domains.ts';
import { waitUntil } from '../lab/wait-until.ts';
import type { Guest } from '../lab/lab.ts';
import { ensurePluginBuilt } from './build-plugin.ts';
import { startChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { exceptionOf, staleExceptions } from './dashboard-exceptions.ts';
import { createDashboardCheck, nameOf, readDashboardQueries } from './dashboard-queries.ts';
import { startLiveSetting } from './live-setting.ts';
import type { LiveSetting } from './live-setting.ts';
import { PANEL_ID } from './setting.ts';
import { watchSteps } from './step-watch.ts';
import type { Moments } from './step-watch.ts';

const TEST_MS = 300_000;
/** What the product promises is 2 s, and is printed; a machine under load may be late. */
const LATEST_MS = 5000;
/** A fault must be seen by the scrape (5 s), its evaluation, and the refresh (5 s). */
const LATEST_SAMPLES_MS = 25_000;

let setting: LiveSetting;
let browser: Browser;

beforeAll(async () => {
  setting = await startLiveSetting({ hosts: 2, linux: ['web'], empty: ['db', 'mail'] });
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

test('each step of a recovery is in the overview soon after it is in the store', { timeout: TEST_MS }, async () => {
  const { stack, grafana } = setting;
  const watched = await browser.newPage({ width: 1400, height: 1000 });
  await watched.page.goto(`${grafana.url}/d/overview?from=now-30m&to=now&refresh=5s`);
  await watched.page.waitForFunction(isReady);
  await watched.page.waitForFunction(() => window.host.rows !== null);
  const watch = await watchSteps(watched.page, 'db');
  guest('db').killQemu();
  const [recovery] = await untilOutcomes(stack, guest('db'), 'recovered', 1);
  await watched.page.waitForFunction(() => 'recovered' in (window as unknown as { stepWatch: { shown: Moments } }).stepWatch.shown, null, { timeout: 30_000 });
  const { given, shown } = await watch.moments();
  await watched.close();
  watched.check();
  const [attempt] = recovery?.attempts ?? [];
  const stored: Record<string, number> = {
    open: recovery?.incident.openedAtMs ?? NaN, executing: attempt?.executingAtMs ?? NaN, verifying: attempt?.verifyingAtMs ?? NaN, recovered: recovery?.incident.closedAtMs ?? NaN,
  };
  const lags = Object.entries(stored).map(([step, atMs]) => ({ step, givenMs: (given[step] ?? NaN) - atMs, shownMs: (shown[step] ?? NaN) - atMs }));
  const told = (ms: number): string => (Number.isNaN(ms) ? 'not seen' : `${ms} ms`);
  console.log(`lag behind the store (goal 2000 ms): ${lags.map(({ step, givenMs, shownMs }) => `${step}: data ${told(givenMs)}, words ${told(shownMs)}`).join('; ')}`);
  // A step that is over before the next question is asked is seen by its result only.
  const nextAt = [stored['executing'], stored['verifying'], stored['recovered'], Infinity];
  for (const [index, { step, givenMs }] of lags.entries()) {
    const lastedMs = (nextAt[index] ?? NaN) - (stored[step] ?? NaN);
    if (lastedMs > 2000) expect(givenMs, step).toBeLessThan(LATEST_MS);
  }
  for (const { step, shownMs } of lags.filter(({ step }) => step === 'open' || step === 'recovered')) expect(shownMs, step).toBeLessThan(LATEST_MS);
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
  const check = createDashboardCheck(grafana.url, queries, { host: target.host.name, domain: target.name });
  const needed = (): string[] => {
    const excused = new Set(queries.filter((query) => exceptionOf(query) !== null).map(nameOf));
    return [...check.empty()].filter(([name]) => !excused.has(name)).map(([name, problem]) => `${name}: ${problem}`);
  };
  await check.sample();
  // While recovery is paused, the fault stays for as long as it takes to be scraped.
  await stack.api.post('/api/v1/pause', { paused: true, reason: 'the fault is looked at' });
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
  const watched = await browser.newPage({ width: 1400, height: 2400 });
  await watched.page.goto(`${setting.grafana.url}/d/${name}?from=now-30m&to=now&var-host=${guest('web').host.name}&var-domain=web`);
  await watched.page.waitForFunction(isReady);
  await watched.page.waitForLoadState('networkidle');
  expect(await watched.page.evaluate(() => window.host.queryErrors)).toEqual([]);
  expect(await watched.page.locator('[data-testid="stub-panel"]').count()).toBeGreaterThan(3);
  await watched.close();
  watched.check();
});
