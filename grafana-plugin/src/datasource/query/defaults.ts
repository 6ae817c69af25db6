import { CoreApp } from '@grafana/data';
import type { DataQueryRequest } from '@grafana/data';
import { QUERY_KINDS } from '../types';
import type { QueryKind, VirtmedicQuery } from '../types';

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

/** Panels follow changes unless told otherwise; a range that ends in the past has none. */
export function isLive(
  { live }: Partial<VirtmedicQuery>,
  { app, range }: Pick<DataQueryRequest, 'app' | 'range'>
): boolean {
  const { to } = range.raw;
  const endsNow = typeof to === 'string' && to.startsWith('now') && !to.startsWith('now-');
  return endsNow && (live ?? IN_DASHBOARDS.includes(app));
}
