/** The views of the page, by the paths that they have in Grafana. */
import { LoadingState, toDataFrame } from '@grafana/data';
import type { AppPlugin, DataFrame, DataFrameDTO, DataSourceInstanceSettings, DataSourcePlugin, PanelData, TimeRange } from '@grafana/data';
import { dateTime } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import { EmbeddedScene, SceneControlsSpacer, SceneDataNode, SceneFlexItem, SceneFlexLayout, SceneRefreshPicker, SceneTimePicker, SceneTimeRange, UrlSyncContextProvider, VizPanel, sceneGraph } from '@grafana/scenes';
import { useState } from 'react';
import type { ComponentType, ReactNode } from 'react';
import { Route, Routes } from 'react-router-dom';
import type { DashboardJson, PanelJson } from './dashboard-json.ts';
import { dashboardScene, vizPanel } from './dashboard.ts';
import { host } from './host.ts';
import { addPanelPlugin, importAppPlugin, importDataSourcePlugin, importPanelPlugin } from './plugins.ts';
import { PEER_ID, createPeerPanel } from './peer-panel.tsx';
import { createStubPanel } from './stub-panel.tsx';
import { setCurrentScene } from './template-srv.ts';

const parameters = new URLSearchParams(location.search);

/** Milliseconds in an address become what a scene's range holds. */
function timeParameter(name: 'from' | 'to'): string | null {
  const text = parameters.get(name);
  return text !== null && /^\d+$/.test(text) ? new Date(Number(text)).toISOString() : text;
}

function isOwnPanel(id: string): boolean {
  return id in window.grafanaBootData.settings.panels;
}

async function loadPanels(panels: readonly PanelJson[]): Promise<void> {
  const types = new Set(panels.flatMap((panel) => [panel.type, ...(panel.panels ?? []).map(({ type }) => type)]).filter((type) => type !== 'row'));
  for (const type of types) {
    if (isOwnPanel(type)) await importPanelPlugin(type);
    else addPanelPlugin(type, createStubPanel(type));
  }
}

function show(scene: EmbeddedScene, title: string): ReactNode {
  setCurrentScene(scene);
  const range = scene.state.$timeRange as SceneTimeRange;
  host.timeRange = () => ({ from: range.state.value.from.valueOf(), to: range.state.value.to.valueOf() });
  host.setTimeRange = (from, to) => range.onTimeRangeChange(rangeOf(from, to));
  host.rows = () => sceneGraph.findAllObjects(scene, (object) => object instanceof VizPanel && isOwnPanel(object.state.pluginId)).flatMap((panel) => rowsOf(sceneGraph.getData(panel).state.data?.series ?? []));
  document.title = title;
  return (
    <UrlSyncContextProvider scene={scene}>
      <main>
        <h1 style={{ fontSize: 18, margin: '8px 16px 0' }}>{title}</h1>
        <scene.Component model={scene} />
      </main>
    </UrlSyncContextProvider>
  );
}

function rowsOf(frames: readonly DataFrame[]): Record<string, unknown>[] {
  return frames.flatMap(({ fields, length }) => Array.from({ length }, (_, row) => Object.fromEntries(fields.map(({ name, values }) => [name, values[row]]))));
}

function rangeOf(fromMs: number, toMs: number): TimeRange {
  const [from, to] = [dateTime(fromMs), dateTime(toMs)];
  return { from, to, raw: { from, to } };
}

/** `/d/<name>`: a dashboard of the app, by its uid or by its file's name. */
export async function dashboardView(name: string, appId: string): Promise<ReactNode> {
  const json = await findDashboard(name, appId);
  await loadPanels(json.panels ?? []);
  const scene = dashboardScene(json, { from: timeParameter('from'), to: timeParameter('to'), refresh: parameters.get('refresh'), timeZone: window.grafanaBootData.user.timezone });
  return show(scene, json.title ?? name);
}

