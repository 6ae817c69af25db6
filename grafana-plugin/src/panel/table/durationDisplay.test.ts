import {
  createTheme,
  FieldColorModeId,
  FieldType,
  getDisplayProcessor,
  ThresholdsMode,
  type Field,
  type FieldConfig,
} from '@grafana/data';
import { durationDisplay } from './durationDisplay';
import { itemOf, START_MS } from './testItems';

function durationField(config: FieldConfig): Field {
  const field: Field = { name: 'durationMs', type: FieldType.number, config, values: [4200] };
  return { ...field, display: getDisplayProcessor({ field, theme: createTheme() }) };
}

const shown = (config: FieldConfig) => durationDisplay(itemOf({ fields: { duration: durationField(config) } }), 0);

describe('durationDisplay', () => {
  it('speaks to people where nobody chose a unit', () => {
    expect(durationDisplay(itemOf(), 0)).toEqual({ text: '4.2 s', color: null });
    expect(shown({ unit: 'ms' })).toEqual({ text: '4.2 s', color: null });
    expect(shown({})).toEqual({ text: '4.2 s', color: null });
  });

  it('follows unit, decimals and mappings of the user', () => {
    expect(shown({ unit: 'none' }).text).toBe('4200');
    expect(shown({ unit: 'ms', decimals: 3 }).text).toBe('4.200 s');
  });

  it('takes the colour of thresholds, where the field is coloured by them', () => {
    const thresholds = {
      mode: ThresholdsMode.Absolute,
      steps: [
        { value: -Infinity, color: '#00ff00' },
        { value: 4000, color: '#ff0000' },
      ],
    };
    expect(shown({ thresholds, color: { mode: FieldColorModeId.Thresholds } }).color).toBe('#ff0000');
    expect(shown({ thresholds, color: { mode: FieldColorModeId.Fixed, fixedColor: 'blue' } }).color).toBeNull();
    expect(
      shown({
        thresholds: { ...thresholds, steps: thresholds.steps.slice(0, 1) },
        color: { mode: FieldColorModeId.Thresholds },
      }).color
    ).toBeNull();
  });

  it('takes no colour of the thresholds that Grafana sets itself', () => {
    const steps = [
      { value: -Infinity, color: 'green' },
      { value: 80, color: 'red' },
    ];
    const color = { mode: FieldColorModeId.Thresholds };
    expect(shown({ thresholds: { mode: ThresholdsMode.Absolute, steps }, color }).color).toBeNull();
  });

  it('grows while it is not over, and keeps the sign of reversed times', () => {
    expect(durationDisplay(itemOf({ endMs: null }), START_MS + 72_000).text).toBe('1 min 12 s');
    expect(durationDisplay(itemOf({ endMs: START_MS - 3000 }), 0).text).toBe('−3 s');
    expect(durationDisplay(itemOf({ endMs: NaN }), 0).text).toBe('–');
  });
});
