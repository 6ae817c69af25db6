/** Grafana's data source service over the settings of the boot data; sources are made from their plugins. */
import type { DataSourceApi, DataSourceInstanceSettings, DataSourceRef, ScopedVars } from '@grafana/data';
import type { DataSourceSrv, GetDataSourceListFilters } from '@grafana/runtime';
import { PrometheusDatasource } from '@grafana/prometheus';
import { MIXED_SETTINGS, MIXED_UID, createMixedSource } from './mixed-source.ts';
import { importDataSourcePlugin } from './plugins.ts';
import { templateSrv } from './template-srv.ts';

type Ref = DataSourceRef | string | null | undefined;

export function createDataSourceSrv(): DataSourceSrv {
  const all = Object.values(window.grafanaBootData.settings.datasources);
  const made = new Map<string, Promise<DataSourceApi>>();
  const find = (ref: Ref, scopedVars?: ScopedVars): DataSourceInstanceSettings | undefined => {
    const uid = typeof ref === 'string' ? ref : ref?.uid;
    const asked = uid === undefined ? undefined : templateSrv.replace(uid, scopedVars);
    if (asked === MIXED_UID) return MIXED_SETTINGS;
    if (asked === undefined || asked === 'default') {
      const type = typeof ref === 'string' ? undefined : ref?.type;
      return all.find((one) => one.isDefault && (type === undefined || one.type === type)) ?? all.find((one) => type !== undefined && one.type === type) ?? all[0];
    }
    return all.find(({ uid, name }) => uid === asked || name === asked);
  };
  const make = (settings: DataSourceInstanceSettings): Promise<DataSourceApi> => {
    const known = made.get(settings.uid) ?? construct(settings);
    made.set(settings.uid, known);
    return known;
  };
  const service: DataSourceSrv = {
    get: async (ref, scopedVars) => {
      const settings = find(ref, scopedVars);
      if (settings === undefined) throw new Error(`Datasource ${typeof ref === 'string' ? ref : ref?.uid} was not found`);
      return settings === MIXED_SETTINGS ? mixed : make(settings);
    },
    getList: (filters) => all.filter((settings) => fits(settings, filters)),
    getInstanceSettings: find,
    reload: () => Promise.resolve(),
    registerRuntimeDataSource: () => {},
  };
  const mixed = createMixedSource(() => service);
  return service;
}

async function construct(settings: DataSourceInstanceSettings): Promise<DataSourceApi> {
  if (settings.type === 'prometheus') return new PrometheusDatasource(settings as never) as unknown as DataSourceApi;
  const plugin = await importDataSourcePlugin(settings.type);
  const source = new plugin.DataSourceClass(settings);
  source.components = plugin.components;
  source.meta ??= settings.meta;
  return source;
}

function fits({ type }: DataSourceInstanceSettings, filters: GetDataSourceListFilters = {}): boolean {
  const types = filters.type === undefined ? [] : [filters.type].flat();
  return (filters.pluginId === undefined || filters.pluginId === type) && (types.length === 0 || types.includes(type));
}
