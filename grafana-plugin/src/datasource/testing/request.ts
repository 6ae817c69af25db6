/** A data source and queries to it, for tests. */
import {
  CoreApp,
  dateTime,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceInstanceSettings,
} from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import { T0 } from '../../api/samples';
import type { VirtmedicDataSourceOptions, VirtmedicQuery } from '../types';
import { VirtmedicDataSource } from '../VirtmedicDataSource';
import { PROXY_URL } from './fakeVirtmedic';

export const HOUR_MS = 3_600_000;

/** Replaces `$name` as Grafana does, with the format that is asked for. */
export function templates(variables: Record<string, string | string[]> = {}): TemplateSrv {
  return {
    getVariables: () => Object.keys(variables).map((name) => ({ name })),
    replace: (text = '', _scopedVars: unknown, format?: string | ((value: unknown) => string)) =>
      text.replace(/\$(\w+)/g, (whole, name: string) => {
        const value = variables[name];
        if (value === undefined) {
          return whole;
        }
        return typeof format === 'function' ? format(value) : Array.isArray(value) ? `{${value.join(',')}}` : value;
      }),
  } as unknown as TemplateSrv;
}

export function datasource(
  variables?: Record<string, string | string[]>,
  settings: Partial<DataSourceInstanceSettings> = {}
): VirtmedicDataSource {
  const given = {
    uid: 'u1',
    name: 'virtmedic',
    type: 'virtmedic-recovery-datasource',
    url: PROXY_URL,
    access: 'proxy',
    ...settings,
  };
  return new VirtmedicDataSource(
    given as unknown as DataSourceInstanceSettings<VirtmedicDataSourceOptions>,
    templates(variables)
  );
}

/** Of the last hour before T0 + 1 min, as a panel asks; `raw`: the range as it is written. */
export function request(
  targets: Array<Partial<VirtmedicQuery>>,
  { app = CoreApp.Dashboard, raw = { from: 'now-1h', to: 'now' }, toMs = T0 + 60_000 } = {}
): DataQueryRequest<VirtmedicQuery> {
  const range = { from: dateTime(toMs - HOUR_MS), to: dateTime(toMs), raw };
  const full = targets.map((target, index) => ({ refId: 'ABC'[index], kind: 'recoveries', ...target }));
  return { app, range, targets: full, scopedVars: {}, requestId: 'Q1' } as unknown as DataQueryRequest<VirtmedicQuery>;
}

export function frameOf({ data }: DataQueryResponse, index = 0): DataFrame {
  const frame: DataFrame | undefined = data[index];
  if (frame === undefined) {
    throw new Error('There is no such frame.');
  }
  return frame;
}

export function column(frame: DataFrame, name: string): unknown[] {
  const field = frame.fields.find((one) => one.name === name);
  if (field === undefined) {
    throw new Error(`There is no field ${name}.`);
  }
  return [...field.values];
}
