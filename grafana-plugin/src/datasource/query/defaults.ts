import { CoreApp, type DataQueryRequest } from '@grafana/data';
import { QUERY_KINDS, type QueryKind, type VirtmedicQuery } from '../types';

export const DEFAULT_LIMIT = 1000;
export const MAX_LIMIT = 20_000;

const IN_DASHBOARDS: readonly string[] = [CoreApp.Dashboard, CoreApp.PanelEditor, CoreApp.PanelViewer];

export function defaultQuery(app: CoreApp): Partial<VirtmedicQuery> {
  return { kind: 'recoveries', limit: DEFAULT_LIMIT, live: IN_DASHBOARDS.includes(app) };
}

export function isKind(kind: unknown): kind is QueryKind {
  return QUERY_KINDS.some((known) => known === kind);
}

/** A query as it is stored may be of another version, or written by hand. */
export function limitOf({ limit }: Partial<VirtmedicQuery>): number {
  return typeof limit === 'number' && limit >= 1 ? Math.min(MAX_LIMIT, Math.trunc(limit)) : DEFAULT_LIMIT;
}

/** A range up to now; changes come only in such. */
export function endsNow({ range }: Pick<DataQueryRequest, 'range'>): boolean {
  const { to } = range.raw;
  return typeof to === 'string' && to.startsWith('now') && !to.startsWith('now-');
}

/** Panels follow changes unless told otherwise. */
export function isLive({ live }: Partial<VirtmedicQuery>, request: Pick<DataQueryRequest, 'app' | 'range'>): boolean {
  return endsNow(request) && (live ?? IN_DASHBOARDS.includes(request.app));
}
