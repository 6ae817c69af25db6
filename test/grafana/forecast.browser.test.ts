/** Forecasts in Chromium: at detection in the panel, behind its lanes and in the dashboards from a real Prometheus, and as a table; and bad ones. */
import { describe, expect, test } from 'vitest';
import { waitUntil } from '../lab/wait-until.ts';
import { seriousViolations } from './accessibility.ts';
import { useBrowserSetting } from './browser-setting.ts';
import { forecastAt } from './seed-forecast.ts';

const setting = useBrowserSetting({ withPrometheus: true, size: { width: 1400, height: 1600 } });

/** Nobody looks into the seeded guests, which the table of processes is told. */
const NO_GUEST = /^(404|409|503) GET \S+\/processes$/;

const row = (id: string) => setting.watched.page.locator(`tr[data-recovery="${id}"]`);
const region = () => setting.watched.page.getByRole('region', { name: 'Forecast at detection' });
const panel = (title: string) => setting.watched.page.getByTestId(`data-testid Panel header ${title}`);
const stub = (title: string) => panel(title).getByTestId('stub-panel');

/** The newest recovery that was forecast: of a migration. */
function migrated(): string {
  const [id] = setting.daemon.seeded.byOutcome.get('recovered') ?? [];
  if (id === undefined) throw new Error('nothing was recovered');
  return id;
}

describe('in the panel', () => {
  test('an opened row tells the forecast at its detection, as figures and bars', async () => {
    await setting.open('/host/panel', { options: JSON.stringify({ pageSize: 100 }) });
    expect(await row(migrated()).innerText()).toMatch(/Failure forecast[^]*migrate live/);
    await row(migrated()).locator('button[data-expand]').click();
    await region().waitFor();
    const text = (await region().innerText()).replace(/\s+/g, ' ');
    expect(text).toMatch(/within 1 min 92% within 5 min > 99%/);
    expect(text).toMatch(/normal 8% abnormal 83% failed 9%/);
    expect(text).toMatch(/Model: of all targets together\./);
    const widths = await region().locator('dd > span[aria-hidden] > span').evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width / (bar.parentElement?.clientWidth ?? NaN)));
    expect(widths).toHaveLength(8);
    expect(widths[0]).toBeCloseTo(0.92, 1);
  });

  test.each([['dark', 1360], ['light', 1360], ['dark', 420]])('no serious accessibility violation of it: %s, %i wide', async (theme, width) => {
    await setting.open('/host/panel', { theme, width: `${width}`, height: '700', options: JSON.stringify({ pageSize: 100, view: 'table' }) });
    await row(migrated()).locator('button[data-expand]').click();
    await region().waitFor();
    expect(await seriousViolations(setting.watched.page, '[data-viz-panel-key]')).toEqual([]);
    const overflow = await region().locator('*').evaluateAll((all) => Math.max(...all.map((element) => element.getBoundingClientRect().right)));
    expect(overflow).toBeLessThanOrEqual(width + 40);
  });

  test('what was missing then has none', async () => {
    await setting.open('/host/panel', { options: JSON.stringify({ pageSize: 100 }) });
    const missing = setting.watched.page.locator('tr[data-recovery]', { hasText: 'Missing' }).first();
    await missing.locator('button[data-expand]').click();
    await setting.watched.page.getByText('Incident opened').first().waitFor();
    expect(await region().count()).toBe(0);
  });

  const HTML = '<img src=x onerror="window.wasRun=true"><b id="planted">bold</b>';
  const NONE = 'none';
  test.each<[string, unknown]>([
    ['HTML', { ...forecastAt(0, []), model: { source: HTML, trainedAtMs: 1 }, missing: [{ signal: HTML, why: HTML }] }],
    ['1 MB strings', { ...forecastAt(0, []), model: { source: 'x'.repeat(1_000_000), trainedAtMs: null }, missing: Array.from({ length: 50 }, () => ({ signal: 'y'.repeat(20_000), why: 'z' })) }],
    ['impossible numbers', { ...forecastAt(0, []), failureProbability: [{ horizonSeconds: 1e308, probability: 0.5 }, { horizonSeconds: 60, probability: 7 }], health: { normal: 5 }, load: null, failingSinceMs: -1e300 }],
    [NONE, 'certainly'],
  ])('a forecast of %s: no crash, nothing rendered as HTML', async (name, forecast) => {
    setting.mangler.spoil({ kind: 'details', change: (body) => ({ ...body, forecast }) });
    await setting.open('/host/panel', { ds: 'spoiled', options: JSON.stringify({ pageSize: 100 }) });
    await row(migrated()).locator('button[data-expand]').click();
    await setting.watched.page.getByText('Incident opened').first().waitFor();
    expect(await region().count()).toBe(name === NONE ? 0 : 1);
    expect(await setting.watched.page.evaluate(() => ['wasRun' in window, document.getElementById('planted')])).toEqual([false, null]);
    if (name !== NONE) expect((await region().innerText()).length).toBeLessThan(2000);
  });
});

