/** Panels of Grafana itself, with what they have in common here. */
import type { DataSourceRef, Override, Panel, Target } from './model.ts';

export type PanelParts = Omit<Panel, 'id' | 'gridPos'>;

export interface Look {
  title: string;
  /** What it shows and what to make of it. */
  description: string;
  targets: Target[];
  unit: string;
  defaults?: Record<string, unknown>;
  overrides?: Override[];
  options?: Record<string, unknown>;
  transformations?: Panel['transformations'];
  datasource?: DataSourceRef;
}

export function panel(type: string, look: Look): PanelParts {
  const first = look.targets[0];
  if (first === undefined) {
    throw new Error(`${look.title}: no query`);
  }
  return {
    type,
    title: look.title,
    description: look.description,
    datasource: look.datasource ?? first.datasource,
    targets: look.targets,
    fieldConfig: { defaults: { unit: look.unit, ...look.defaults }, overrides: look.overrides ?? [] },
    options: look.options ?? {},
    ...(look.transformations && { transformations: look.transformations }),
  };
}

export function stat(look: Look): PanelParts {
  const options = {
    colorMode: 'value',
    graphMode: 'none',
    justifyMode: 'auto',
    orientation: 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    textMode: 'value_and_name',
    wideLayout: true,
    ...look.options,
  };
  return panel('stat', {
    ...look,
    defaults: { color: { mode: 'thresholds' }, thresholds: PLAIN, ...look.defaults },
    options,
  });
}

/**
 * One number of one field, for a stat. The field is chosen by a transformation, which goes by its name; the panel's own choice goes by
 * what people read, which is translated. Rows are counted by a field of numbers: a count of texts would be shown as a text, without
 * colours.
 */
export function reduced(
  field: string,
  calc: string,
  options: Record<string, unknown> = {}
): Pick<Look, 'options' | 'transformations'> {
  return {
    options: { reduceOptions: { calcs: [calc], fields: '/.*/', values: false }, ...options },
    transformations: [{ id: 'filterFieldsByName', options: { include: { names: [field] } } }],
  };
}

export function timeSeries(look: Look): PanelParts {
  const custom = {
    drawStyle: 'line',
    fillOpacity: 10,
    lineWidth: 1,
    showPoints: 'never',
    spanNulls: false,
    ...(look.defaults?.custom as object | undefined),
  };
  const options = {
    legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
    ...look.options,
  };
  return panel('timeseries', {
    ...look,
    defaults: { color: { mode: 'palette-classic' }, ...look.defaults, custom },
    options,
  });
}

export function tableOf(look: Look): PanelParts {
  const options = { cellHeight: 'sm', showHeader: true, ...look.options };
  return panel('table', {
    ...look,
    defaults: { custom: { align: 'auto', filterable: true }, ...look.defaults },
    options,
  });
}

/** Leaves fields out, by their names. */
export function without(names: readonly string[]) {
  return { id: 'organize', options: { excludeByName: Object.fromEntries(names.map((name) => [name, true])) } };
}

export function bars(look: Look): PanelParts {
  const options = {
    displayMode: 'basic',
    orientation: 'horizontal',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    showUnfilled: true,
    valueMode: 'text',
    ...look.options,
  };
  return panel('bargauge', {
    ...look,
    defaults: { color: { mode: 'thresholds' }, thresholds: PLAIN, min: 0, ...look.defaults },
    options,
  });
}

const threshold = (color: string, value: number | null) => ({ color, value });

export const PLAIN = { mode: 'absolute', steps: [threshold('text', null)] };
/** From the first on it is orange, from the second on red. */
export const rising = (orange: number, red: number) => ({
  mode: 'absolute',
  steps: [threshold('green', null), threshold('orange', orange), threshold('red', red)],
});
/** Two colours: the second from a value on. */
export const from = (value: number, color: string, below = 'text') => ({
  mode: 'absolute',
  steps: [threshold(below, null), threshold(color, value)],
});
export const SHARE = { unit: 'percentunit', min: 0, max: 1 };

export function byName(name: string, properties: Record<string, unknown>): Override {
  return { matcher: { id: 'byName', options: name }, properties: toProperties(properties) };
}

export function byQuery(refId: string, properties: Record<string, unknown>): Override {
  return { matcher: { id: 'byFrameRefID', options: refId }, properties: toProperties(properties) };
}

function toProperties(properties: Record<string, unknown>): Override['properties'] {
  return Object.entries(properties).map(([id, value]) => ({ id, value }));
}

export const fixed = (color: string) => ({ mode: 'fixed', fixedColor: color });
export const FILLED_CELL = { type: 'color-text' };
export const GAUGE_CELL = { mode: 'basic', type: 'gauge', valueDisplayMode: 'text' };

/** Values of `virtmedic_domain_state`. */
export const STATE_MAPPINGS = [
  {
    type: 'value',
    options: {
      0: { text: 'absent', color: 'red', index: 0 },
      1: { text: 'running', color: 'green', index: 1 },
      2: { text: 'paused', color: 'orange', index: 2 },
      3: { text: 'shut off', color: 'blue', index: 3 },
      4: { text: 'crashed', color: 'red', index: 4 },
      5: { text: 'suspended by power management', color: 'purple', index: 5 },
      6: { text: 'unknown', color: 'text', index: 6 },
    },
  },
];

export function yesNo(one: { text: string; color: string }, zero: { text: string; color: string }) {
  return [{ type: 'value', options: { 0: { ...zero, index: 0 }, 1: { ...one, index: 1 } } }];
}
