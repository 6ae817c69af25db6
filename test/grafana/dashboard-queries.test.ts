import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exceptionOf, staleExceptions } from './dashboard-exceptions.ts';
import { nameOf, readDashboardQueries } from './dashboard-queries.ts';

test('queries of panels, of collapsed rows and of annotations are found, with the row that they are in', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-dashboards-'));
  try {
    mkdirSync(join(folder, 'dashboards'));
    const prometheus = { type: 'prometheus' };
    writeFileSync(join(folder, 'dashboards/one.json'), JSON.stringify({
      panels: [
        { type: 'stat', title: 'Up', datasource: prometheus, targets: [{ refId: 'A', expr: 'up' }] },
        { type: 'row', title: 'Forecast', collapsed: true, panels: [{ type: 'timeseries', title: 'P', datasource: prometheus, targets: [{ refId: 'A', expr: 'virtmedic_host_failure_probability' }] }] },
        { type: 'timeseries', title: 'Unmarked', datasource: { type: 'mixed' }, targets: [{ refId: 'B', datasource: { type: 'virtmedic' }, kind: 'hosts' }] },
      ],
      annotations: { list: [{ name: 'Built in', builtIn: 1, target: { refId: 'x' } }, { name: 'Recoveries', target: { refId: 'A', kind: 'recoveries' } }] },
    }));
    const found = readDashboardQueries(folder);
    expect(found.map((query) => `${nameOf(query)} ${query.isPrometheus}`)).toEqual(['one / Up / A true', 'one / P / A true', 'one / Unmarked / B false', 'one / annotation Recoveries / A false']);
    expect(found.map(({ row }) => row)).toEqual(['', 'Forecast', 'Forecast', '']);
    expect(found.map((query) => exceptionOf(query))).toEqual([null, null, null, null]);
    expect(exceptionOf({ dashboard: 'overview', row: '', panel: 'Last training', target: { refId: 'A' }, isPrometheus: true })).toContain('trained');
    expect(staleExceptions(found).length).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
