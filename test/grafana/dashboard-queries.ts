/** Asks every query of every dashboard of the plugin through Grafana's stub, again and again, and says which never returned data. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROLE_HEADER } from './proxy/session.ts';

interface TargetJson {
  refId: string;
  datasource?: { type?: string };
  expr?: string;
  kind?: string;
  [key: string]: unknown;
}

interface PanelJson {
  type: string;
  title?: string;
  datasource?: { type?: string } | null;
  targets?: TargetJson[];
  panels?: PanelJson[];
}

interface DashboardJson {
  panels?: PanelJson[];
  annotations?: { list?: { name: string; builtIn?: number; datasource?: { type?: string }; target?: TargetJson }[] };
  templating?: { list?: { name: string; type: string; query?: unknown }[] };
}

export interface DashboardQuery {
  dashboard: string;
  /** Title of the row that it is in; empty: none. */
  row: string;
  panel: string;
  target: TargetJson;
  isPrometheus: boolean;
}

/** `overview / Hosts / C`: names a query in messages and in the list of exceptions. */
export function nameOf({ dashboard, panel, target }: DashboardQuery): string {
  return `${dashboard} / ${panel} / ${target.refId}`;
}

export function readDashboardQueries(pluginFolder: string): DashboardQuery[] {
  const files = globSync('dashboards/*.json', { cwd: pluginFolder }).sort();
  return files.flatMap((file) => queriesOf(basename(file, '.json'), JSON.parse(readFileSync(join(pluginFolder, file), 'utf8')) as DashboardJson));
}

function queriesOf(dashboard: string, { panels = [], annotations }: DashboardJson): DashboardQuery[] {
  const found: DashboardQuery[] = [];
  const add = (row: string, panel: PanelJson): void => {
    for (const target of panel.targets ?? []) {
      const type = target.datasource?.type ?? panel.datasource?.type;
      found.push({ dashboard, row, panel: panel.title ?? panel.type, target, isPrometheus: type === 'prometheus' });
    }
  };
  let row = '';
  for (const panel of panels) {
    if (panel.type !== 'row') add(row, panel);
    else row = panel.title ?? '';
    for (const inner of panel.panels ?? []) add(row, inner);
  }
  for (const { name, builtIn, target, datasource } of annotations?.list ?? []) {
    if (builtIn !== 1 && target !== undefined) found.push({ dashboard, row: '', panel: `annotation ${name}`, target, isPrometheus: datasource?.type === 'prometheus' });
  }
  return found;
}

export interface Variables {
  host: string;
  domain: string;
  /** Seconds, as the label has it. */
  horizon: string;
}

export interface DashboardCheck {
  /** Asks those queries that have not returned data yet. */
  sample(): Promise<void>;
  /** Names of the queries that never returned data, with what was answered last. */
  empty(): Map<string, string>;
  readonly all: readonly DashboardQuery[];
}

const RANGE_MS = 3_600_000;

export function createDashboardCheck(grafanaUrl: string, queries: readonly DashboardQuery[], variables: Variables): DashboardCheck {
  const missing = new Map(queries.map((query) => [query, 'not asked']));
  return {
    all: queries,
    sample: async () => {
      for (const query of [...missing.keys()]) {
        const problem = await (query.isPrometheus ? askPrometheus(grafanaUrl, query.target, variables) : askVirtmedic(grafanaUrl, query.target, variables));
        if (problem === null) missing.delete(query);
        else missing.set(query, problem);
      }
    },
    empty: () => new Map([...missing].map(([query, problem]) => [nameOf(query), problem])),
  };
}

/** As the dashboard's own variables, each with one value. */
function fill(text: string, variables: Variables): string {
  return text.replace(/\$\{?(host|domain|horizon)(?::\w+)?\}?(?!\w)/g, (_, name: string) => variables[name as keyof Variables]);
}

