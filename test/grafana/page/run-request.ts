/** Runs a query and makes panel data of what comes, as core's runRequest, which is not published. */
import { LoadingState } from '@grafana/data';
import type { DataFrame, DataQueryRequest, DataQueryResponse, DataSourceApi, PanelData } from '@grafana/data';
import { toDataQueryError } from '@grafana/runtime';
import type { Observable } from 'rxjs';
import { catchError, from, isObservable, map, of, startWith } from 'rxjs';
import { host } from './host.ts';

/** `ask`: takes the place of the source's own `query`, as for variables. */
export function runRequest(source: DataSourceApi, request: DataQueryRequest, ask?: typeof source.query): Observable<PanelData> {
  const base = { series: [] as DataFrame[], timeRange: request.range, request };
  // A streaming source sends packets; each replaces the packet of the same key.
  const packets = new Map<string, DataFrame[]>();
  const answer = ask === undefined ? source.query(request) : ask(request);
  return (isObservable(answer) ? answer : from(answer)).pipe(
    map((response) => panelData(base, packets, response)),
    startWith({ ...base, state: LoadingState.Loading }),
    catchError((error: unknown) => {
      const own = toDataQueryError(error);
      note(own.message ?? own.status);
      return of({ ...base, state: LoadingState.Error, error: own, errors: [own] });
    }),
  );
}

function panelData(base: Pick<PanelData, 'timeRange' | 'request'>, packets: Map<string, DataFrame[]>, response: DataQueryResponse): PanelData {
  // Whoever asked makes frames of them: the answers for variables are none.
  packets.set(response.key ?? 'A', response.data as DataFrame[]);
  const frames = [...packets.values()].flat();
  const errors = response.errors ?? (response.error ? [response.error] : []);
  for (const error of errors) note(error.message);
  const state = response.state ?? (errors.length > 0 ? LoadingState.Error : LoadingState.Done);
  return {
    ...base,
    state,
    series: frames.filter((frame) => frame?.meta?.dataTopic !== 'annotations'),
    annotations: frames.filter((frame) => frame?.meta?.dataTopic === 'annotations'),
    ...(errors.length > 0 ? { errors, error: errors[0] } : {}),
  };
}

function note(text: unknown): void {
  host.queryErrors.push(String(text));
}
