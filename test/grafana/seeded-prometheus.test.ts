import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PLUGIN_SOURCE } from './build-plugin.ts';
import { createDashboardCheck, nameOf, readDashboardQueries } from './dashboard-queries.ts';
import { startGrafana } from './proxy.ts';
import { startSeededPrometheus } from './seeded-prometheus.ts';
import type { SeededPrometheus } from './seeded-prometheus.ts';

const nowMs = Date.now();
const faultAtMs = nowMs - 1_800_000;
const domains = ['web-1', 'db-1'].map((name) => ({ uuid: `uuid-of-${name}`, name, host: 'host-1' }));
let prometheus: SeededPrometheus;

beforeAll(async () => {
  prometheus = await startSeededPrometheus({ domains, faults: new Map([['uuid-of-web-1', [{ fault: 'domain_hung', atMs: faultAtMs }]]]) }, nowMs);
}, 60_000);
afterAll(async () => prometheus?.stop());

async function ask(query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
  const answer = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
  return ((await answer.json()) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } }).data.result;
}

test('Prometheus knows the forecasts of the hours before, by the names and labels of the daemon', async () => {
  const [highest, ...others] = await ask('sort_desc(max_over_time(virtmedic_domain_failure_probability{horizon="60"}[1h]))');
  expect(highest?.metric).toEqual({ host: 'host-1', domain: 'web-1', horizon: '60' });
  expect(Number(highest?.value[1])).toBeGreaterThan(0.8);
  expect(others.map(({ metric }) => metric['domain'])).toEqual(['db-1']);
  expect((await ask('sum by (domain) (virtmedic_domain_health_probability)')).map(({ value }) => Math.round(Number(value[1]) * 1e6))).toEqual([1e6, 1e6]);
  expect((await ask('virtmedic_host_failure_probability')).map(({ metric }) => metric['horizon']).sort()).toEqual(['300', '60']);
});

test('every query of the dashboards for forecasts finds them', async () => {
  const source = join(PLUGIN_SOURCE, 'src');
  const dataSources = [{ uid: 'prometheus', name: 'Prometheus', type: 'prometheus', url: prometheus.url, jsonData: { timeInterval: '15s' } }];
  const grafana = await startGrafana({ pluginFolder: source, pageFolder: '', dataSources });
  try {
    const queries = readDashboardQueries(source).filter(({ target }) => /_probability|_hmm_/.test(target.expr ?? ''));
    expect(queries.length).toBeGreaterThan(12);
    const check = createDashboardCheck(grafana.url, queries, { host: 'host-1', domain: 'web-1', horizon: '60' });
    await check.sample();
    expect([...check.empty()]).toEqual([]);
    const another = createDashboardCheck(grafana.url, queries, { host: 'host-1', domain: 'web-1', horizon: '61' });
    await another.sample();
    // But those that show all horizons, or none.
    const all = ['domain / Failure probability / A', 'domain / Health / A', 'domain / Load / A', 'host / Failure probability of the host / A', 'overview / Last training / A', 'overview / Targets by model / A', 'overview / Trainings in this range / A'];
    expect(queries.map(nameOf).filter((name) => !another.empty().has(name)).sort()).toEqual(all);
  } finally {
    await grafana.stop();
  }
});
