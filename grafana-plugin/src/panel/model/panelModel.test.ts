import { createDataFrame, FieldType, type DataFrame } from '@grafana/data';
import fc from 'fast-check';
import { sampleApp, sampleDomain, sampleForecast, sampleRecovery } from '../../api/samples';
import { appsOfDomains } from '../../api/domainApps';
import { appsFrame } from '../../frames/apps';
import { forecastsFrame } from '../../frames/forecasts';
import { FIELD } from '../../frames/names';
import { recoveriesFrame } from '../../frames/recoveries';
import { MAX_LANES } from './lanes';
import { buildModel, MAX_ITEMS, type ModelOptions } from './panelModel';

const OPTIONS: ModelOptions = { laneBy: 'domain', toMs: 1e6, nowMs: 1e6, stepMs: null };

function recoveries(count: number, domains: number): DataFrame {
  const rows = Array.from({ length: count }, (_, i) => i);
  return createDataFrame({
    fields: [
      { name: 'id', type: FieldType.string, values: rows.map(String) },
      { name: 'time', type: FieldType.time, values: rows.map((i) => 1000 + ((i * 7919) % count)) },
      { name: 'host', type: FieldType.string, values: rows.map((i) => `h${i % 10}`) },
      { name: 'domain', type: FieldType.string, values: rows.map((i) => `web-${i % domains}`) },
      { name: 'outcome', type: FieldType.string, values: rows.map(() => 'recovered') },
      { name: 'durationMs', type: FieldType.number, values: rows.map(() => 4) },
    ],
  });
}

test('lanes are in natural order and their items by start', () => {
  const { lanes } = buildModel([recoveries(1000, 20)], OPTIONS);
  const keys = lanes.map(({ host, domain }) => `${host}/${domain}`);
  expect(keys.slice(0, 4)).toEqual(['h0/web-0', 'h0/web-10', 'h1/web-1', 'h1/web-11']);
  for (const { items } of lanes) {
    expect(items.map(({ startMs }) => startMs)).toEqual(items.map(({ startMs }) => startMs).sort((a, b) => a - b));
  }
});

test('lanes do not move when something happens in one', () => {
  const before = buildModel([recoveries(40, 20)], OPTIONS).lanes.map(({ key }) => key);
  const open = createDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: [1e6] },
      { name: 'timeEnd', type: FieldType.time, values: [null] },
      { name: 'host', values: ['h5'] },
      { name: 'domain', values: ['web-5'] },
    ],
  });
  expect(buildModel([recoveries(40, 20), open], OPTIONS).lanes.map(({ key }) => key)).toEqual(before);
});

test('lanes by host hold the items of all their domains', () => {
  const { lanes } = buildModel([recoveries(100, 20)], { ...OPTIONS, laneBy: 'host' });
  expect(lanes.map(({ key, items }) => [key, items.length])).toEqual(
    Array.from({ length: 10 }, (_, i) => [`h${i}`, 10])
  );
});

test('a list of forecasts names the targets that are watched', () => {
  const forecasts = sampleForecast();
  const frame = forecastsFrame(
    [
      { ...forecasts, host: 'h1', domain: null, uuid: null },
      { ...forecasts, host: 'h1', domain: 'web-1', uuid: 'u' },
    ],
    'A',
    []
  );
  const { lanes, items, skipped } = buildModel([frame], OPTIONS);
  expect(lanes.map(({ host, domain }) => [host, domain])).toEqual([
    ['h1', ''],
    ['h1', 'web-1'],
  ]);
  expect([items.length, skipped.count]).toEqual([0, 0]);
});

test('a list of applications names them as lanes of their own', () => {
  const apps = appsOfDomains([sampleDomain({ host: 'h1', name: 'web-1', apps: [sampleApp()] })]);
  const { lanes, skipped } = buildModel([appsFrame(apps, 'A', [])], OPTIONS);
  expect(lanes.map(({ host, domain, app }) => [host, domain, app])).toEqual([['h1', 'web-1', 'nginx']]);
  expect(skipped.count).toBe(0);
});