describe('in the dashboards', () => {
  const ready = async (): Promise<void> => {
    await setting.watched.page.waitForLoadState('networkidle');
    expect(await setting.watched.page.evaluate(() => window.host.queryErrors)).toEqual([]);
  };

  test('overview: behind the lanes, and who is most likely to fail', async () => {
    await setting.open('/d/overview');
    await ready();
    await panel('Recovery history').getByText('failure forecast', { exact: true }).waitFor();
    await waitUntil('ten domains', async () => Number(await stub('Domains most likely to fail').getAttribute('data-values')) >= 10, { deadlineMs: 20_000 });
    await stub('Hosts most likely to fail').getByText('host-1').first().waitFor();
    await stub('Targets by model').getByText('pooled').first().waitFor();
  });

  test('host: its own forecast and those of its domains', async () => {
    await setting.open('/d/host', { 'var-host': 'host-1' });
    await ready();
    await stub('Failure probability of the host').getByText('within 60 s').waitFor();
    await stub('Failure probability of the host').getByText('within 300 s').waitFor();
    await waitUntil('the domains', async () => (await stub('Failure probability of its domains').locator('dt').count()) >= 4, { deadlineMs: 20_000 });
  });

  test('domain: health and load; another horizon is chosen by the variable', async () => {
    const [{ host, name } = { host: '', name: '' }] = setting.daemon.seeded.domains;
    setting.watched.expectTrouble(NO_GUEST);
    const shown = async (horizon: string): Promise<string> => {
      await setting.open('/d/domain', { 'var-host': host, 'var-domain': name, 'var-horizon': horizon });
      await ready();
      for (const word of ['normal', 'abnormal', 'failed']) await stub('Health').getByText(word, { exact: true }).first().waitFor();
      for (const word of ['low', 'medium', 'high']) await stub('Load').getByText(word, { exact: true }).first().waitFor();
      await stub('Failure forecast').getByText('%').first().waitFor();
      return stub('Failure forecast').innerText();
    };
    expect(await shown('60')).not.toBe(await shown('300'));
  });
});

describe('as a table', () => {
  const table = (ds: string) => setting.open('/host/panel', { panel: 'table', ds, title: 'Forecasts', queries: JSON.stringify([{ refId: 'A', kind: 'forecast' }]) });

  test('every host and domain, the likeliest to fail first', async () => {
    setting.mangler.spoil({ kind: 'items', change: (item, index) => ({ ...item, forecast: { ...forecastAt(Date.now(), []), failureProbability: [{ horizonSeconds: 60, probability: index / 100 }] } }) });
    await table('spoiled');
    const rows = setting.watched.page.locator('table tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(setting.daemon.seeded.domains.length + 3);
    expect(await setting.watched.page.locator('table thead').innerText()).toMatch(/Failure within 1 min/);
    const first = await rows.first().innerText();
    expect(first).toMatch(/11(\.0+)?%/);
  });

  test('none where nothing is forecast, without an error', async () => {
    setting.mangler.spoil({ kind: 'items', change: (item) => ({ ...item, forecast: 'soon' }) });
    await table('spoiled');
    await setting.watched.page.waitForLoadState('networkidle');
    expect(await setting.watched.page.locator('table tbody tr').count()).toBe(0);
    expect(await setting.watched.page.evaluate(() => window.host.queryErrors)).toEqual([]);
  });
});
