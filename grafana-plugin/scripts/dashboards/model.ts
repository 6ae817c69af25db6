/** The parts of Grafana's dashboard JSON that these dashboards use, and the ids that fit them together. */

/** The version of the dashboard JSON that this Grafana writes; older ones load it as well. */
export const SCHEMA_VERSION = 42;

export const UID = { overview: 'virtmedic-overview', host: 'virtmedic-host', domain: 'virtmedic-domain' } as const;
export const PANEL_TYPE = 'virtmedic-recoveryhistory-panel';
export const TAG = 'virtmedic';

/** Data sources are variables of the dashboard, so that it works wherever it is imported. */
export const PROMETHEUS = { type: 'prometheus', uid: '${prometheus}' } as const;
export const VIRTMEDIC = { type: 'virtmedic-recovery-datasource', uid: '${virtmedic}' } as const;
export const MIXED = { type: 'datasource', uid: '-- Mixed --' } as const;

export interface DataSourceRef {
  type: string;
  uid: string;
}

export interface Target {
  refId: string;
  datasource: DataSourceRef;
  [option: string]: unknown;
}

export interface Override {
  matcher: { id: string; options: unknown };
  properties: Array<{ id: string; value: unknown }>;
}

export interface GridPos {
  h: number;
  w: number;
  x: number;
  y: number;
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: GridPos;
  datasource?: DataSourceRef;
  targets?: Target[];
  fieldConfig?: { defaults: Record<string, unknown>; overrides: Override[] };
  options?: Record<string, unknown>;
  transformations?: Array<{ id: string; options: Record<string, unknown> }>;
  collapsed?: boolean;
  panels?: Panel[];
}

export interface Variable {
  name: string;
  type: string;
  [option: string]: unknown;
}

export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  schemaVersion: number;
  [part: string]: unknown;
  panels: Panel[];
  templating: { list: Variable[] };
}
