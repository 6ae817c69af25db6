import { PROMETHEUS, VIRTMEDIC, type Target } from './model.ts';

/** A range query. */
export function range(refId: string, expr: string, legendFormat: string): Target {
  return { refId, datasource: PROMETHEUS, editorMode: 'code', expr, legendFormat, range: true, instant: false };
}

/** The value of now, as a series. */
export function now(refId: string, expr: string, legendFormat: string): Target {
  return { refId, datasource: PROMETHEUS, editorMode: 'code', expr, legendFormat, range: false, instant: true };
}

/** The value of now, as a table with a column for each label. */
export function table(refId: string, expr: string): Target {
  return {
    refId,
    datasource: PROMETHEUS,
    editorMode: 'code',
    expr,
    format: 'table',
    legendFormat: '',
    range: false,
    instant: true,
  };
}

export interface ApiQuery {
  kind: 'recoveries' | 'incidents' | 'hosts' | 'domains' | 'apps' | 'processes' | 'forecast';
  host?: string;
  domain?: string;
  outcome?: string;
  limit?: number;
  live?: boolean;
}

/** A query to virtmedic's own data source. */
export function api(refId: string, query: ApiQuery): Target {
  return { refId, datasource: VIRTMEDIC, ...query };
}
