import { createDataFrame, FieldType, type DataFrame } from '@grafana/data';
import { buildModel, type ModelOptions } from './panelModel';
import { isRecoveriesFrame } from './recoveries';

const OPTIONS: ModelOptions = { laneBy: 'domain', toMs: 100_000, nowMs: 100_000, stepMs: null };

/** A frame with these rows; a key that a row lacks is undefined there. */
function frameOf(rows: Array<Record<string, unknown>>, custom?: object): DataFrame {
  const names = [...new Set(rows.flatMap(Object.keys))];
  return createDataFrame({
    fields: names.map((name) => ({
      name,
      type: /^time/.test(name) ? FieldType.time : /Ms$/.test(name) ? FieldType.number : FieldType.string,
      values: rows.map((row) => row[name]),
    })),
    ...(custom && { meta: { custom } }),
  });
}

function itemsOf(...rows: Array<Record<string, unknown>>) {
  return buildModel([frameOf(rows)], OPTIONS).items;
}

const WEB = {
  id: 'r1',
  time: 10_000,
  timeEnd: 14_000,
  host: 'h1',
  domain: 'web-1',
  fault: 'domain_crashed',
  outcome: 'recovered',
};

test('a row becomes an item with its phases one after the other', () => {
  const [item] = itemsOf({
    ...WEB,
    detectMs: 500,
    decideMs: 1000,
    executeMs: 2000,
    verifyMs: 400,
    attempts: 2,
    actions: 'start',
    probability: 0.25,
  });
  expect(item).toMatchObject({
    id: 'r1',
    host: 'h1',
    domain: 'web-1',
    status: 'recovered',
    startMs: 10_000,
    endMs: 14_000,
    attempts: 2,
    probability: 0.25,
  });
  expect(item?.phases).toEqual([
    { name: 'detect', startMs: 10_000, endMs: 10_500 },
    { name: 'decide', startMs: 10_500, endMs: 11_500 },
    { name: 'execute', startMs: 11_500, endMs: 13_500 },
    { name: 'verify', startMs: 13_500, endMs: 13_900 },
  ]);
});

test('phases never go beyond the end, and one that was not begun takes no time', () => {
  const [item] = itemsOf({ ...WEB, detectMs: 1000, decideMs: null, executeMs: 60_000, verifyMs: 5 });
  expect(item?.phases).toEqual([
    { name: 'detect', startMs: 10_000, endMs: 11_000 },
    { name: 'execute', startMs: 11_000, endMs: 14_000 },
  ]);
});

describe('the end', () => {
  test.each([
    ['empty, no outcome: in progress', { timeEnd: null, outcome: null }, null, 'in_progress'],
    [
      'empty, handed to a person: waits for them',
      { timeEnd: null, outcome: null, state: 'escalated' },
      null,
      'escalated',
    ],
    ['empty, escalated and not closed', { timeEnd: null, outcome: 'escalated', state: 'escalated' }, null, 'escalated'],
    ['empty, being executed', { timeEnd: null, outcome: '', state: 'executing' }, null, 'in_progress'],
    ['from the duration', { timeEnd: null, durationMs: 3000 }, 13_000, 'recovered'],
    ['not known though there is an outcome: a point', { timeEnd: null }, 10_000, 'recovered'],
    ['before the start: a point', { timeEnd: 9000 }, 10_000, 'recovered'],
    ['at the start', { timeEnd: 10_000 }, 10_000, 'recovered'],
  ])('%s', (_, more, endMs, status) => {
    const [item] = itemsOf({ ...WEB, ...more });
    expect(item).toMatchObject({ endMs, status });
  });

  test('a source without ends and outcomes has points, not bars for ever', () => {
    const [item] = itemsOf({ time: 5000, host: 'h1', fault: 'x' });
    expect(item).toMatchObject({ endMs: 5000, status: 'ended' });
  });

  test('one before its start is said', () => {
    const { corrected, skipped } = buildModel(
      [
        frameOf([
          { ...WEB, timeEnd: 1 },
          { ...WEB, timeEnd: 2 },
        ]),
      ],
      OPTIONS
    );
    expect(corrected?.count).toBe(2);
    expect(corrected?.why).toMatch(/before it starts/);
    expect(skipped.count).toBe(0);
  });
});

