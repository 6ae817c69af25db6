import {
  applyFieldOverrides,
  createDataFrame,
  createTheme,
  FieldColorModeId,
  FieldType,
  MappingType,
  ThresholdsMode,
  type FieldConfig,
} from '@grafana/data';
import type { RecoveryItem } from '../model/types';
import { statusLook } from '../status/statusLook';
import { barColors } from './barColor';
import { testItem } from './testItems';

const theme = createTheme();

/** Two items, recovered in 4 s and failed after 90 s, with display processors as Grafana makes them. */
function itemsWith(outcome: FieldConfig, duration: FieldConfig): RecoveryItem[] {
  const frame = createDataFrame({
    fields: [
      { name: 'outcome', type: FieldType.string, values: ['recovered', 'failed'], config: outcome },
      { name: 'durationMs', type: FieldType.number, values: [4000, 90_000], config: duration },
    ],
  });
  const [ready] = applyFieldOverrides({
    data: [frame],
    fieldConfig: { defaults: {}, overrides: [] },
    replaceVariables: (text) => text,
    theme,
  });
  const fields = { status: ready?.fields[0], duration: ready?.fields[1] };
  return [testItem({ fields, row: 0 }), testItem({ fields, row: 1, status: 'failed' })];
}

/** As the panel's own default: by status. */
const DEFAULT: FieldConfig = { color: { mode: FieldColorModeId.PaletteClassic } };
const colorsOf = (outcome: FieldConfig, duration = DEFAULT) => itemsWith(outcome, duration).map(barColors(theme));
const own = (status: 'recovered' | 'failed') => statusLook(theme, status).color;
const named = (name: string) => theme.visualization.getColorByName(name);

test('without settings the status’s', () => {
  expect(colorsOf({})).toEqual([own('recovered'), own('failed')]);
  expect(colorsOf({ color: { mode: FieldColorModeId.PaletteClassic } })).toEqual([own('recovered'), own('failed')]);
});

test('a mapping colours the outcomes it meets, others keep theirs', () => {
  const mappings = [
    { type: MappingType.ValueToText as const, options: { failed: { color: 'yellow', text: 'Broken' } } },
  ];
  expect(colorsOf({ mappings })).toEqual([own('recovered'), named('yellow')]);
  const regex = [
    { type: MappingType.RegexToText as const, options: { pattern: '/^rec/', result: { color: 'super-light-blue' } } },
  ];
  expect(colorsOf({ mappings: regex })).toEqual([named('super-light-blue'), own('failed')]);
});

test('thresholds on the duration where its colour is by thresholds', () => {
  const thresholds = {
    mode: ThresholdsMode.Absolute,
    steps: [
      { value: -Infinity, color: 'green' },
      { value: 60_000, color: 'purple' },
    ],
  };
  expect(colorsOf({}, { thresholds, color: { mode: FieldColorModeId.Thresholds } })).toEqual([
    named('green'),
    named('purple'),
  ]);
  expect(colorsOf({}, { thresholds, color: { mode: FieldColorModeId.PaletteClassic } })).toEqual([
    own('recovered'),
    own('failed'),
  ]);
});

test('one colour for all', () => {
  expect(colorsOf({ color: { mode: FieldColorModeId.Fixed, fixedColor: 'blue' } })).toEqual([
    named('blue'),
    named('blue'),
  ]);
  expect(colorsOf({ color: { mode: FieldColorModeId.Fixed } })).toEqual([own('recovered'), own('failed')]);
});
