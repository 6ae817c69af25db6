/** What browser tests of the plugin share: a seeded virtmedic, a way to spoil its answers, Grafana's stub in front of both, and a watched page for each test. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { startChromium } from './chromium.ts';
import type { Browser, WatchedPage } from './chromium.ts';
import { startSeededDaemon } from './daemon.ts';
import type { SeededDaemon } from './daemon.ts';
import { startMangler } from './mangler.ts';
import type { Mangler } from './mangler.ts';
import type { TestGrafana } from './proxy.ts';
import { startSeededPrometheus } from './seeded-prometheus.ts';
import type { SeededPrometheus } from './seeded-prometheus.ts';
import { DATASOURCE_ID, startGrafanaFor } from './setting.ts';

export interface BrowserSettingOptions {
  /** A real Prometheus with what was before the seeded recoveries, for dashboards. Default: none. */
  withPrometheus?: boolean;
  /** Size of each page, pixels. Default: that of `newPage`. */
  size?: { width: number; height: number };
}

/** To be used inside tests only. */
export interface BrowserSetting {
  readonly daemon: SeededDaemon;
  /** Between virtmedic's API and the data source `spoiled`; each test begins with one that spoils nothing. */
  readonly mangler: Mangler;
  readonly grafana: TestGrafana;
  /** Of this test, which fails at its end where anything went wrong in the page. */
  readonly watched: WatchedPage;
  /** Goes to a path of Grafana's, over the last six hours where `parameters` say no other range, and waits until it is ready. */
  open(path: string, parameters?: Record<string, string>): Promise<void>;
}

/** Sets all of it up around the tests of the file that calls it. */
export function useBrowserSetting({ withPrometheus = false, size }: BrowserSettingOptions = {}): BrowserSetting {
  let daemon: SeededDaemon;
  let prometheus: SeededPrometheus | undefined;
  let mangler: Mangler;
  let grafana: TestGrafana;
  let browser: Browser;
  let watched: WatchedPage;

  beforeAll(async () => {
    daemon = await startSeededDaemon();
    if (withPrometheus) prometheus = await startSeededPrometheus(daemon.seeded, Date.now());
    mangler = await startMangler(daemon.webUrl);
    grafana = await startGrafanaFor({ ...daemon, ...(prometheus && { prometheusUrl: prometheus.url, scrapeInterval: '15s' }) });
    grafana.setDataSource({ uid: 'spoiled', name: 'spoiled', type: DATASOURCE_ID, url: mangler.url, secureJsonData: { readToken: daemon.tokens.read } });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.stop();
    await grafana?.stop();
    await mangler?.stop();
    await prometheus?.stop();
    await daemon?.stop();
  });
  beforeEach(async () => {
    mangler.spoil({ kind: 'none' });
    watched = await browser.newPage(size);
  });
  afterEach(async () => {
    const { close, check } = watched;
    await close();
    check();
  });

  return {
    get daemon() { return daemon; },
    get mangler() { return mangler; },
    get grafana() { return grafana; },
    get watched() { return watched; },
    open: async (path, parameters = {}) => {
      const { page } = watched;
      await page.goto(`${grafana.url}${path}?${new URLSearchParams({ from: 'now-6h', to: 'now', ...parameters }).toString()}`);
      await page.waitForFunction(() => window.host.ready || window.host.fatal !== null);
      expect(await page.evaluate(() => window.host.fatal)).toBeNull();
    },
  };
}