test.each([
  ['dry-run', 'dry_run'],
  ['Recovered', 'recovered'],
  ['success', 'recovered'],
  ['something new', 'unknown'],
])('outcome %s is %s', (outcome, status) => {
  expect(itemsOf({ ...WEB, outcome })[0]?.status).toBe(status);
});

test('rows without a time or a target are left out and said', () => {
  const model = buildModel(
    [frameOf([{ ...WEB, time: null }, { ...WEB, host: null, domain: '' }, { ...WEB, time: 'x' }, WEB])],
    OPTIONS
  );
  expect(model.items).toHaveLength(1);
  expect(model.skipped).toEqual({ count: 3, why: expect.stringContaining('"time"') });
});

test('ids that occur twice are told apart, in items and lanes alike', () => {
  const model = buildModel(
    [frameOf([WEB, { ...WEB, time: 11_000 }, { ...WEB, id: 'r1 #2' }, { ...WEB, id: '' }, { ...WEB, id: '' }])],
    OPTIONS
  );
  const ids = model.items.map(({ id }) => id);
  expect(new Set(ids).size).toBe(5);
  expect(ids).toContain('r1');
  expect(new Set(model.lanes.flatMap((lane) => lane.items.map(({ id }) => id)))).toEqual(new Set(ids));
});

test('markup stays the text it is, long texts are cut', () => {
  const [item] = itemsOf({
    ...WEB,
    domain: '<img src=x onerror=alert(1)>',
    text: 'y'.repeat(1_000_000),
    host: 'h'.repeat(1_000_000),
  });
  expect(item?.domain).toBe('<img src=x onerror=alert(1)>');
  expect(item?.text.length).toBeLessThanOrEqual(2000);
  expect(item?.host.length).toBeLessThanOrEqual(200);
});

describe('which frames are read', () => {
  test('one that says what it is, even when empty', () => {
    const model = buildModel(
      [createDataFrame({ fields: [], meta: { custom: { virtmedic: { kind: 'recoveries', truncated: true } } } })],
      OPTIONS
    );
    expect(model).toMatchObject({ source: 'api', items: [], truncated: true });
  });

  test('a listing of hosts or domains makes lanes, no items', () => {
    const model = buildModel(
      [WEB, { ...WEB, domain: 'web-2' }].map((row) => frameOf([row], { virtmedic: { kind: 'domains' } })),
      OPTIONS
    );
    expect(model).toMatchObject({ source: 'none', items: [], skipped: { count: 0 } });
    expect(model.lanes.map(({ domain }) => domain)).toEqual(['web-1', 'web-2']);
  });

  test('another is said to be unreadable', () => {
    const model = buildModel([frameOf([{ colour: 'red' }, { colour: 'blue' }])], OPTIONS);
    expect(model).toMatchObject({
      source: 'none',
      skipped: { count: 2, why: expect.stringContaining('no recoveries') },
    });
  });

  test('the order of fields does not matter', () => {
    const reversed = Object.fromEntries(Object.entries(WEB).reverse());
    expect(isRecoveriesFrame(frameOf([reversed]))).toBe(true);
    expect(itemsOf(reversed)[0]).toMatchObject({ id: 'r1', status: 'recovered' });
  });
});

describe('the last recovery', () => {
  const told = {
    id: 'x',
    host: 'h9',
    domain: 'db',
    fault: 'domain_hung',
    outcome: 'recovered',
    startMs: 90_000,
    endMs: 95_000,
  };

  test('is the newest that ended', () => {
    const model = buildModel(
      [frameOf([WEB, { ...WEB, id: 'open', time: 99_000, timeEnd: null, outcome: null }])],
      OPTIONS
    );
    expect(model.last?.id).toBe('r1');
  });

  test('is what the source says where that is newer', () => {
    const frame = frameOf([WEB], { virtmedic: { kind: 'recoveries', truncated: false, last: told } });
    expect(buildModel([frame], OPTIONS).last).toMatchObject({
      id: 'x',
      domain: 'db',
      status: 'recovered',
      endMs: 95_000,
    });
  });

  test.each([null, 5, 'x', [], {}, { startMs: 'a', endMs: {}, host: 1 }])('is not made of %p', (last) => {
    const frame = frameOf([WEB], { virtmedic: { kind: 'recoveries', truncated: 1, last } });
    expect(buildModel([frame], OPTIONS)).toMatchObject({ last: { id: 'r1' }, truncated: false });
  });
});