test('the last recovery may be of an application', () => {
  const target = { kind: 'app' as const, uuid: 'u', name: 'web-1', host: 'h1', app: 'nginx' };
  const last = sampleRecovery({ target, fault: 'app_hung' });
  const frame = recoveriesFrame({ items: [], truncated: false, last, notices: [] }, 'A');
  expect(buildModel([frame], OPTIONS).last).toMatchObject({ domain: 'web-1', app: 'nginx', fault: 'app_hung' });
});

test('of too many the newest are kept and it is said', () => {
  const { items, skipped } = buildModel([recoveries(MAX_ITEMS + 500, 50)], OPTIONS);
  expect(items).toHaveLength(MAX_ITEMS);
  expect(Math.min(...items.map(({ startMs }) => startMs))).toBe(1500);
  expect(skipped.count).toBe(500);
});

test('of too many lanes some are left out and it is said', () => {
  const { items, lanes, skipped } = buildModel([recoveries(MAX_LANES + 30, MAX_LANES + 30)], OPTIONS);
  expect(lanes).toHaveLength(MAX_LANES);
  expect(items.length + skipped.count).toBe(MAX_LANES + 30);
  expect(items.every(({ lane }) => lanes.some(({ key }) => key === lane))).toBe(true);
});

describe('whatever frames hold', () => {
  const junk = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      undefined,
      NaN,
      Infinity,
      -1,
      0,
      '',
      '<script>',
      {},
      [],
      9e99,
      true,
      new Date(NaN),
      'recovered',
      'executing',
      '2026-01-01T00:00:00Z'
    ),
    fc.integer({ min: -5, max: 2_000_000 }),
    fc.string({ maxLength: 20 })
  );
  const column = fc.record({
    name: fc.oneof(
      fc.constantFrom(...Object.values(FIELD), 'Value', 'Time', 'horizon', '__name__'),
      fc.string({ maxLength: 5 })
    ),
    type: fc.constantFrom(FieldType.time, FieldType.number, FieldType.string, FieldType.other),
    values: fc.array(junk, { maxLength: 12 }),
    labels: fc.option(
      fc.dictionary(fc.constantFrom('host', 'domain', 'fault', 'horizon', '__name__'), fc.string({ maxLength: 5 })),
      { nil: undefined }
    ),
    config: fc.constant({}),
  });
  const custom = fc.option(
    fc.oneof(
      junk,
      fc.record({
        virtmedic: fc.oneof(
          junk,
          fc.record({ kind: fc.constantFrom('recoveries', 'domains', 'hosts', 'forecasts', 7), last: junk })
        ),
      })
    )
  );
  const frame = fc.record({
    fields: fc.array(column, { maxLength: 10 }),
    length: fc.nat(15),
    meta: fc.record({ custom }),
  });

  test('property: no crash, unique ids, every item once in its lane, no end before a start, phases in order', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 4 }),
        fc.constantFrom('host' as const, 'domain' as const),
        (frames, laneBy) => {
          // @ts-expect-error: a hostile source does not keep to types
          const model = buildModel(frames, { ...OPTIONS, laneBy });
          const { items, lanes } = model;
          expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
          expect(new Set(lanes.map(({ key }) => key)).size).toBe(lanes.length);
          expect(new Set(lanes.flatMap((lane) => lane.items.filter((item) => item.lane === lane.key)))).toEqual(
            new Set(items)
          );
          for (const { startMs, endMs, phases } of items) {
            expect(startMs).toBeGreaterThan(0);
            expect(endMs ?? Infinity).toBeGreaterThanOrEqual(startMs);
            let atMs = startMs;
            for (const phase of phases) {
              expect(phase.startMs).toBe(atMs);
              expect(phase.endMs).toBeGreaterThan(phase.startMs);
              atMs = phase.endMs;
            }
            expect(atMs).toBeLessThanOrEqual(endMs ?? Infinity);
          }
        }
      ),
      { numRuns: 300 }
    );
  });

  test('frames that are none', () => {
    // @ts-expect-error: a hostile source does not keep to types
    expect(buildModel([null, {}, { fields: null }, { fields: [] }], OPTIONS)).toMatchObject({
      items: [],
      lanes: [],
      source: 'none',
    });
  });
});
