/** The panel in Chromium, fed by its data source from the real virtmedic: what it shows, how it is used, and what it does with bad answers. */
import { describe, expect, test } from 'vitest';
import { waitUntil } from '../lab/wait-until.ts';
import { seriousViolations } from './accessibility.ts';
import { useBrowserSetting } from './browser-setting.ts';
import type { Spoil } from './mangler.ts';
import { DATASOURCE_ID } from './setting.ts';

const setting = useBrowserSetting();

const open = (parameters: Record<string, string> = {}): Promise<void> => setting.open('/host/panel', parameters);
const rows = () => setting.watched.page.locator('tr[data-recovery]');
const chart = () => setting.watched.page.getByRole('application');

async function openSpoiled(how: Spoil, parameters: Record<string, string> = {}): Promise<void> {
  setting.mangler.spoil(how);
  await open({ ds: 'spoiled', ...parameters });
}

describe('history', () => {
  test('every recovery of the store is there, with outcome, fault, actions and reason', async () => {
    await open({ options: JSON.stringify({ pageSize: 100 }) });
    await rows().first().waitFor();
    const total = [...setting.daemon.seeded.byOutcome.values()].flat().length + setting.daemon.seeded.openIds.length;
    expect(await setting.watched.page.evaluate(() => (window.host.rows?.() ?? []).length)).toBe(total);
    await setting.watched.page.getByText(`${total} recoveries`).waitFor();
    const [failedId] = setting.daemon.seeded.byOutcome.get('failed') ?? [];
    const text = await setting.watched.page.locator(`tr[data-recovery="${failedId}"]`).innerText();
    expect(text).toMatch(/Failed/);
    expect(text).toMatch(/reset, restart/);
    expect(text).toMatch(/no rung is left/);
  });

  test('a row opens to its steps, errors and alert', async () => {
    await open({ options: JSON.stringify({ pageSize: 100 }) });
    const [failedId] = setting.daemon.seeded.byOutcome.get('failed') ?? [];
    await setting.watched.page.locator(`tr[data-recovery="${failedId}"] button[data-expand]`).click();
    await setting.watched.page.getByText(/No such file or directory/).first().waitFor();
    await setting.watched.page.getByText('VirtmedicDomainCrashed').first().waitFor();
  });

  test('a click on a label filters, and the filter can be taken back', async () => {
    await open();
    await rows().first().waitFor();
    const before = await rows().count();
    await setting.watched.page.locator('tr[data-recovery] button', { hasText: 'db-1' }).first().click();
    await waitUntil('the filter', async () => (await rows().count()) < before, { deadlineMs: 5000 });
    for (const text of await rows().allInnerTexts()) expect(text).toContain('db-1');
    await setting.watched.page.getByRole('button', { name: /Remove the filter/ }).first().click();
    await waitUntil('all again', async () => (await rows().count()) === before, { deadlineMs: 5000 });
  });

  test('a drag over the chart moves the dashboard to that time', async () => {
    await open();
    await rows().first().waitFor();
    const before = await setting.watched.page.evaluate(() => window.host.timeRange?.());
    const box = await chart().boundingBox();
    if (box === null || before === undefined) throw new Error('no chart');
    const { mouse } = setting.watched.page;
    await mouse.move(box.x + box.width * 0.25, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.4, box.y + box.height / 2, { steps: 4 });
    await mouse.move(box.x + box.width * 0.5, box.y + box.height / 2, { steps: 4 });
    await mouse.up();
    await waitUntil('another range', async () => JSON.stringify(await setting.watched.page.evaluate(() => window.host.timeRange?.())) !== JSON.stringify(before), { deadlineMs: 5000 });
    const after = await setting.watched.page.evaluate(() => window.host.timeRange?.());
    const length = before.to - before.from;
    expect(((after?.from ?? 0) - before.from) / length).toBeCloseTo(0.25, 1);
    expect(((after?.to ?? 0) - before.from) / length).toBeCloseTo(0.5, 1);
  });

  test('with the keyboard alone: along the chart, a recovery selected, into the table, a row opened', async () => {
    await open();
    await rows().first().waitFor();
    const { page } = setting.watched;
    for (let press = 0; press < 40; press++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.getAttribute('role') === 'application')) break;
    }
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('application');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.locator('[aria-live=polite]', { hasText: /\S/ }).first().waitFor({ state: 'attached' });
    await page.keyboard.press('Enter');
    await page.locator('tr[data-recovery][aria-current=true]').waitFor();
    for (let press = 0; press < 60; press++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.hasAttribute('data-expand'))) break;
    }
    const before = await page.evaluate(() => document.activeElement?.getAttribute('aria-expanded'));
    await page.keyboard.press('Enter');
    const isToggled = async (): Promise<boolean> => (await page.evaluate(() => document.activeElement?.getAttribute('aria-expanded'))) !== before;
    await waitUntil('the row', isToggled, { deadlineMs: 5000 });
  });

  test('nothing in the range: the last recovery is told, and shown by a click', async () => {
    // Everything seeded is younger than that.
    await open({ from: 'now-30d', to: 'now-29d' });
    await setting.watched.page.getByText(/No recovery has been recorded yet|quiet|did not end well/i).first().waitFor();
    const show = setting.watched.page.getByRole('button', { name: 'Show that time' });
    await show.click();
    await rows().first().waitFor();
  });

  test('a change in the store comes by itself, without a refresh', async () => {
    await open({ queries: JSON.stringify([{ refId: 'A', kind: 'recoveries', live: true }]) });
    const [openId = ''] = setting.daemon.seeded.openIds;
    await setting.watched.page.locator(`tr[data-recovery="${openId}"]`).waitFor();
    const headers = { authorization: `Bearer ${setting.daemon.tokens.operate}`, 'content-type': 'application/json' };
    await fetch(`${setting.daemon.controlUrl}/api/v1/incidents/${openId}/close`, { method: 'POST', headers, body: '{"reason":"looked at it"}' });
    await waitUntil('the row', async () => /looked at it/.test(await setting.watched.page.locator(`tr[data-recovery="${openId}"]`).innerText()), { deadlineMs: 10_000 });
  });
});

