/** With Grafana set to German: the built plugins say what their de-DE files hold, no key of a text and no English one that has a German one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensurePluginBuilt } from './build-plugin.ts';
import { startChromium } from './chromium.ts';
import type { Browser, WatchedPage } from './chromium.ts';
import { startSeededDaemon } from './daemon.ts';
import type { SeededDaemon } from './daemon.ts';
import type { TestGrafana } from './proxy.ts';
import { APP_ID, DATASOURCE_ID, PANEL_ID, startGrafanaFor } from './setting.ts';

type Texts = Map<string, string>;

/** Folder of each plugin in the build. */
const FOLDERS: Readonly<Record<string, string>> = { [APP_ID]: '.', [DATASOURCE_ID]: 'datasource', [PANEL_ID]: 'panel' };

let daemon: SeededDaemon;
let grafana: TestGrafana;
let browser: Browser;
let watched: WatchedPage;
let pluginFolder: string;

beforeAll(async () => {
  pluginFolder = await ensurePluginBuilt();
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
  watched = await browser.newPage();
});
afterEach(async () => {
  const { close, check } = watched;
  await close();
  check();
});

function texts(id: string, language: string): Texts {
  const tree: unknown = JSON.parse(readFileSync(join(pluginFolder, FOLDERS[id] ?? '', 'locales', language, `${id}.json`), 'utf8'));
  return new Map(leaves(tree, ''));
}

function leaves(tree: unknown, path: string): [string, string][] {
  if (typeof tree === 'string') return [[path, tree]];
  return Object.entries(tree as object).flatMap(([name, one]) => leaves(one, path === '' ? name : `${path}.${name}`));
}

/** Every text of the page that a person may meet: text nodes, names, hints, placeholders. */
function shown(): Promise<string[]> {
  return watched.page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (!walker.currentNode.parentElement?.closest('script, style')) found.push(walker.currentNode.textContent ?? '');
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) found.push(...['aria-label', 'title', 'placeholder'].map((name) => element.getAttribute(name) ?? ''));
    return found.map((text) => text.trim()).filter((text) => text !== '');
  });
}

/** What a text looks like whose key is not known. */
function keyLike(known: Texts): RegExp {
  const areas = [...new Set([...known.keys()].map((key) => key.split('.')[0]))];
  return new RegExp(`(?:^|[^\\w.])(?:${areas.join('|')})(?:\\.[a-z0-9_-]+)+`, 'i');
}

/** English texts that are German ones nowhere, without what is filled in. */
function englishOnly(id: string): Set<string> {
  const german = texts(id, 'de-DE');
  const said = new Set(german.values());
  return new Set([...texts(id, 'en-US').values()].filter((text) => text.length > 3 && !text.includes('{{') && !said.has(text)));
}

test.each([
  ['panel', '/host/panel?from=now-6h&to=now&title=Verlauf', PANEL_ID, 'panel.table.column.fault'],
  ['data source configuration', '/connections/datasources/edit/virtmedic?', DATASOURCE_ID, 'datasource.config.scopes-title'],
  ['control page', `/a/${APP_ID}/control?role=Admin`, APP_ID, 'pages.pause.on-text'],
  ['applications', `/a/${APP_ID}/apps?role=Admin`, APP_ID, 'pages.apps.none'],
  ['incidents', `/a/${APP_ID}/incidents?role=Admin`, APP_ID, 'pages.incidents.acknowledge'],
  ['maintenance', `/a/${APP_ID}/maintenance?role=Admin`, APP_ID, 'pages.maintenance.text'],
  ['settings', `/a/${APP_ID}/settings?role=Admin`, APP_ID, 'pages.settings.interval-meaning'],
  ['app configuration', `/plugins/${APP_ID}?role=Admin`, APP_ID, 'config.url-description'],
])('%s in German', async (_, path, id, known) => {
  const [german, english] = [texts(id, 'de-DE'), texts(id, 'en-US')];
  expect(german.get(known)).not.toBe(english.get(known));
  const { page } = watched;
  await page.goto(`${grafana.url}${path}&lang=de-DE`);
  await page.waitForFunction(() => window.host.ready || window.host.fatal !== null);
  await page.getByText(german.get(known) ?? 'no such text', { exact: true }).first().waitFor();
  await page.waitForLoadState('networkidle');
  if (id === PANEL_ID) {
    await page.locator('[data-expand]').first().click();
    for (const key of ['panel.table.fact.start', 'panel.table.forecast.name', 'panel.table.forecast.abnormal']) await page.getByText(german.get(key) ?? 'no such text', { exact: true }).first().waitFor();
  }
  const all = await shown();
  const key = keyLike(english);
  expect(all.filter((text) => key.test(text))).toEqual([]);
  const left = englishOnly(id);
  expect(all.filter((text) => left.has(text))).toEqual([]);
});

test('the same look finds English where Grafana is English', async () => {
  await watched.page.goto(`${grafana.url}/a/${APP_ID}/control?role=Admin&lang=en-US`);
  await watched.page.waitForFunction(() => window.host.ready);
  await watched.page.getByText(texts(APP_ID, 'en-US').get('pages.pause.on-text') ?? 'no such text', { exact: true }).waitFor();
  expect('pages.no-such.text').toMatch(keyLike(texts(APP_ID, 'de-DE')));
  const left = englishOnly(APP_ID);
  expect((await shown()).filter((text) => left.has(text)).length).toBeGreaterThan(5);
});