async function findDashboard(name: string, appId: string): Promise<DashboardJson> {
  const answer = await fetch(`/public/plugins/${appId}/dashboards/${encodeURIComponent(name)}.json`);
  if (answer.ok) return (await answer.json()) as DashboardJson;
  const meta = (await (await fetch(`/public/plugins/${appId}/plugin.json`)).json()) as { includes?: { type: string; path?: string }[] };
  for (const { type, path } of meta.includes ?? []) {
    if (type !== 'dashboard' || path === undefined) continue;
    const json = (await (await fetch(`/public/plugins/${appId}/${path}`)).json()) as DashboardJson;
    if (json.uid === name) return json;
  }
  throw new Error(`there is no dashboard ${name}`);
}

function rangeControls(): EmbeddedScene['state']['controls'] {
  return [new SceneControlsSpacer(), new SceneTimePicker({ isOnCanvas: true }), new SceneRefreshPicker({ refresh: parameters.get('refresh') ?? '', intervals: ['1s', '5s', '1m'], isOnCanvas: true })];
}

function panelScene(panel: VizPanel): EmbeddedScene {
  const width = Number(parameters.get('width') ?? 0);
  const height = Number(parameters.get('height') ?? 500);
  const size = { minHeight: height, maxHeight: height, height, ...(width > 0 ? { width, maxWidth: width } : {}) };
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({ from: timeParameter('from') ?? 'now-6h', to: timeParameter('to') ?? 'now', timeZone: window.grafanaBootData.user.timezone }),
    ...(parameters.get('controls') === '0' ? {} : { controls: rangeControls() }),
    body: new SceneFlexLayout({ direction: 'column', children: [new SceneFlexItem({ body: panel, ...size })] }),
  });
}

function jsonParameter<T>(name: string, otherwise: T): T {
  const text = parameters.get(name);
  return text === null ? otherwise : (JSON.parse(text) as T);
}

/** `/host/panel`: one panel, of the type `panel`, with the query `query` to the data source `ds`. */
export async function panelView(panelId: string): Promise<ReactNode> {
  const type = parameters.get('panel') ?? panelId;
  const uid = parameters.get('ds') ?? 'virtmedic';
  const targets = jsonParameter<PanelJson['targets']>('queries', [{ refId: 'A', kind: 'recoveries' }]);
  const panel: PanelJson = {
    type, title: parameters.get('title') ?? 'Recovery history', datasource: { uid }, targets: (targets ?? []).map((target) => ({ datasource: { uid }, ...target })),
    options: jsonParameter('options', {}), fieldConfig: jsonParameter('fieldConfig', { defaults: {}, overrides: [] }),
  };
  await loadPanels([panel]);
  return show(panelScene(vizPanel(panel)), 'One panel');
}

/** `/host/frames`: one panel with the frames that `host.setFrames` gives it. */
export async function framesView(ownId: string): Promise<ReactNode> {
  const panelId = parameters.get('panel') === PEER_ID ? PEER_ID : ownId;
  if (panelId === PEER_ID) addPanelPlugin(PEER_ID, createPeerPanel());
  else await importPanelPlugin(panelId);
  const node = new SceneDataNode({ data: { state: LoadingState.Done, series: [], timeRange: rangeOf(Date.now() - 3_600_000, Date.now()) } });
  const viz = new VizPanel({ pluginId: panelId, title: 'Recovery history', options: jsonParameter('options', {}), fieldConfig: { defaults: {}, overrides: [] }, $data: node });
  const scene = panelScene(viz);
  const range = scene.state.$timeRange as SceneTimeRange;
  host.setFrames = (frames: DataFrameDTO[]) => {
    const data: PanelData = { state: LoadingState.Done, series: frames.map((frame) => toDataFrame(frame)), timeRange: range.state.value };
    host.framesAtMs = performance.now();
    node.setState({ data });
  };
  // A pan or a zoom of the panel asks for nothing: its frames are all it has, for the new range too.
  range.subscribeToState(({ value }) => node.setState({ data: { ...node.state.data, timeRange: value } }));
  return show(scene, 'One panel');
}

/** `/a/<app>/…` */
export async function appView(appId: string): Promise<ReactNode> {
  const plugin: AppPlugin = await importAppPlugin(appId);
  const Root = plugin.root as ComponentType<Record<string, unknown>> | undefined;
  if (Root === undefined) throw new Error(`the app ${appId} has no pages`);
  document.title = plugin.meta.name;
  const settings = await pluginSettings(appId);
  const Page = () => <main><Root meta={{ ...plugin.meta, ...settings }} basename={`/a/${appId}`} onNavChanged={() => {}} query={Object.fromEntries(parameters)} path={location.pathname} /></main>;
  return <Routes><Route path={`/a/${appId}/*`} element={<Page />} /></Routes>;
}

