/** What most tests need: the built plugin and page, a Grafana stub in front of a virtmedic, a browser. */
import { ensurePageBuilt } from './build-page.ts';
import { ensurePluginBuilt } from './build-plugin.ts';
import { startGrafana } from './proxy.ts';
import type { TestGrafana } from './proxy.ts';

export const APP_ID = 'virtmedic-recovery-app';
export const DATASOURCE_ID = 'virtmedic-recovery-datasource';
export const PANEL_ID = 'virtmedic-recoveryhistory-panel';

export interface Upstreams {
  webUrl: string;
  controlUrl: string;
  tokens: { read: string; operate: string };
  /** Default: one where nobody listens. */
  prometheusUrl?: string;
  /** Scrape interval of Prometheus, as set in the data source. */
  scrapeInterval?: string;
  /** Default: the plugin as it is built from its sources. */
  pluginFolder?: string;
}

/** A Grafana stub set up as the README tells an administrator to set up Grafana. */
export async function startGrafanaFor(upstreams: Upstreams, onProgress: (text: string) => void = () => {}): Promise<TestGrafana> {
  const pluginFolder = upstreams.pluginFolder ?? (await ensurePluginBuilt(onProgress));
  const pageFolder = await ensurePageBuilt(onProgress);
  const { webUrl, controlUrl, tokens, prometheusUrl = 'http://127.0.0.1:9', scrapeInterval = '5s' } = upstreams;
  return startGrafana({
    pluginFolder,
    pageFolder,
    dataSources: [
      { uid: 'virtmedic', name: 'virtmedic', type: DATASOURCE_ID, url: webUrl, secureJsonData: { readToken: tokens.read } },
      { uid: 'prometheus', name: 'Prometheus', type: 'prometheus', url: prometheusUrl, isDefault: true, jsonData: { httpMethod: 'POST', timeInterval: scrapeInterval } },
    ],
    apps: { [APP_ID]: { enabled: true, jsonData: { controlUrl }, secureJsonData: { operateToken: tokens.operate } } },
  });
}
