import {
  DataSourceApi,
  LoadingState,
  type CoreApp,
  type DataFrame,
  type DataQueryError,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceInstanceSettings,
  type LegacyMetricFindQueryOptions,
  type MetricFindValue,
  type ScopedVars,
  type TestDataSourceResponse,
} from '@grafana/data';
import { t } from '@grafana/i18n';
import { getTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import { combineLatest, map, of, type Observable } from 'rxjs';
import { createClient, type Client } from '../api/client';
import { ApiError, describe } from '../api/errors';
import { grafanaTransport, type Transport } from '../api/transport';
import type { RecoveryDetail } from '../api/types';
import { annotationSupport } from './annotations';
import { checkHealth } from './health';
import { changeFeed, type FeedEvent } from './live/changeFeed';
import { answer, type Answer } from './query/answer';
import { defaultQuery, isKind } from './query/defaults';
import type { RecoveryDetails, VirtmedicDataSourceOptions, VirtmedicQuery, VirtmedicVariableQuery } from './types';
import { variableValues } from './variables/values';
import { VirtmedicVariableSupport } from './variables/VirtmedicVariableSupport';

/** virtmedic in Grafana. It reads only, through Grafana's data proxy, which adds the token. */
export class VirtmedicDataSource
  extends DataSourceApi<VirtmedicQuery, VirtmedicDataSourceOptions>
  implements RecoveryDetails
{
  readonly client: Client;
  override annotations = annotationSupport;
  override variables = new VirtmedicVariableSupport(this);
  private readonly transport: Transport;
  /** One for all panels of a dashboard. */
  private readonly feed: Observable<FeedEvent>;
  private readonly isDirect: boolean;

  constructor(
    settings: DataSourceInstanceSettings<VirtmedicDataSourceOptions>,
    readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    this.transport = grafanaTransport((settings.url ?? '').replace(/\/+$/, ''));
    this.client = createClient(this.transport);
    this.feed = changeFeed((cursor, signal) => this.client.changes(cursor, signal));
    this.isDirect = settings.access === 'direct';
  }

  override query(request: DataQueryRequest<VirtmedicQuery>): Observable<DataQueryResponse> {
    const targets = request.targets.filter((target) => target.hide !== true);
    if (targets.length === 0) {
      return of({ data: [] });
    }
    const { client, feed, templates } = this;
    return combineLatest(targets.map((target) => answer(target, request, { client, feed, templates }))).pipe(
      map(response)
    );
  }

  override filterQuery(query: VirtmedicQuery): boolean {
    return isKind(query.kind);
  }

  override getDefaultQuery(app: CoreApp): Partial<VirtmedicQuery> {
    return defaultQuery(app);
  }

  override getQueryDisplayText({ kind, host, domain, app, fault, outcome }: VirtmedicQuery): string {
    return [kind, host, domain, app, fault, outcome].filter((part) => part !== undefined && part !== '').join(' · ');
  }

  override interpolateVariablesInQueries(queries: VirtmedicQuery[], scopedVars: ScopedVars): VirtmedicQuery[] {
    const replaced = (text: string | undefined) => text && this.templates.replace(text, scopedVars, 'glob');
    return queries.map((query) => ({
      ...query,
      host: replaced(query.host),
      domain: replaced(query.domain),
      app: replaced(query.app),
      fault: replaced(query.fault),
      outcome: replaced(query.outcome),
    }));
  }

  override metricFindQuery(
    query: VirtmedicVariableQuery | string | undefined,
    options: LegacyMetricFindQueryOptions = {}
  ): Promise<MetricFindValue[]> {
    return variableValues(this.client, query, options.scopedVars ?? {}, this.templates);
  }

  override testDatasource(): Promise<TestDataSourceResponse> {
    if (this.isDirect) {
      const message = t(
        'datasource.health.direct',
        'Access must be "Server": the browser holds no token, so Grafana has to ask for it.'
      );
      return Promise.resolve({ status: 'error', message });
    }
    return checkHealth(this.client, this.transport);
  }

  /** Everything about one recovery: steps, decisions, evidence. */
  recovery(id: string): Promise<RecoveryDetail> {
    return this.client.recovery(id);
  }
}

/** All answers in one; while one of them is live, so is the whole. */
function response(answers: Answer[]): DataQueryResponse {
  const data: DataFrame[] = answers.flatMap(({ frame }) => frame ?? []);
  const errors = answers.flatMap(({ error, refId }) => (error === null ? [] : [toQueryError(error, refId)]));
  if (errors.length > 0) {
    return { data, errors, state: LoadingState.Error };
  }
  return { data, state: answers.some(({ isLive }) => isLive) ? LoadingState.Streaming : LoadingState.Done };
}

function toQueryError(error: unknown, refId: string): DataQueryError {
  return {
    message: describe(error),
    refId,
    ...(error instanceof ApiError && error.status > 0 ? { status: error.status } : {}),
  };
}
