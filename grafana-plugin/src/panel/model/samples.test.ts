import { createDataFrame, FieldType, type DataFrame } from '@grafana/data';
import fc from 'fast-check';
import { buildModel, type ModelOptions } from './panelModel';
import { spellsOf } from './samples';

const STEP_MS = 15_000;
const END_MS = 3_600_000;
const OPTIONS: ModelOptions = { laneBy: 'domain', toMs: END_MS, nowMs: END_MS, stepMs: null };
const LABELS = { __name__: 'virtmedic_domain_fault', host: 'h1', domain: 'web-1', fault: 'domain_crashed' };

function series(
  timesMs: number[],
  values: unknown[] = timesMs.map(() => 1),
  labels: Record<string, string> = LABELS
): DataFrame {
  return createDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: timesMs, config: { interval: STEP_MS } },
      { name: 'Value', type: FieldType.number, values, labels },
    ],
  });
}

function ticks(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => (from + i) * STEP_MS);
}

test('consecutive samples are one item, not rows; a gap ends it', () => {
  const { items, source } = buildModel([series([...ticks(10, 13), ...ticks(20, 20)])], OPTIONS);
  expect(source).toBe('samples');
  expect(items.map(({ startMs, endMs, status }) => [startMs / STEP_MS, (endMs ?? NaN) / STEP_MS, status])).toEqual([
    [10, 14, 'ended'],
    [20, 21, 'ended'],
  ]);
  expect(items[0]).toMatchObject({ host: 'h1', domain: 'web-1', fault: 'domain_crashed', phases: [] });
});

test('of an application they have a lane of their own, beside that of its domain', () => {
  const labels = { __name__: 'virtmedic_app_fault', host: 'h1', domain: 'web-1', app: 'nginx', fault: 'app_hung' };
  const { items, lanes } = buildModel([series(ticks(1, 9)), series(ticks(4, 7), undefined, labels)], OPTIONS);
  expect(lanes.map(({ domain, app }) => `${domain}/${app}`)).toEqual(['web-1/', 'web-1/nginx']);
  expect(items.find(({ app }) => app === 'nginx')).toMatchObject({ fault: 'app_hung', startMs: 4 * STEP_MS });
});

test('one late sample does not end it', () => {
  expect(
    spellsOf(
      [0, 15_000, 37_000, 52_000].map((t) => t + 1),
      15_000,
      OPTIONS
    )
  ).toHaveLength(1);
});

test('0, null and NaN are its absence', () => {
  const { items } = buildModel([series(ticks(1, 6), [0, 1, 1, 0, null, NaN])], OPTIONS);
  expect(items.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([[2 * STEP_MS, 4 * STEP_MS]]);
});

test('present at the end of a range that ends now: in progress; of an older range: over', () => {
  const frame = series(ticks(236, 240));
  expect(buildModel([frame], OPTIONS).items).toMatchObject([{ endMs: null, status: 'in_progress' }]);
  expect(buildModel([frame], { ...OPTIONS, nowMs: END_MS * 2 }).items).toMatchObject([{ status: 'ended' }]);
});

test('one sample of an instant query is in progress', () => {
  expect(buildModel([series([END_MS])], OPTIONS).items).toMatchObject([{ startMs: END_MS, endMs: null }]);
});

test('the same fault told by two Prometheus is one item', () => {
  const twin = series(
    ticks(10, 14).map((t) => t + 3000),
    undefined,
    { ...LABELS, instance: 'b' }
  );
  expect(buildModel([series(ticks(10, 13)), twin], OPTIONS).items).toHaveLength(1);
});

test('table format gives the same as series', () => {
  const rows = [...ticks(10, 12), ...ticks(30, 31)];
  const table = createDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: rows },
      { name: '__name__', type: FieldType.string, values: rows.map(() => 'virtmedic_domain_fault') },
      { name: 'domain', type: FieldType.string, values: rows.map(() => 'web-1') },
      { name: 'fault', type: FieldType.string, values: rows.map(() => 'domain_crashed') },
      { name: 'host', type: FieldType.string, values: rows.map(() => 'h1') },
      { name: 'Value #A', type: FieldType.number, values: rows.map(() => 1) },
    ],
  });
  const bare = ({ items }: ReturnType<typeof buildModel>) => items.map(({ fields, row, ...item }) => item);
  expect(bare(buildModel([table], OPTIONS))).toEqual(bare(buildModel([series(rows)], OPTIONS)));
});

test('a gauge of another name with the labels works too', () => {
  const frame = series(ticks(1, 2), undefined, { host: 'h1', domain: 'd', fault: 'x' });
  expect(buildModel([frame], OPTIONS).items).toHaveLength(1);
});

test('the step is what was asked for, unless the samples are a little further apart', () => {
  const bare = (timesMs: number[]) =>
    createDataFrame({
      fields: [
        { name: 'Time', type: FieldType.time, values: timesMs },
        { name: 'Value', type: FieldType.number, values: timesMs.map(() => 1), labels: LABELS },
      ],
    });
  const count = (timesMs: number[]) => buildModel([bare(timesMs)], { ...OPTIONS, stepMs: STEP_MS }).items.length;
  expect(count([60_000, 120_000, 180_000])).toBe(1);
  expect(count([60_000, 1_860_000])).toBe(2);
});

test('samples of faults are left alone where recoveries are given', () => {
  const recoveries = createDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: [5] },
      { name: 'host', values: ['h'] },
      { name: 'outcome', values: ['failed'] },
    ],
  });
  expect(buildModel([series(ticks(1, 3)), recoveries], OPTIONS)).toMatchObject({
    source: 'api',
    items: [{ status: 'failed' }],
  });
});

test('property: spells on a grid come back as they were, whatever the order of samples', () => {
  const present = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(present, fc.func(fc.integer()), (grid, order) => {
      const timesMs = grid.flatMap((on, i) => (on ? [(i + 1) * STEP_MS] : []));
      const shuffled = [...timesMs].sort((a, b) => order(a) - order(b));
      const spells = spellsOf(shuffled, STEP_MS, { toMs: 1e9, nowMs: 1e9 });
      const back = new Set(
        spells.flatMap(({ startMs, endMs }) => ticks(startMs / STEP_MS, (endMs ?? NaN) / STEP_MS - 1))
      );
      expect(back).toEqual(new Set(timesMs));
      const runs = grid.filter((on, i) => on && !grid[i - 1]).length;
      expect(spells).toHaveLength(runs);
    }),
    { numRuns: 200 }
  );
});
