/** Stands for core's data source "-- Mixed --": gives each query to the source that it names, and their answers together. */
import { LoadingState } from '@grafana/data';
import type { DataQueryRequest, DataQueryResponse, DataSourceApi, DataSourceInstanceSettings } from '@grafana/data';
import type { DataSourceSrv } from '@grafana/runtime';
import { catchError, combineLatest, from, isObservable, map, mergeMap, of, startWith } from 'rxjs';
import type { Observable } from 'rxjs';

export const MIXED_UID = '-- Mixed --';

export const MIXED_SETTINGS = {
  id: -1, uid: MIXED_UID, name: MIXED_UID, type: 'datasource', access: 'direct', jsonData: {}, readOnly: true, meta: { id: 'mixed', name: 'Mixed', mixed: true, info: {} },
} as unknown as DataSourceInstanceSettings;

export function createMixedSource(service: () => DataSourceSrv): DataSourceApi {
  const query = (request: DataQueryRequest): Observable<DataQueryResponse> => {
    const groups = Map.groupBy(request.targets.filter(({ hide }) => hide !== true), ({ datasource }) => service().getInstanceSettings(datasource, request.scopedVars)?.uid ?? '');
    if (groups.size === 0) return of({ data: [] });
    const answers = [...groups].map(([uid, targets], index) => answerOf(service(), uid, { ...request, requestId: `mixed-${index}-${request.requestId}`, targets }));
    return combineLatest(answers).pipe(map(merge));
  };
  return { uid: MIXED_UID, name: MIXED_UID, type: 'datasource', meta: MIXED_SETTINGS.meta, interval: '', query, testDatasource: () => Promise.resolve({ status: 'success', message: '' }), getRef: () => ({ uid: MIXED_UID, type: 'datasource' }) } as unknown as DataSourceApi;
}

function answerOf(service: DataSourceSrv, uid: string, request: DataQueryRequest): Observable<DataQueryResponse> {
  return from(service.get(uid)).pipe(
    mergeMap((source) => {
      const answer = source.query(request);
      return isObservable(answer) ? answer : from(answer);
    }),
    catchError((error: unknown) => of({ data: [], state: LoadingState.Error, errors: [{ message: messageOf(error), refId: request.targets[0]?.refId }] } as DataQueryResponse)),
    startWith({ data: [], state: LoadingState.Loading } as DataQueryResponse),
  );
}

function messageOf(error: unknown): string {
  const known = error as { message?: string; statusText?: string; data?: { message?: string } };
  return known.data?.message ?? known.message ?? known.statusText ?? 'Query error';
}

function merge(answers: DataQueryResponse[]): DataQueryResponse {
  const errors = answers.flatMap((answer) => answer.errors ?? (answer.error ? [answer.error] : []));
  const states = answers.map(({ state }) => state ?? LoadingState.Done);
  const state = states.find((one) => one === LoadingState.Loading) ?? states.find((one) => one === LoadingState.Error) ?? states.find((one) => one === LoadingState.Streaming) ?? LoadingState.Done;
  return { data: answers.flatMap(({ data }) => data as unknown[]), state, ...(errors.length > 0 ? { errors } : {}) };
}
