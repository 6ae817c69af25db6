/** The part of a dashboard's JSON that this page understands. */
import type { AnnotationQuery, DataSourceRef, FieldConfigSource } from '@grafana/data';

export interface DashboardJson {
  uid?: string;
  title?: string;
  time?: { from: string; to: string };
  timezone?: string;
  refresh?: string;
  panels?: PanelJson[];
  templating?: { list?: VariableJson[] };
  annotations?: { list?: (AnnotationQuery & { builtIn?: number; hide?: boolean })[] };
}

export interface PanelJson {
  id?: number;
  type: string;
  title?: string;
  description?: string;
  gridPos?: { x: number; y: number; w: number; h: number };
  collapsed?: boolean;
  panels?: PanelJson[];
  options?: Record<string, unknown>;
  fieldConfig?: FieldConfigSource;
  datasource?: DataSourceRef | string | null;
  targets?: ({ refId: string; datasource?: DataSourceRef | string } & Record<string, unknown>)[];
  transformations?: { id: string; options: Record<string, unknown> }[];
  maxDataPoints?: number | null;
  interval?: string;
  links?: unknown[];
  transparent?: boolean;
}

export interface VariableJson {
  name: string;
  type: string;
  label?: string;
  hide?: number;
  query?: string | Record<string, unknown>;
  datasource?: DataSourceRef | null;
  regex?: string;
  refresh?: number;
  sort?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  current?: { value?: string | string[]; text?: string | string[] };
}
