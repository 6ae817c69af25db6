import React from 'react';
import {
  createDataFrame,
  dateTime,
  EventBusSrv,
  FieldType,
  LoadingState,
  standardEditorsRegistry,
  type PanelData,
  type PanelProps,
} from '@grafana/data';
import { setDataSourceSrv } from '@grafana/runtime';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { plugin } from './module';
import { withDefaults } from './options';
import type { PanelOptions } from './types';

const Panel = plugin.panel;
const FROM = Date.parse('2026-03-01T10:00:00Z');
const timeRange = { from: dateTime(FROM), to: dateTime(FROM + 3_600_000), raw: { from: 'now-1h', to: 'now' } };

beforeAll(() => {
  Object.assign(globalThis, {
    ResizeObserver: class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  });
  const editor = (id: string) => ({ id, name: id, editor: () => null });
  standardEditorsRegistry.setInit(() => ['radio', 'boolean', 'slider', 'number'].map(editor));
  setDataSourceSrv({ get: async () => ({}), getList: () => [], getInstanceSettings: () => undefined } as never);
});

function recoveries(rows: Array<Record<string, unknown>>) {
  const names = [...new Set(rows.flatMap(Object.keys))];
  return createDataFrame({
    refId: 'A',
    fields: names.map((name) => ({
      name,
      type: name.startsWith('time') ? FieldType.time : FieldType.string,
      values: rows.map((row) => row[name]),
    })),
    meta: { custom: { virtmedic: { kind: 'recoveries', truncated: false, last: null } } },
  });
}

const ROWS = [
  {
    id: 'r1',
    time: FROM + 60_000,
    timeEnd: FROM + 64_000,
    host: 'h1',
    domain: 'web-1',
    fault: 'domain_crashed',
    outcome: 'recovered',
  },
  {
    id: 'r2',
    time: FROM + 90_000,
    timeEnd: FROM + 190_000,
    host: 'h2',
    domain: 'web-2',
    fault: 'domain_hung',
    outcome: 'failed',
  },
];

function setup(data: Partial<PanelData>, more: Partial<PanelProps<PanelOptions>> = {}) {
  const onChangeTimeRange = jest.fn();
  const whole: PanelData = { state: LoadingState.Done, series: [], timeRange, ...data };
  const props = {
    id: 1,
    options: withDefaults({}),
    width: 900,
    height: 600,
    timeZone: 'utc',
    timeRange,
    fieldConfig: { defaults: {}, overrides: [] },
    eventBus: new EventBusSrv(),
    onChangeTimeRange,
    ...more,
  };
  if (!Panel) {
    throw new Error('the plugin has no panel');
  }
  // Only what the panel reads.
  const element = (changed: PanelData) => <Panel {...(props as unknown as PanelProps<PanelOptions>)} data={changed} />;
  const { rerender } = render(element(whole));
  return { onChangeTimeRange, update: (changed: Partial<PanelData>) => rerender(element({ ...whole, ...changed })) };
}

const rowsShown = () =>
  within(screen.getByRole('table'))
    .getAllByText(/^web-\d$/)
    .map(({ textContent }) => textContent);

test('shows timeline and table of the same recoveries', () => {
  setup({ series: [recoveries(ROWS)] });
  expect(screen.getByRole('application', { name: 'Timeline of 2 recoveries' })).toBeInTheDocument();
  expect(rowsShown().sort()).toEqual(['web-1', 'web-2']);
});

test('a click on the name of a lane filters both, another takes the filter out', async () => {
  setup({ series: [recoveries(ROWS)] });
  const lanes = () => within(screen.getByRole('group', { name: 'Lanes' }));
  await userEvent.click(lanes().getByRole('button', { name: 'web-2' }));
  expect(rowsShown()).toEqual(['web-2']);
  expect(lanes().queryByRole('button', { name: 'web-1' })).toBeNull();
  await userEvent.click(lanes().getByRole('button', { name: 'web-2' }));
  expect(rowsShown()).toHaveLength(2);
});

test('what was there stays beside an error, which says what to do', () => {
  const { update } = setup({ series: [recoveries(ROWS)] });
  update({ state: LoadingState.Error, series: [], errors: [{ status: 401, message: 'unauthorized' }] });
  expect(screen.getByRole('alert')).toHaveTextContent(/token/);
  expect(rowsShown()).toHaveLength(2);
});

test('an error with nothing to show stands alone', () => {
  setup({ state: LoadingState.Error, errors: [{ message: 'connection refused' }, { message: 'connection refused' }] });
  expect(screen.getByRole('alert')).toHaveTextContent(/cannot reach/i);
  expect(screen.queryByRole('table')).toBeNull();
});

test('with nothing in the range the last recovery is told', () => {
  const last = {
    id: 'x',
    host: 'h1',
    domain: 'web-3',
    fault: 'domain_crashed',
    outcome: 'recovered',
    startMs: FROM - 3_600_000,
    endMs: FROM - 3_596_000,
  };
  const frame = createDataFrame({
    fields: [],
    meta: { custom: { virtmedic: { kind: 'recoveries', truncated: false, last } } },
  });
  setup({ series: [frame] });
  expect(screen.getByTestId('recovery-history')).toHaveTextContent(/web-3/);
});

test.each([
  ['150 by 100: a summary', 150, 100, false, false],
  ['280 by 200: the timeline', 280, 200, true, false],
  ['900 by 600: both', 900, 600, true, true],
])('%s', (_, width, height, timeline, table) => {
  setup({ series: [recoveries(ROWS)] }, { width, height });
  expect(screen.queryByRole('application') !== null).toBe(timeline);
  expect(screen.queryByRole('table') !== null).toBe(table);
  expect(screen.getByTestId('recovery-history')).toBeInTheDocument();
  if (!timeline) {
    expect(screen.getByText('2 recoveries')).toBeInTheDocument();
    expect(screen.getByText('1 failed')).toBeInTheDocument();
  }
});

test('details are asked of the data source that gave the recoveries', async () => {
  const recovery = jest.fn().mockRejectedValue(new Error('gone'));
  const get = jest.fn(async () => ({ recovery }));
  setDataSourceSrv({ get, getList: () => [], getInstanceSettings: () => undefined } as never);
  const datasource = { type: 'virtmedic-recovery-datasource', uid: 'u1' };
  const targets = [
    { refId: 'B', datasource: { type: 'prometheus', uid: 'p' } },
    { refId: 'A', datasource },
  ];
  setup({ series: [recoveries(ROWS)], request: { targets, intervalMs: 1000 } as unknown as PanelData['request'] });
  await waitFor(() => expect(get).toHaveBeenCalledWith(datasource));
  expect(get).toHaveBeenCalledTimes(1);
  const [first] = within(screen.getByRole('table')).getAllByRole('button', { expanded: false });
  await userEvent.click(first ?? document.body);
  await waitFor(() => expect(recovery).toHaveBeenCalledWith('r2'));
});

test('options have defaults, also in dashboards that lack them', () => {
  expect(plugin.defaults).toMatchObject({ view: 'both', laneBy: 'domain', showPhases: true, pageSize: 25 });
  // @ts-expect-error: stored by hand
  expect(withDefaults({ view: 'table', pageSize: null })).toMatchObject({
    view: 'table',
    pageSize: 25,
    laneHeight: 28,
  });
});
