import type { DataFrame } from '@grafana/data';
import { sampleDomain, sampleForecast, sampleHost, T0 } from '../api/samples';
import type { Forecast } from '../api/types';
import { forecastsFrame, forecastsOf } from './forecasts';
import { FORECAST_FIELD } from './names';

const column = (frame: DataFrame, name: string) => frame.fields.find((field) => field.name === name)?.values;
const likely = (probability: number): Forecast =>
  sampleForecast({ failureProbability: [{ horizonSeconds: 60, probability }] });
const frameOf = (domains: Array<[name: string, forecast: Forecast | null]>) =>
  forecastsFrame(
    forecastsOf(
      [],
      domains.map(([name, forecast]) => sampleDomain({ name, forecast }))
    ),
    'A',
    []
  );

test('a row a target that has a forecast, with all that it tells', () => {
  const hosts = [sampleHost({ forecast: likely(0.1) }), sampleHost({ name: 'h2' })];
  const missing = [
    { signal: 'memory', why: 'not-said' },
    { signal: null, why: 'own-operation' },
  ];
  const domains = [sampleDomain({ forecast: sampleForecast({ missing }) }), sampleDomain({ name: 'off' })];
  const frame = forecastsFrame(forecastsOf(hosts, domains), 'B', []);
  expect(frame).toMatchObject({ name: 'forecasts', refId: 'B', length: 2 });
  expect(frame.meta?.custom).toEqual({ virtmedic: { kind: 'forecasts' } });
  expect(Object.fromEntries(frame.fields.map(({ name, values }) => [name, values[0]]))).toEqual({
    host: 'h1',
    domain: 'web-1',
    failing: true,
    failingSince: T0 - 30_000,
    probability: 0.83,
    probability300: 0.97,
    normal: 0.2,
    abnormal: 0.75,
    failed: 0.05,
    low: 0.1,
    medium: 0.3,
    high: 0.6,
    coldStart: false,
    model: 'own',
    trainedAt: T0 - 3_600_000,
    missing: 'memory: not-said, own-operation',
    at: T0,
    uuid: '6f1c2a9e-0000-4000-8000-000000000001',
  });
  expect(column(frame, 'domain')).toEqual(['web-1', null]);
  expect(column(frame, 'probability300')).toEqual([0.97, null]);
});

test('fields have the names that are told, titles of their own, and shares are shown as such', () => {
  const { fields } = frameOf([['a', sampleForecast()]]);
  expect(fields.map(({ name }) => name).filter((name) => name !== 'probability300')).toEqual(
    Object.values(FORECAST_FIELD)
  );
  const titles = fields.map(({ config }) => config.displayNameFromDS);
  expect(titles).toEqual(expect.arrayContaining(['Failure within 1 min', 'Failure within 5 min', 'High load']));
  expect(new Set(titles).size).toBe(fields.length);
  expect(fields.filter(({ config }) => config.unit === 'percentunit')).toHaveLength(8);
});

test('the likeliest to fail come first, by the first horizon; others by name', () => {
  const farOff = sampleForecast({
    failureProbability: [
      { horizonSeconds: 60, probability: 0.05 },
      { horizonSeconds: 300, probability: 1 },
    ],
  });
  const frame = frameOf([
    ['vm-10', likely(0.2)],
    ['vm-9', likely(0.2)],
    ['late', farOff],
    ['worst', likely(0.9)],
    ['off', null],
  ]);
  expect(column(frame, 'domain')).toEqual(['worst', 'vm-9', 'vm-10', 'late']);
});

test('none is an empty table, and health that is not told is empty', () => {
  expect(frameOf([['off', null]]).length).toBe(0);
  const frame = frameOf([
    ['a', sampleForecast({ health: null, load: null, model: { source: '', trainedAtMs: null } })],
  ]);
  expect(['normal', 'failed', 'high', 'model', 'trainedAt'].map((name) => column(frame, name))).toEqual(
    Array.from({ length: 5 }, () => [null])
  );
});

test('horizons are bounded', () => {
  const many = Array.from({ length: 100 }, (_, index): [string, Forecast] => [
    `vm-${index}`,
    sampleForecast({ failureProbability: [{ horizonSeconds: index + 1, probability: 0.5 }] }),
  ]);
  expect(frameOf(many).fields.filter(({ name }) => name.startsWith('probability'))).toHaveLength(8);
});
