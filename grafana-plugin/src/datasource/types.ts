import type { DataQuery } from '@grafana/schema';
import type { DataSourceJsonData } from '@grafana/data';
import type { RecoveryDetail } from '../api/types';

export const QUERY_KINDS = ['recoveries', 'incidents', 'hosts', 'domains', 'apps', 'processes', 'forecast'] as const;
export type QueryKind = (typeof QUERY_KINDS)[number];

/** As dashboards store it. Values may hold template variables, also such with several values. */
export interface VirtmedicQuery extends DataQuery {
  kind: QueryKind;
  host?: string;
  domain?: string;
  app?: string;
  fault?: string;
  outcome?: string;
  /** Most rows; the frame says when there are more. */
  limit?: number;
  /** Of `processes`: threads of the guest's kernel too. */
  kernelThreads?: boolean;
  /** Follow changes between two refreshes of the dashboard. */
  live?: boolean;
}

export const VARIABLE_LISTS = ['hosts', 'domains', 'apps', 'faults', 'outcomes'] as const;
export type VariableList = (typeof VARIABLE_LISTS)[number];

/** Query of a template variable. */
export interface VirtmedicVariableQuery extends DataQuery {
  list: VariableList;
  /** Of `domains` and `apps`: only those of this host; may be a template variable. */
  host?: string;
}

/** The URL and the token are the data source's own, kept by Grafana; the browser sees neither. */
export type VirtmedicDataSourceOptions = DataSourceJsonData;
export interface VirtmedicSecureOptions {
  /** Bearer token with the scope `read`. */
  readToken?: string;
}

/** What the panel asks of a data source that can tell more than its frames. */
export interface RecoveryDetails {
  recovery(id: string): Promise<RecoveryDetail>;
}
