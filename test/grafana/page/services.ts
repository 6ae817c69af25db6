/** Sets up what core gives to @grafana/runtime at its start. */
import { EventBusSrv } from '@grafana/data';
import type { PanelPlugin } from '@grafana/data';
import * as runtime from '@grafana/runtime';
import { backendSrv } from './backend.ts';
import { createDataSourceSrv } from './data-sources.ts';
import { importPanelPlugin, panelFromCache } from './plugins.ts';
import { runRequest } from './run-request.ts';
import { templateSrv } from './template-srv.ts';

/** Hooks that @grafana/runtime's types do not publish in every version. */
interface Hooks {
  setEchoSrv?: (service: object) => void;
  FakeEchoSrv?: new () => object;
  setPluginLinksHook?: (hook: () => object) => void;
  setPluginComponentsHook?: (hook: () => object) => void;
  setPluginComponentHook?: (hook: () => object) => void;
  setPluginFunctionsHook?: (hook: () => object) => void;
  setReturnToPreviousHook?: (hook: () => () => void) => void;
  setChromeHeaderHeightHook?: (hook: () => number) => void;
  setMegaMenuOpenHook?: (hook: () => object) => void;
}

export function startServices(): void {
  const hooks = runtime as unknown as Hooks;
  runtime.setAppEvents(new EventBusSrv());
  if (hooks.FakeEchoSrv) hooks.setEchoSrv?.(new hooks.FakeEchoSrv());
  runtime.setBackendSrv(backendSrv);
  runtime.setTemplateSrv(templateSrv);
  runtime.setRunRequest(runRequest);
  runtime.setPluginImportUtils({
    importPanelPlugin,
    getPanelPluginFromCache: (id: string): PanelPlugin | undefined => panelFromCache(id),
  });
  hooks.setPluginLinksHook?.(() => ({ links: [], isLoading: false }));
  hooks.setPluginComponentsHook?.(() => ({ components: [], isLoading: false }));
  hooks.setPluginComponentHook?.(() => ({ component: null, isLoading: false }));
  hooks.setPluginFunctionsHook?.(() => ({ functions: [], isLoading: false }));
  hooks.setReturnToPreviousHook?.(() => () => {});
  hooks.setChromeHeaderHeightHook?.(() => 0);
  hooks.setMegaMenuOpenHook?.(() => [false, () => {}]);
  runtime.setDataSourceSrv(createDataSourceSrv());
}