/** Null: it returned data. */
async function askPrometheus(grafanaUrl: string, target: TargetJson, variables: Variables): Promise<string | null> {
  const toMs = Date.now();
  const query = { ...target, expr: fill(target.expr ?? '', variables), datasource: { uid: 'prometheus', type: 'prometheus' }, intervalMs: 5000, maxDataPoints: 720 };
  const body = JSON.stringify({ from: `${toMs - RANGE_MS}`, to: `${toMs}`, queries: [query] });
  const answer = await fetch(`${grafanaUrl}/api/ds/query`, { method: 'POST', headers: { [ROLE_HEADER]: 'Viewer', 'content-type': 'application/json' }, body });
  const { results } = (await answer.json()) as { results: Record<string, { error?: string; frames?: { data: { values: (number | null)[][]; entities?: unknown[] } }[] }> };
  const result = results[target.refId];
  if (result?.error !== undefined) return `error: ${result.error}`;
  // A series of nothing but NaN draws nothing.
  const hasValue = (result?.frames ?? []).some(({ data }) => (data.values[1] ?? []).some((value) => value !== null));
  return hasValue ? null : 'no value';
}

async function askVirtmedic(grafanaUrl: string, target: TargetJson, variables: Variables): Promise<string | null> {
  const parameters = new URLSearchParams();
  const now = new Date();
  if (target.kind === 'recoveries') parameters.set('from', new Date(now.valueOf() - RANGE_MS).toISOString());
  for (const name of ['host', 'domain', 'fault', 'outcome']) {
    const value = target[name];
    if (typeof value === 'string' && value !== '') parameters.set(name, fill(value, variables));
  }
  if (target.kind === 'apps' || target.kind === 'processes') return askGuest(grafanaUrl, target.kind, parameters);
  if (target.kind !== 'forecast') {
    const items = await itemsOf(grafanaUrl, target.kind ?? 'recoveries', parameters);
    return typeof items === 'string' ? items : items.length > 0 ? null : 'no item';
  }
  // As the data source asks.
  const asked = { hosts: new URLSearchParams(), domains: parameters };
  for (const [list, of] of Object.entries(asked)) {
    const items = await itemsOf(grafanaUrl, list, of);
    if (typeof items === 'string') return items;
    if (!items.some(({ forecast }) => typeof forecast === 'object' && forecast !== null)) return `no forecast of ${list}`;
  }
  return null;
}

/** As the data source asks: applications are beside their domains, processes below each. */
async function askGuest(grafanaUrl: string, kind: 'apps' | 'processes', parameters: URLSearchParams): Promise<string | null> {
  const host = parameters.get('host');
  const items = await itemsOf(grafanaUrl, 'domains', new URLSearchParams(host === null ? {} : { host }));
  if (typeof items === 'string') return items;
  const domain = items.find(({ name }) => name === parameters.get('domain'));
  if (domain === undefined) return 'no such domain';
  if (kind === 'apps') return Array.isArray(domain['apps']) && domain['apps'].length > 0 ? null : 'no application';
  const answer = await fetch(`${grafanaUrl}/api/datasources/proxy/uid/virtmedic/api/v1/domains/${String(domain['uuid'])}/processes`, { headers: { [ROLE_HEADER]: 'Viewer' } });
  const { processes, detail } = (await answer.json()) as { processes?: unknown[]; detail?: string };
  return processes === undefined ? `HTTP ${answer.status}: ${detail ?? ''}` : processes.length > 0 ? null : 'no process';
}

/** A text: what went wrong. */
async function itemsOf(grafanaUrl: string, list: string, parameters: URLSearchParams): Promise<Record<string, unknown>[] | string> {
  const path = `/api/datasources/proxy/uid/virtmedic/api/v1/${list}?${parameters.toString()}`;
  const answer = await fetch(`${grafanaUrl}${path}`, { headers: { [ROLE_HEADER]: 'Viewer' } });
  if (!answer.ok) return `${answer.status}: ${(await answer.text()).slice(0, 200)}`;
  return ((await answer.json()) as { items: Record<string, unknown>[] }).items;
}
