import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATASOURCE_ID, PANEL_ID } from '../constants';
import { QUERY_KINDS } from '../datasource/types';
import { APP_FIELD, FIELD, FORECAST_FIELD, PROCESS_FIELD } from '../frames/names';

interface Target {
  refId: string;
  datasource: { type: string; uid: string };
  expr?: string;
  kind?: string;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { h: number; w: number; x: number; y: number };
  targets?: Target[];
  fieldConfig?: {
    defaults: { unit?: string };
    overrides: Array<{ properties: Array<{ id: string; value: unknown }> }>;
  };
  options?: Record<string, unknown>;
  panels?: Panel[];
}

interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: Array<{ name: string; type: string; query: unknown; definition?: string }> };
  annotations: { list: Array<{ name: string; target?: { kind: string; host?: string; domain?: string } }> };
  links: Array<{ url: string; type: string; tags: string[] }>;
  tags: string[];
}

const FILES = readdirSync(__dirname).filter((name) => name.endsWith('.json'));
const read = (file: string): Dashboard => JSON.parse(readFileSync(join(__dirname, file), 'utf8'));
const DASHBOARDS = new Map(FILES.map((file) => [file, read(file)]));
const PLUGIN: { includes: Array<{ type: string; path: string }> } = JSON.parse(
  readFileSync(join(__dirname, '..', 'plugin.json'), 'utf8')
);

const flat = (panels: Panel[]): Panel[] => panels.flatMap((panel) => [panel, ...flat(panel.panels ?? [])]);
const shown = (dashboard: Dashboard): Panel[] => flat(dashboard.panels).filter(({ type }) => type !== 'row');
const targets = (dashboard: Dashboard): Target[] => shown(dashboard).flatMap((panel) => panel.targets ?? []);

