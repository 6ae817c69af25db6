/** What all dashboards have: data source variables, annotations of recoveries, links. */
import { PROMETHEUS, SCHEMA_VERSION, TAG, VIRTMEDIC, type Dashboard, type Panel, type Variable } from './model.ts';
import type { ApiQuery } from './queries.ts';

export interface DashboardParts {
  uid: string;
  title: string;
  description: string;
  variables: Variable[];
  /** Which recoveries are marked in the charts; null: none, the dashboard shows them as a list anyway. */
  marks: Pick<ApiQuery, 'host' | 'domain'> | null;
  links: unknown[];
  panels: Panel[];
}

export function dashboard({ uid, title, description, variables, marks, links, panels }: DashboardParts): Dashboard {
  return {
    uid,
    title,
    description,
    tags: [TAG],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    graphTooltip: 1,
    fiscalYearStartMonth: 0,
    timezone: '',
    weekStart: '',
    time: { from: 'now-24h', to: 'now' },
    timepicker: {},
    refresh: '30s',
    liveNow: false,
    annotations: { list: [ALERTS, ...(marks ? [recoveryMarks(marks)] : [])] },
    templating: { list: [...SOURCES, ...variables] },
    links,
    panels,
  };
}

const SOURCES: Variable[] = [
  source('prometheus', 'Prometheus', 'The Prometheus that scrapes virtmedic.'),
  source('virtmedic-recovery-datasource', 'virtmedic', "virtmedic's own data source.", 'virtmedic'),
];

function source(type: string, label: string, description: string, name = type): Variable {
  return {
    name,
    type: 'datasource',
    label,
    description,
    query: type,
    regex: '',
    refresh: 1,
    hide: 0,
    includeAll: false,
    multi: false,
    options: [],
    current: {},
    skipUrlSync: false,
  };
}

/** A variable with the values of a label in Prometheus. */
export function labelVariable(name: string, label: string, description: string, metric: string): Variable {
  const definition = `label_values(${metric},${name})`;
  return {
    name,
    type: 'query',
    label,
    description,
    datasource: PROMETHEUS,
    definition,
    query: { qryType: 1, query: definition, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: 2,
    regex: '',
    sort: 7,
    hide: 0,
    includeAll: false,
    multi: false,
    options: [],
    current: {},
    skipUrlSync: false,
  };
}

/** Grafana's own, which every dashboard has. */
const ALERTS = {
  builtIn: 1,
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  enable: true,
  hide: true,
  iconColor: 'rgba(0, 211, 255, 1)',
  name: 'Annotations & Alerts',
  type: 'dashboard',
};

function recoveryMarks(filter: Pick<ApiQuery, 'host' | 'domain'>) {
  return {
    name: 'Recoveries',
    datasource: VIRTMEDIC,
    enable: true,
    hide: false,
    iconColor: 'orange',
    target: { refId: 'Recoveries', kind: 'recoveries', ...filter, limit: 200 },
  };
}