describe('looks', () => {
  test.each([
    ['dark', 1400, 900], ['light', 1400, 900], ['dark', 640, 400], ['light', 420, 320], ['dark', 300, 220],
  ])('no serious accessibility violation: %s, %i x %i', async (theme, width, height) => {
    await setting.watched.page.setViewportSize({ width: Math.max(width, 400), height: Math.max(height, 400) });
    await open({ theme, width: `${Math.min(width - 20, 1360)}`, height: `${Math.min(height, 600)}` });
    await setting.watched.page.locator('tr[data-recovery], [role=application]').first().waitFor();
    expect(await seriousViolations(setting.watched.page, '[data-viz-panel-key]')).toEqual([]);
  });

  test('no sideways scrolling of the page at small sizes', async () => {
    await setting.watched.page.setViewportSize({ width: 420, height: 500 });
    await open({ height: '320' });
    await setting.watched.page.locator('tr[data-recovery], [role=application]').first().waitFor();
    expect(await setting.watched.page.locator('[data-viz-panel-key] *').count()).toBeGreaterThan(10);
    const overflow = await setting.watched.page.evaluate(() => Math.max(...[...document.querySelectorAll('[data-viz-panel-key] *')].map((element) => element.getBoundingClientRect().right)));
    expect(overflow).toBeLessThanOrEqual(421);
  });
});

