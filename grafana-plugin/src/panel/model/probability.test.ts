import { createDataFrame, FieldType, type DataFrame } from '@grafana/data';
import { buildModel, type ModelOptions } from './panelModel';

const OPTIONS: ModelOptions = { laneBy: 'domain', toMs: 1e6, nowMs: 1e6, stepMs: null };

function series(
  labels: Record<string, string>,
  values: unknown[],
  timesMs: unknown[] = values.map((_, i) => (i + 1) * 1000)
): DataFrame {
  return createDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: timesMs },
      { name: 'Value', type: FieldType.number, values, labels },
    ],
  });
}

const RECOVERIES = createDataFrame({
  fields: [
    { name: 'time', type: FieldType.time, values: [1000, 2000, 3000] },
    { name: 'host', values: ['h1', 'h1', 'h1'] },
    { name: 'domain', values: ['web-1', '', 'web-1'] },
    { name: 'app', values: ['', '', 'nginx'] },
    { name: 'outcome', values: ['failed', 'failed', 'failed'] },
  ],
});
const DOMAIN = { __name__: 'virtmedic_domain_failure_probability', host: 'h1', domain: 'web-1', horizon: '60' };
const HOST = { __name__: 'virtmedic_host_failure_probability', host: 'h1', horizon: '60' };

test('series stand behind the lanes of their target', () => {
  const { lanes, items } = buildModel([RECOVERIES, series(DOMAIN, [0.1, 0.9]), series(HOST, [0.5])], OPTIONS);
  expect(items).toHaveLength(3);
  expect(lanes.map(({ domain, app, probability }) => [domain, app, probability?.values])).toEqual([
    ['', '', [0.5]],
    ['web-1', '', [0.1, 0.9]],
    ['web-1', 'nginx', undefined],
  ]);
});

test('in lanes by host the host has its own', () => {
  const { lanes } = buildModel([RECOVERIES, series(DOMAIN, [0.1]), series(HOST, [0.5])], {
    ...OPTIONS,
    laneBy: 'host',
  });
  expect(lanes).toMatchObject([{ host: 'h1', domain: '', probability: { values: [0.5] } }]);
});

test('what is no probability is a gap; times are put in order', () => {
  const { lanes } = buildModel([series(DOMAIN, [0.3, 7, null, 'x', 0.1], [5000, 4000, 3000, 2000, 1000])], OPTIONS);
  expect(lanes[0]?.probability).toEqual({
    timesMs: [1000, 2000, 3000, 4000, 5000],
    values: [0.1, NaN, NaN, NaN, 0.3],
    stepMs: 1000,
  });
});

test.each([
  ['60', '300'],
  ['300', '60'],
  ['5', '60'],
  ['60', '1800'],
])('of the horizons %s and %s the shorter is drawn, once', (one, other) => {
  const [shorter = '', longer = ''] = [one, other].sort((a, b) => Number(a) - Number(b));
  const values: Record<string, number[]> = { [shorter]: [0.2, 0.1], [longer]: [0.9, 0.8] };
  const frames = [one, other].flatMap((horizon) => [
    series({ ...DOMAIN, horizon }, values[horizon] ?? []),
    series({ ...HOST, horizon }, values[horizon] ?? []),
  ]);
  const { lanes } = buildModel([RECOVERIES, ...frames], OPTIONS);
  expect(lanes.map(({ app, probability }) => [app, probability?.values])).toEqual([
    ['', [0.2, 0.1]],
    ['', [0.2, 0.1]],
    ['nginx', undefined],
  ]);
});

test('of a target without samples of the shorter horizon the longer is drawn', () => {
  const { lanes } = buildModel([series(DOMAIN, []), series({ ...DOMAIN, horizon: '300' }, [0.9])], OPTIONS);
  expect(lanes[0]?.probability?.values).toEqual([0.9]);
});

test('series that differ in other labels are one: the higher value counts, and one goes on where the other ends', () => {
  const from = (instance: string, values: unknown[], timesMs: number[]) =>
    series({ ...DOMAIN, instance, job: 'virtmedic' }, values, timesMs);
  const { lanes } = buildModel(
    [
      from('a:9177', [0.1, 0.5, null], [1000, 2000, 3000]),
      from('b:9177', [0.3, 0.2, 0.4, 0.6], [1000, 2000, 3000, 4000]),
    ],
    OPTIONS
  );
  expect(lanes).toHaveLength(1);
  expect(lanes[0]?.probability).toEqual({
    timesMs: [1000, 2000, 3000, 4000],
    values: [0.3, 0.5, 0.4, 0.6],
    stepMs: 1000,
  });
});

test('the step is as the source says', () => {
  const frame = series(DOMAIN, [0.1, 0.2], [1000, 901_000]);
  frame.fields[0]!.config.interval = 15_000;
  expect(buildModel([frame], OPTIONS).lanes[0]?.probability?.stepMs).toBe(15_000);
});

test.each([
  ['the name of the field', { name: 'virtmedic_domain_failure_probability', labels: { host: 'h', domain: 'd' } }],
  ['the label horizon', { name: 'Value', labels: { host: 'h', domain: 'd', horizon: '300' } }],
])('found by %s', (_, field) => {
  const frame = createDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: [1] },
      { type: FieldType.number, values: [0.4], ...field },
    ],
  });
  expect(buildModel([frame], OPTIONS)).toMatchObject({
    lanes: [{ domain: 'd', probability: { values: [0.4] } }],
    source: 'none',
    skipped: { count: 0 },
  });
});

test('table format', () => {
  const frame = createDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: [1000, 1000, 2000] },
      { name: 'host', type: FieldType.string, values: ['h', 'h', 'h'] },
      { name: 'domain', type: FieldType.string, values: ['a', 'b', 'a'] },
      { name: 'horizon', type: FieldType.string, values: ['5', '5', '5'] },
      { name: 'Value', type: FieldType.number, values: [0.1, 0.2, 0.3] },
    ],
  });
  expect(buildModel([frame], OPTIONS).lanes.map(({ domain, probability }) => [domain, probability?.values])).toEqual([
    ['a', [0.1, 0.3]],
    ['b', [0.2]],
  ]);
});