async function pluginSettings(appId: string): Promise<object> {
  return (await (await fetch(`/api/plugins/${appId}/settings`)).json()) as object;
}

/** `/plugins/<app>?page=<id>`: a configuration page of the app. */
export async function appConfigView(appId: string): Promise<ReactNode> {
  const plugin: AppPlugin = await importAppPlugin(appId);
  const pages = plugin.configPages ?? [];
  const page = pages.find(({ id }) => id === parameters.get('page')) ?? pages[0];
  if (page === undefined) throw new Error(`the app ${appId} has no configuration page`);
  const meta = { ...plugin.meta, ...(await pluginSettings(appId)) };
  const Body = page.body as ComponentType<{ plugin: object; query: object }>;
  document.title = page.title;
  return <main style={{ padding: 24, maxWidth: 1000 }}><h1>{plugin.meta.name}</h1><Body plugin={Object.assign(Object.create(plugin) as object, { meta })} query={Object.fromEntries(parameters)} /></main>;
}

/** `/connections/datasources/edit/<uid>`: the data source's configuration editor. */
export async function dataSourceConfigView(uid: string): Promise<ReactNode> {
  const settings = getDataSourceSrv().getInstanceSettings(uid);
  if (settings === undefined) throw new Error(`there is no data source ${uid}`);
  const plugin: DataSourcePlugin<never> = (await importDataSourcePlugin(settings.type)) as never;
  const Editor = plugin.components.ConfigEditor as ComponentType<{ options: object; onOptionsChange: (options: object) => void }> | undefined;
  if (Editor === undefined) throw new Error(`the data source ${settings.type} has no configuration editor`);
  document.title = settings.name;
  return <main style={{ padding: 24, maxWidth: 1000 }}><h1>{settings.name}</h1><DataSourceConfig settings={settings} Editor={Editor} /></main>;
}

function DataSourceConfig({ settings, Editor }: { settings: DataSourceInstanceSettings; Editor: ComponentType<{ options: object; onOptionsChange: (options: object) => void }> }) {
  const [options, setOptions] = useState<object>({ ...settings, url: '', orgId: 1, secureJsonFields: {}, secureJsonData: {}, version: 1 });
  return <Editor options={options} onOptionsChange={setOptions} />;
}

/** `/`: what there is to see. */
export async function homeView(appId: string): Promise<ReactNode> {
  const answer = await fetch(`/public/plugins/${appId}/plugin.json`);
  const { name, includes = [] } = (await answer.json()) as { name: string; includes?: { type: string; name: string; path?: string }[] };
  const query = location.search;
  document.title = name;
  const links = [
    ...includes.filter(({ type }) => type === 'dashboard').map((one) => ({ name: `Dashboard: ${one.name}`, to: `/d/${(one.path ?? '').replace(/^.*\/|\.json$/g, '')}` })),
    ...includes.filter(({ type }) => type === 'page').map((one) => ({ name: `Page: ${one.name}`, to: (one.path ?? '').replace('%PLUGIN_ID%', appId) })),
    { name: 'The panel alone', to: '/host/panel' },
    { name: 'Configuration of the app', to: `/plugins/${appId}` },
  ];
  return (
    <main style={{ padding: 24, maxWidth: 800 }}>
      <h1>{name}</h1>
      <p>This is Grafana&apos;s front end library with the real plugins, not a Grafana server. Panels of Grafana itself, such as time series, are shown as text and marked as stubs.</p>
      <ul style={{ marginLeft: 24 }}>{links.map(({ name: text, to }) => <li key={to}><a href={`${to}${query}`} style={{ textDecoration: 'underline' }}>{text}</a></li>)}</ul>
      <p>Add <code>?theme=light</code>, <code>?role=Admin</code>, <code>?lang=de-DE</code> or <code>?timezone=Europe/Berlin</code> to an address. Without a role you are a Viewer.</p>
    </main>
  );
}

