/** A dashboard's JSON as a scene of @grafana/scenes. */
import type { DataSourceRef } from '@grafana/data';
import {
  ConstantVariable, CustomVariable, DataSourceVariable, EmbeddedScene, IntervalVariable, QueryVariable, SceneControlsSpacer, SceneDataLayerSet, SceneDataTransformer, SceneGridItem, SceneGridLayout,
  SceneGridRow, SceneQueryRunner, SceneRefreshPicker, SceneTimePicker, SceneTimeRange, SceneVariableSet, TextBoxVariable, VariableValueSelectors, VizPanel, dataLayers,
} from '@grafana/scenes';
import type { SceneGridItemLike, SceneVariable } from '@grafana/scenes';
import type { DashboardJson, PanelJson, VariableJson } from './dashboard-json.ts';

export interface Overrides {
  from: string | null;
  to: string | null;
  refresh: string | null;
  timeZone: string;
}

export function dashboardScene(json: DashboardJson, { from, to, refresh, timeZone }: Overrides): EmbeddedScene {
  const layers = (json.annotations?.list ?? [])
    .filter((query) => query.builtIn !== 1 && query.enable !== false)
    .map((query) => new dataLayers.AnnotationsDataLayer({ name: query.name, query, isEnabled: true }));
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({ from: from ?? json.time?.from ?? 'now-6h', to: to ?? json.time?.to ?? 'now', timeZone }),
    $variables: new SceneVariableSet({ variables: (json.templating?.list ?? []).map(variable) }),
    ...(layers.length > 0 ? { $data: new SceneDataLayerSet({ layers }) } : {}),
    controls: [
      new VariableValueSelectors({}), new SceneControlsSpacer(), new SceneTimePicker({ isOnCanvas: true }),
      new SceneRefreshPicker({ refresh: refresh ?? json.refresh ?? '', intervals: ['1s', '2s', '5s', '10s', '30s', '1m'], isOnCanvas: true }),
    ],
    body: new SceneGridLayout({ isDraggable: false, isResizable: false, isLazy: false, children: gridItems(json.panels ?? []) }),
  });
}

/** Panels below an open row belong to it, as in Grafana. */
function gridItems(panels: readonly PanelJson[]): SceneGridItemLike[] {
  const items: SceneGridItemLike[] = [];
  let row: { json: PanelJson; children: SceneGridItem[] } | null = null;
  const endRow = (): void => {
    if (row !== null) items.push(gridRow(row.json, row.children));
    row = null;
  };
  for (const panel of panels) {
    if (panel.type === 'row') {
      endRow();
      if (panel.collapsed === true) items.push(gridRow(panel, (panel.panels ?? []).map(gridItem)));
      else row = { json: panel, children: [] };
    } else if (row !== null) (row as { children: SceneGridItem[] }).children.push(gridItem(panel));
    else items.push(gridItem(panel));
  }
  endRow();
  return items;
}

function gridRow({ title = '', gridPos, collapsed = false }: PanelJson, children: SceneGridItem[]): SceneGridRow {
  return new SceneGridRow({ title, isCollapsed: collapsed, isCollapsible: true, y: gridPos?.y ?? 0, x: 0, height: 1, width: 24, children });
}

function gridItem(panel: PanelJson): SceneGridItem {
  const { x = 0, y = 0, w = 12, h = 8 } = panel.gridPos ?? {};
  return new SceneGridItem({ x, y, width: w, height: h, isDraggable: false, isResizable: false, body: vizPanel(panel) });
}

export function vizPanel(panel: PanelJson): VizPanel {
  return new VizPanel({
    ...(panel.id === undefined ? {} : { key: `panel-${panel.id}` }),
    pluginId: panel.type,
    title: panel.title ?? '',
    ...(panel.description ? { description: panel.description } : {}),
    displayMode: panel.transparent === true ? 'transparent' : 'default',
    options: (panel.options ?? {}) as never,
    fieldConfig: (panel.fieldConfig ?? { defaults: {}, overrides: [] }) as never,
    ...((panel.targets ?? []).length > 0 ? { $data: dataOf(panel) } : {}),
  });
}

function dataOf({ targets = [], datasource, transformations = [], maxDataPoints, interval }: PanelJson): SceneDataTransformer | SceneQueryRunner {
  const runner = new SceneQueryRunner({
    queries: targets.map((target) => ({ ...target, ...(target.datasource === undefined ? {} : { datasource: ref(target.datasource) }) })) as never,
    ...(datasource ? { datasource: ref(datasource) } : {}),
    ...(maxDataPoints ? { maxDataPoints } : { maxDataPointsFromWidth: true }),
    ...(interval ? { minInterval: interval } : {}),
  });
  return transformations.length === 0 ? runner : new SceneDataTransformer({ $data: runner, transformations: transformations as never });
}

function ref(source: DataSourceRef | string): DataSourceRef {
  return typeof source === 'string' ? { uid: source } : source;
}

function variable(json: VariableJson): SceneVariable {
  const { name, label, hide, current } = json;
  const base = { name, ...(label ? { label } : {}), ...(hide === undefined ? {} : { hide: hide as never }) };
  const several = { isMulti: json.multi ?? false, includeAll: json.includeAll ?? false, ...(json.allValue ? { allValue: json.allValue } : {}) };
  const chosen = current?.value === undefined ? {} : { value: current.value, text: current.text ?? current.value };
  const text = typeof json.query === 'string' ? json.query : '';
  switch (json.type) {
    case 'query':
      return new QueryVariable({ ...base, ...several, ...chosen, query: (json.query ?? '') as never, datasource: json.datasource ?? null, regex: json.regex ?? '', refresh: (json.refresh ?? 1) as never, sort: (json.sort ?? 0) as never });
    case 'datasource':
      return new DataSourceVariable({ ...base, ...several, ...chosen, pluginId: text, regex: json.regex ?? '' });
    case 'custom':
      return new CustomVariable({ ...base, ...several, ...chosen, query: text });
    case 'textbox':
      return new TextBoxVariable({ ...base, value: typeof current?.value === 'string' ? current.value : text });
    case 'constant':
      return new ConstantVariable({ ...base, value: text });
    case 'interval':
      return new IntervalVariable({ ...base, intervals: text.split(','), ...(typeof current?.value === 'string' ? { value: current.value } : {}) });
    default:
      throw new Error(`variable ${name}: the type ${json.type} is not in this host`);
  }
}