/** Every string in it, keys aside. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

test('overview, host and domain are there, and the app brings each of them', () => {
  expect(FILES).toEqual(['domain.json', 'host.json', 'overview.json']);
  const included = PLUGIN.includes.filter(({ type }) => type === 'dashboard').map(({ path }) => path);
  expect(included.sort()).toEqual(FILES.map((file) => `dashboards/${file}`));
});

test('no two dashboards have one uid or title', () => {
  const all = [...DASHBOARDS.values()];
  expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
});

describe.each([...DASHBOARDS])('%s', (_file, dashboard) => {
  it('has panels with ids of their own that lie beside each other', () => {
    const panels = flat(dashboard.panels);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos, title } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, taken.has(`${x},${y}`)]).toEqual([title, false]);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it('tells of every panel what it shows, in which unit', () => {
    for (const { title, description, fieldConfig } of shown(dashboard)) {
      expect(title).not.toBe('');
      expect([title, (description ?? '').length > 20]).toEqual([title, true]);
      expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.stringMatching(/^[a-zA-Z]+$/)]);
    }
  });

  it('asks data sources through its variables alone, so that it works where it is imported', () => {
    const sources = new Map(
      dashboard.templating.list
        .filter(({ type }) => type === 'datasource')
        .map(({ name, query }) => [`\${${name}}`, query])
    );
    expect([...sources.values()]).toEqual(['prometheus', DATASOURCE_ID]);
    for (const { datasource } of targets(dashboard)) {
      expect(sources.get(datasource.uid)).toBe(datasource.type);
    }
    const uids = [...JSON.stringify(dashboard).matchAll(/"type":"[^"]+","uid":"([^"]+)"/g)].map(
      (match) => match[1] ?? ''
    );
    const builtIn = ['-- Grafana --', '-- Mixed --'];
    expect(uids.filter((uid) => !sources.has(uid) && !builtIn.includes(uid))).toEqual([]);
    // Grafana asks nobody for inputs when it imports an app's dashboards by itself, and then fails.
    expect(dashboard).not.toHaveProperty('__inputs');
  });

  it('shows recoveries with the forecast behind them', () => {
    const [panel, ...more] = shown(dashboard).filter(({ type }) => type === PANEL_ID);
    expect(more).toEqual([]);
    expect(panel?.gridPos.w).toBe(24);
    expect(panel?.targets?.map(({ kind, expr }) => kind ?? expr)).toEqual([
      'recoveries',
      expect.stringContaining('failure_probability'),
    ]);
    // All horizons would be drawn behind one lane.
    expect(panel?.targets?.[1]?.expr?.match(/failure_probability(?!\{[^}]*horizon="\$horizon")/)).toBeNull();
  });

  it('asks the data source for what it has', () => {
    const kinds = targets(dashboard).flatMap(({ kind }) => kind ?? []);
    expect(kinds.length).toBeGreaterThan(0);
    expect(kinds.filter((kind) => !QUERY_KINDS.some((known) => known === kind))).toEqual([]);
  });

  it('names fields that the frames have', () => {
    const api = shown(dashboard).filter((panel) => panel.targets?.every(({ kind }) => kind !== undefined));
    const named = api.flatMap((panel) => [
      ...[...JSON.stringify(panel).matchAll(/"excludeByName":(\{[^}]+\})/g)].flatMap((match) =>
        Object.keys(JSON.parse(match[1] ?? ''))
      ),
      ...[...JSON.stringify(panel).matchAll(/"names":\[([^\]]+)\]/g)].flatMap((match) => JSON.parse(`[${match[1]}]`)),
    ]);
    const fields = [FIELD, FORECAST_FIELD, APP_FIELD, PROCESS_FIELD];
    const known = new Set<string>(fields.flatMap((names) => Object.values(names)));
    expect(named.length > 0).toBe(api.length > 0);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('uses only variables that it has', () => {
    const known = new Set(dashboard.templating.list.map(({ name }) => name));
    const used = strings(dashboard).flatMap((text) =>
      [...text.matchAll(/\$\{?([a-z]\w*)/g)].map((match) => match[1] ?? '')
    );
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it('links to dashboards and pages that are there, with variables that they have, and keeps range and data sources', () => {
    const byUid = new Map([...DASHBOARDS.values()].map((one) => [one.uid, one]));
    const pages = PLUGIN.includes
      .filter(({ type }) => type === 'page')
      .map(({ path }) => path.replace('%PLUGIN_ID%', 'virtmedic-recovery-app'));
    const urls = strings(dashboard).filter((text) => text.startsWith('/'));
    const paths = urls.filter((url) => /^\/[ad]\//.test(url));
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths.filter((one) => one.startsWith('/a/'))) {
      expect(pages).toContain(path);
    }
    for (const url of paths.filter((one) => one.startsWith('/d/'))) {
      const [path = '', query] = url.slice('/d/'.length).split('?');
      const target = byUid.get(path);
      expect([path, target?.uid]).toEqual([path, path]);
      if (query !== undefined) {
        const names = [...query.matchAll(/var-(\w+)=/g)].map((match) => match[1]);
        expect(target?.templating.list.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
        expect(query).toContain('${__url_time_range}&${prometheus:queryparam}&${virtmedic:queryparam}');
      }
    }
    for (const { type, tags } of dashboard.links) {
      if (type === 'dashboards') {
        expect(tags).toEqual(dashboard.tags);
      }
    }
  });

  it('has expressions that Prometheus understands', () => {
    const expressions = targets(dashboard).flatMap(({ expr }) => expr ?? []);
    expect(expressions.length).toBeGreaterThan(5);
    expect(complaints(expressions)).toBe('');
  });
});

test('an expression that Prometheus does not understand is found', () => {
  expect(complaints(['sum by (host (up)'])).toContain('could not parse expression');
});

test.each(['host.json', 'domain.json'])('%s marks its own recoveries in the charts', (file) => {
  const marks = read(file).annotations.list.find(({ name }) => name === 'Recoveries');
  expect(marks?.target).toMatchObject({
    kind: 'recoveries',
    host: '$host',
    ...(file === 'domain.json' && { domain: '$domain' }),
  });
});

/** What promtool says of them; empty: nothing. Grafana's own macros are filled in first. */
function complaints(expressions: string[]): string {
  const rules = expressions.map((expr, index) => ({
    record: `expression:${index}`,
    expr: expr.replace(/\$__rate_interval|\$__range|\$__interval/g, '5m').replace(/\$(host|domain|horizon)\b/g, 'name'),
  }));
  const folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
  try {
    const file = join(folder, 'rules.json');
    // JSON is YAML as well.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8', stdio: 'pipe', timeout: 30_000 });
    return '';
  } catch (error) {
    return error instanceof Error ? `${error.message}` : String(error);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
