/** Loads built plugins as Grafana does: translations first, then module.js through SystemJS. */
import i18next from 'i18next';
import type { AppPlugin, DataSourcePlugin, DataSourceApi, PanelPlugin, PluginMeta } from '@grafana/data';

type Meta = PluginMeta & { languages?: string[] };
const cache = new Map<string, Promise<object>>();
const panels = new Map<string, PanelPlugin>();

function load(id: string): Promise<object> {
  const known = cache.get(id) ?? loadNow(id);
  cache.set(id, known);
  return known;
}

async function loadNow(id: string): Promise<object> {
  const base = `public/plugins/${id}`;
  const answer = await fetch(`/${base}/plugin.json`);
  if (!answer.ok) throw new Error(`plugin ${id}: no plugin.json (${answer.status})`);
  const meta = { ...((await answer.json()) as Meta), module: `${base}/module.js`, baseUrl: base };
  await addTranslations(meta);
  const { plugin } = (await window.System.import(`${location.origin}/${base}/module.js`)) as { plugin?: { meta: unknown } };
  if (plugin === undefined) throw new Error(`plugin ${id}: its module exports no plugin`);
  plugin.meta = meta;
  return plugin;
}

/** English is in the code; another language comes from `locales/<language>/<plugin id>.json` of the plugin. */
async function addTranslations({ id, languages = [] }: Meta): Promise<void> {
  const language = i18next.language;
  if (language === 'en-US' || !languages.includes(language)) return;
  const answer = await fetch(`/public/plugins/${id}/locales/${language}/${id}.json`);
  if (!answer.ok) throw new Error(`plugin ${id}: translations for ${language}: ${answer.status}`);
  i18next.addResourceBundle(language, id, await answer.json());
}

export async function importPanelPlugin(id: string): Promise<PanelPlugin> {
  const plugin = (panels.get(id) ?? (await load(id))) as PanelPlugin;
  panels.set(id, plugin);
  return plugin;
}

export const panelFromCache = (id: string): PanelPlugin | undefined => panels.get(id);

/** For panels of this page itself. */
export function addPanelPlugin(id: string, plugin: PanelPlugin): void {
  panels.set(id, plugin);
}

export const importAppPlugin = (id: string): Promise<AppPlugin> => load(id) as Promise<AppPlugin>;
export const importDataSourcePlugin = (id: string): Promise<DataSourcePlugin<DataSourceApi>> => load(id) as Promise<DataSourcePlugin<DataSourceApi>>;
