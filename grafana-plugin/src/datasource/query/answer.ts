import type { DataFrame, DataQueryRequest, QueryResultMetaNotice } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import { map, type Observable } from 'rxjs';
import type { Client } from '../../api/client';
import type { Listed } from '../../api/read';
import type { Domain, Host } from '../../api/types';
import { appsOfDomains } from '../../api/domainApps';
import { appsFrame } from '../../frames/apps';
import { forecastsFrame, forecastsOf } from '../../frames/forecasts';
import { domainsFrame, hostsFrame } from '../../frames/inventory';
import { recoveriesFrame } from '../../frames/recoveries';
import type { FeedEvent } from '../live/changeFeed';
import { follow, once, type Followed } from '../live/follow';
import type { QueryKind, VirtmedicQuery } from '../types';
import { endsNow, isLive, limitOf } from './defaults';
import { filtersOf, type Filters } from './filters';
import { list, merge, type Listing, type Selection } from './listing';
import { interruptedNotice, noAppNotice, noForecastNotice, skippedNotice, truncatedNotice } from './notices';
import { processesOf } from './processes';

/** Answer to one target. */
export interface Answer {
  refId: string;
  frame: DataFrame | null;
  error: unknown;
  /** More answers may follow. */
  isLive: boolean;
}

export interface Source {
  client: Client;
  feed: Observable<FeedEvent>;
  templates: Pick<TemplateSrv, 'replace'>;
}

type Request = DataQueryRequest<VirtmedicQuery>;
type Answering = (query: VirtmedicQuery, filters: Filters, request: Request, source: Source) => Observable<Answer>;

/** One for each kind of query. */
const ANSWERS: Record<QueryKind, Answering> = {
  recoveries: recoveries(false),
  incidents: recoveries(true),
  hosts: ({ refId }, filters, _request, { client }) =>
    table(refId, async (signal) => {
      const { items, skipped } = await hostsOf(client, filters, signal);
      return hostsFrame(items, refId, skippedNotice(skipped));
    }),
  domains: ({ refId }, filters, _request, { client }) =>
    table(refId, async (signal) => {
      const { items, skipped } = await domainsOf(client, filters, signal);
      return domainsFrame(items, refId, skippedNotice(skipped));
    }),
  apps: ({ refId }, filters, _request, { client }) =>
    table(refId, async (signal) => {
      const { items, skipped } = await domainsOf(client, filters, signal);
      const apps = appsOfDomains(items).filter(({ app }) => isAny(filters.app, app.name));
      const notices = apps.length === 0 && items.length > 0 ? [noAppNotice()] : [];
      return appsFrame(apps, refId, [...skippedNotice(skipped), ...notices]);
    }),
  processes: ({ refId, kernelThreads }, filters, _request, { client }) =>
    table(refId, async (signal) => {
      const isNamed = filters.domain.length > 0;
      const domains = isNamed ? await domainsOf(client, filters, signal) : { items: [], skipped: 0 };
      return processesOf(client, domains, { refId, isNamed, kernelThreads: kernelThreads === true }, signal);
    }),
  forecast: ({ refId }, filters, _request, { client }) =>
    table(refId, async (signal) => {
      const [domains, hosts] = await Promise.all([
        domainsOf(client, filters, signal),
        // Who asks for domains by name asks for no host.
        filters.domain.length > 0 ? { items: [], skipped: 0 } : hostsOf(client, filters, signal),
      ]);
      const forecasts = forecastsOf(hosts.items, domains.items);
      const watched = domains.items.length + hosts.items.length;
      const notices = forecasts.length === 0 && watched > 0 ? [noForecastNotice()] : [];
      return forecastsFrame(forecasts, refId, [...skippedNotice(domains.skipped + hosts.skipped), ...notices]);
    }),
};

async function hostsOf(client: Client, { host }: Filters, signal: AbortSignal): Promise<Listed<Host>> {
  const { items, skipped } = await client.hosts(signal);
  return { items: items.filter(({ name }) => isAny(host, name)), skipped };
}

async function domainsOf(client: Client, { host, domain }: Filters, signal: AbortSignal): Promise<Listed<Domain>> {
  const { items, skipped } = await client.domains(host.length === 1 ? host[0] : undefined, signal);
  const isShown = (item: Domain) => isAny(host, item.host) && (isAny(domain, item.name) || isAny(domain, item.uuid));
  return { items: items.filter(isShown), skipped };
}

/** What the target asks for, once or followed. Never fails: an error is in the answer. */
export function answer(target: VirtmedicQuery, request: Request, source: Source): Observable<Answer> {
  return ANSWERS[target.kind](target, filtersOf(target, request.scopedVars, source.templates), request, source);
}

function recoveries(openOnly: boolean): Answering {
  return (query, filters, request, { client, feed }) => {
    const { from, to } = request.range;
    const selection: Selection = {
      openOnly,
      fromMs: from.valueOf(),
      toMs: endsNow(request) ? null : to.valueOf(),
      filters,
      limit: limitOf(query),
    };
    const listing = (signal: AbortSignal) => list(client, selection, signal);
    if (!isLive(query, request)) {
      return once(listing).pipe(map((state) => recoveriesAnswer(state, query.refId, false)));
    }
    return follow({ feed, list: listing, merge: (listed, changes) => merge(listed, changes, selection) }).pipe(
      map((state) => recoveriesAnswer(state, query.refId, true))
    );
  };
}

function recoveriesAnswer({ listing, error, interrupted }: Followed<Listing>, refId: string, live: boolean): Answer {
  if (listing === null) {
    return { refId, frame: null, error, isLive: live };
  }
  const { items, truncated, skipped, last } = listing;
  const notices: QueryResultMetaNotice[] = [
    ...skippedNotice(skipped),
    ...(truncated ? [truncatedNotice(items.length)] : []),
    ...(interrupted === null ? [] : [interruptedNotice(interrupted)]),
  ];
  const following = interrupted === null ? 'following' : 'interrupted';
  const frame = recoveriesFrame({ items, truncated, last, notices, live: live ? following : undefined }, refId);
  return { refId, frame, error: null, isLive: live };
}

function table(refId: string, frame: (signal: AbortSignal) => Promise<DataFrame>): Observable<Answer> {
  return once(frame).pipe(map(({ listing, error }) => ({ refId, frame: listing, error, isLive: false })));
}

function isAny(values: readonly string[], value: string): boolean {
  return values.length === 0 || values.includes(value);
}
