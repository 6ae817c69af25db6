import { Registry } from 'prom-client';
import { expect, test, vi } from 'vitest';
import { selectors } from '../../../alert-rules/promql.ts';
import { PROMETHEUS_METRICS } from '../../../alert-rules/metrics.ts';
import { createOwnMetrics } from '../../../exporter/src/web/metrics/own.ts';
import { trainingMetrics } from '../../../exporter/src/web/metrics/training.ts';
import { dashboardFiles } from './generate.ts';
import type { Panel } from './model.ts';

/** Families are made when their modules are loaded: each tells its name here. */
const families = vi.hoisted(() => new Set<string>());
vi.mock(import('../../../exporter/src/web/metrics/writer.ts'), async (original) => {
  const actual = await original();
  return {
    ...actual,
    family(name, type, help) {
      families.add(name);
      return actual.family(name, type, help);
    },
  };
});

/** Every metric that the daemon defines, as the daemon itself defines it. */
async function exported(): Promise<Set<string>> {
  await import('../../../exporter/src/web/metrics/index.ts');
  const registry = new Registry();
  createOwnMetrics(registry, { version: '0', revision: '' });
  trainingMetrics(registry);
  const own = (await registry.getMetricsAsJSON()).flatMap(({ name, type }) =>
    `${type}` === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
  );
  return new Set([...families, ...own, ...Object.keys(PROMETHEUS_METRICS)]);
}

function flat(panels: readonly Panel[]): Panel[] {
  return panels.flatMap((panel) => [panel, ...flat(panel.panels ?? [])]);
}

function metricsOf(panel: Panel): string[] {
  return (panel.targets ?? []).flatMap(({ expr }) =>
    typeof expr === 'string' ? selectors(expr).map(({ metric }) => metric) : []
  );
}

test('the names are read from the daemon', async () => {
  const names = await exported();
  expect([...names]).toEqual(
    expect.arrayContaining([
      'libvirt_domain_interface_stats_receive_bytes_total',
      'virtmedic_domain_state',
      'virtmedic_recovery_phase_seconds_sum',
    ])
  );
});

test.each([...dashboardFiles()])('%s: every metric is one that the daemon exports', async (_file, dashboard) => {
  const names = await exported();
  const variables = dashboard.templating.list.flatMap(
    ({ definition }) => /label_values\((\w+)/.exec(`${definition}`)?.[1] ?? []
  );
  const used = [...variables, ...flat(dashboard.panels).flatMap(metricsOf)];
  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((name) => !names.has(name))).toEqual([]);
});