describe('bad answers', () => {
  const alert = () => setting.watched.page.getByRole('alert').first();

  test.each<[string, Spoil, RegExp]>([
    ['401', { kind: 'body', status: 401, type: 'application/problem+json', body: '{"title":"Unauthorized","status":401,"detail":"The token is not known."}' }, /token/i],
    ['403', { kind: 'body', status: 403, type: 'application/problem+json', body: '{"title":"Forbidden","status":403,"detail":"This needs the scope read"}' }, /403|scope/i],
    ['413', { kind: 'body', status: 413, type: 'application/problem+json', body: '{"title":"Too large","status":413,"detail":"too large"}' }, /too large/i],
    ['500', { kind: 'body', status: 500, type: 'text/plain', body: 'oops' }, /500|failed/i],
    ['HTML with 200', { kind: 'body', status: 200, type: 'text/html', body: '<!doctype html><h1>Sign in</h1><script>window.wasRun = true</script>' }, /not that of virtmedic|not virtmedic/i],
    ['an empty answer', { kind: 'body', status: 200, type: 'application/json', body: '' }, /not virtmedic|JSON|answer/i],
    ['JSON that is no listing', { kind: 'body', status: 200, type: 'application/json', body: '[1, null, {"items": 3}]' }, /not virtmedic|JSON|answer/i],
    ['hung up', { kind: 'hang up' }, /reach|502/i],
  ])('%s: a clear state, no crash', async (_, how, expected) => {
    setting.watched.expectTrouble(/^[45]\d\d GET .*\/uid\/spoiled\//);
    await openSpoiled(how);
    await alert().waitFor({ timeout: 20_000 });
    expect(await alert().innerText()).toMatch(expected);
    expect(await setting.watched.page.getByTestId('page-error').count()).toBe(0);
    expect(await setting.watched.page.evaluate(() => 'wasRun' in window)).toBe(false);
    // It comes back by itself once the API does.
    setting.mangler.spoil({ kind: 'none' });
    await setting.watched.page.getByTestId('data-testid RefreshPicker run button').click();
    await rows().first().waitFor({ timeout: 20_000 });
  });

  test('the API is down', async () => {
    setting.watched.expectTrouble(/^502 GET .*\/uid\/down\//);
    setting.grafana.setDataSource({ uid: 'down', name: 'down', type: DATASOURCE_ID, url: 'http://127.0.0.1:9', secureJsonData: { readToken: 'x' } });
    await open({ ds: 'down' });
    await alert().waitFor();
    expect(await alert().innerText()).toMatch(/cannot reach/i);
  });

  test('a slow answer: it says that it waits, then shows what came', async () => {
    await openSpoiled({ kind: 'slow', delayMs: 4000 });
    // Scenes draw a panel only once it has data; until then its frame says that it loads.
    await setting.watched.page.getByLabel('Panel loading bar').or(setting.watched.page.getByTestId('skeleton')).first().waitFor({ state: 'attached', timeout: 3500 });
    expect(await rows().count()).toBe(0);
    await rows().first().waitFor({ timeout: 20_000 });
  });

  const HTML = '<img src=x onerror="window.wasRun=true"><b id="planted">bold</b>';
  test.each<[string, (item: Record<string, unknown>, index: number) => unknown]>([
    ['HTML in every name', (item) => ({ ...item, fault: HTML, outcomeText: HTML, fromHost: HTML, toHost: HTML, target: { kind: 'domain', uuid: HTML, name: HTML, host: HTML } })],
    ['1 MB strings', (item, index) => (index > 3 ? item : { ...item, outcomeText: 'x'.repeat(1_000_000), target: { kind: 'domain', uuid: 'u', name: 'n'.repeat(1_000_000), host: 'h'.repeat(1_000_000) } })],
    ['missing fields', ({ id, target, faultAtMs }) => ({ id, target, faultAtMs })],
    ['only nulls', (item, index) => (index % 2 === 0 ? item : Object.fromEntries(Object.keys(item).map((name) => [name, null])))],
    ['extra fields and wrong types', (item, index) => ({ ...item, more: { deep: [1] }, attempts: 'none', alerts: 7, timings: null, state: index % 3 === 0 ? { a: 1 } : 'dreaming', outcome: index % 4 === 0 ? ['x'] : 'vaporised' })],
    ['reversed and impossible times', (item, index) => ({ ...item, closedAtMs: Number(item['faultAtMs']) - 60_000 * index, openedAtMs: index % 5 === 0 ? 9e15 : item['openedAtMs'], releasedAtMs: -1 })],
    ['no objects at all', (item, index) => [null, 3, 'text', [], item][index % 5]],
    ['the same id throughout', (item) => ({ ...item, id: 'same' })],
  ])('%s: no crash, nothing rendered as HTML', async (_, change) => {
    await openSpoiled({ kind: 'items', change }, { options: JSON.stringify({ pageSize: 100 }) });
    // The frame around the panel has a status of its own as long as it loads.
    const content = setting.watched.page.getByTestId('data-testid panel content');
    await content.locator('tr[data-recovery], [role=alert], [role=status]').first().waitFor({ timeout: 20_000 });
    await setting.watched.page.getByLabel('Panel loading bar').waitFor({ state: 'detached' });
    expect(await setting.watched.page.getByTestId('page-error').count()).toBe(0);
    expect(await setting.watched.page.evaluate(() => ['wasRun' in window, document.getElementById('planted')])).toEqual([false, null]);
    expect(await setting.watched.page.locator('[data-viz-panel-key] *').count()).toBeGreaterThan(10);
    const longest = await setting.watched.page.evaluate(() => Math.max(...[...document.querySelectorAll('[data-viz-panel-key] *')].flatMap((element) => [...element.childNodes]).filter((node) => node.nodeType === 3).map((node) => node.textContent?.length ?? 0)));
    expect(longest).toBeLessThan(5000);
  });
});
