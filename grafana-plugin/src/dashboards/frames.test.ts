import {
  createTheme,
  FieldConfigOptionsRegistry,
  getFieldDisplayValues,
  applyFieldOverrides,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
  type DataFrame,
  type DataTransformerConfig,
  type FieldConfigSource,
  type ReduceDataOptions,
} from '@grafana/data';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { sampleApp, sampleDomain, sampleForecast, sampleProcess } from '../api/samples';
import type { Recovery } from '../api/types';
import { appsOfDomains } from '../api/domainApps';
import { appsFrame } from '../frames/apps';
import { forecastsFrame } from '../frames/forecasts';
import { processesFrame } from '../frames/processes';
import { recoveriesFrame } from '../frames/recoveries';

/** What the panels of the dashboards make of the data source's own frames, by Grafana's own code. */
interface Panel {
  title: string;
  transformations: DataTransformerConfig[];
  fieldConfig: FieldConfigSource;
  options: { reduceOptions: ReduceDataOptions };
}

beforeAll(() => {
  // Grafana gives them to itself under another name; a test has only this one.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const { filterFieldsByNameTransformer, organizeFieldsTransformer } = standardTransformers;
  standardTransformersRegistry.setInit(() =>
    [filterFieldsByNameTransformer, organizeFieldsTransformer].map((transformer) => ({
      id: transformer.id,
      name: transformer.name,
      transformation: () => Promise.resolve(transformer),
      editor: () => null,
      imageDark: '',
      imageLight: '',
    }))
  );
});

const recovery = (id: string, totalMs: number | null): Recovery => ({
  id,
  target: { kind: 'domain', uuid: `uuid-${id}`, name: 'web-1', host: 'kvm1' },
  fault: 'domain_crashed',
  state: totalMs === null ? 'executing' : 'closed',
  faultAtMs: 1_000,
  openedAtMs: 1_000,
  releasedAtMs: null,
  releasedBy: null,
  hold: null,
  closedAtMs: totalMs === null ? null : 1_000 + totalMs,
  outcome: totalMs === null ? null : 'recovered',
  outcomeReason: null,
  outcomeText: null,
  acknowledgedBy: null,
  acknowledgedAtMs: null,
  alerts: [],
  timings: { detectMs: 1, decideMs: null, executeMs: null, verifyMs: null, totalMs },
  attempts: [],
  fromHost: 'kvm1',
  toHost: 'kvm1',
  failureProbability: null,
});

const frame = (items: Recovery[], refId = 'A'): DataFrame =>
  recoveriesFrame({ items, truncated: false, last: null, notices: [] }, refId);

function panel(file: string, title: string): Panel {
  const { panels } = JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as { panels: Panel[] };
  const found = panels.find((one) => one.title === title);
  if (!found) {
    throw new Error(`${file} has no panel ${title}`);
  }
  return found;
}

/** Grafana's own list of settings is not in its packages; these are taken as they are. */
const SETTINGS = new FieldConfigOptionsRegistry(() =>
  ['displayName', 'unit', 'links', 'color', 'thresholds'].map((id) => ({
    id,
    path: id,
    name: id,
    description: id,
    settings: {},
    editor: () => null,
    override: () => null,
    process: (value: unknown) => value,
    shouldApply: () => true,
  }))
);

async function shown({ transformations, fieldConfig }: Panel, frames: DataFrame[]): Promise<DataFrame[]> {
  const data = await firstValueFrom(transformDataFrame(transformations, frames));
  return applyFieldOverrides({
    data,
    fieldConfig,
    replaceVariables: (text) => text,
    theme: createTheme(),
    fieldConfigRegistry: SETTINGS,
  });
}

async function numbers(one: Panel, frames: DataFrame[]): Promise<Array<[title: string | undefined, number: number]>> {
  const values = getFieldDisplayValues({
    data: await shown(one, frames),
    fieldConfig: one.fieldConfig,
    reduceOptions: one.options.reduceOptions,
    replaceVariables: (text) => text,
    theme: createTheme(),
  });
  return values.map(({ display }) => [display.title, display.numeric]);
}

test('recoveries are counted by outcome, none as zero', async () => {
  const frames = [frame([recovery('1', 10), recovery('2', 20)], 'A'), frame([], 'B'), frame([recovery('3', 5)], 'C')];
  expect(await numbers(panel('overview.json', 'Recoveries in this range'), frames)).toEqual([
    ['recovered', 2],
    ['failed', 0],
    ['escalated', 1],
  ]);
});

test.each(['overview.json', 'domain.json'])('%s: the median recovery time is that of the durations', async (file) => {
  const found = await numbers(panel(file, 'Median recovery time'), [
    frame([recovery('1', 1_000), recovery('2', 9_000), recovery('3', 4_000)]),
  ]);
  expect(found.map(([, number]) => number)).toEqual([4_000]);
});

test('domain.json: its recoveries are counted', async () => {
  const found = await numbers(panel('domain.json', 'Recoveries in this range'), [
    frame([recovery('1', 1), recovery('2', null)]),
  ]);
  expect(found.map(([, number]) => number)).toEqual([2]);
});

test('faults now: since when, where, what, and why it waits', async () => {
  const [table] = await shown(panel('overview.json', 'Faults now'), [frame([recovery('1', null)])]);
  expect(table?.fields.map(({ name }) => name)).toEqual([
    'time',
    'host',
    'domain',
    'app',
    'fault',
    'state',
    'text',
    'attempts',
  ]);
  expect(table?.fields[0]?.config).toMatchObject({ displayName: 'since', unit: 'dateTimeFromNow' });
  expect(table?.fields[2]?.config.links).toHaveLength(1);
});

test('applications now: which one, how it is, what proves it, and its size', async () => {
  const apps = appsOfDomains([sampleDomain({ apps: [sampleApp()] })]);
  const [table] = await shown(panel('domain.json', 'Applications now'), [appsFrame(apps, 'A', [])]);
  const names = ['app', 'state', 'fault', 'since', 'evidence', 'processes', 'residentBytes'];
  expect(table?.fields.map(({ name }) => name)).toEqual(names);
});

test('processes in the guest: which one, how it is, of which unit, and its size', async () => {
  const processes = [{ ...sampleProcess(), domain: sampleDomain() }];
  const [table] = await shown(panel('domain.json', 'Processes in the guest'), [processesFrame(processes, 'A', [])]);
  const names = ['pid', 'name', 'state', 'unit', 'cpuSeconds', 'residentBytes', 'threads', 'commandLine'];
  expect(table?.fields.map(({ name }) => name)).toEqual(names);
});

test('forecasts now: which domain, since when, how likely, and how much to make of it', async () => {
  const forecast = { ...sampleForecast(), host: 'kvm1', domain: 'web-1', uuid: 'u' };
  const [table] = await shown(panel('host.json', 'Forecasts now'), [forecastsFrame([forecast], 'A', [])]);
  expect(table?.fields.map(({ name }) => name)).toEqual([
    'domain',
    'failingSince',
    'probability',
    'probability300',
    'normal',
    'abnormal',
    'failed',
    'coldStart',
    'model',
    'missing',
  ]);
  expect(table?.fields[0]?.config.links).toHaveLength(1);
});
