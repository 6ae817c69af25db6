/** `/api/ds/query` for Prometheus: asks the real server and builds data frames as Grafana's back end does. */
import { fillVariables, stepMs } from './prometheus-step.ts';
import type { PrometheusQuery } from './prometheus-step.ts';

interface Frame {
  schema: { refId: string; meta: Record<string, unknown>; fields: Record<string, unknown>[] };
  data: { values: (number | null)[][]; entities?: (Entities | null)[] };
}
interface Entities {
  NaN?: number[];
  Inf?: number[];
  NegInf?: number[];
}
export type QueryResult = { status: number; frames: Frame[] } | { status: number; error: string; errorSource: 'downstream' };

type Pair = [number, string];
type Series = { metric: Record<string, string>; values?: Pair[]; value?: Pair };
type Answer =
  | { status: 'success'; data: { resultType: 'matrix' | 'vector'; result: Series[] } | { resultType: 'scalar'; result: Pair } }
  | { status: 'error'; errorType: string; error: string };

const TIMEOUT_MS = 30_000;

export interface Place {
  url: string;
  scrapeInterval: string;
  fromMs: number;
  toMs: number;
}

export async function runPrometheusQuery(query: PrometheusQuery, place: Place): Promise<QueryResult> {
  const { fromMs, toMs, scrapeInterval } = place;
  const step = stepMs(query, fromMs, toMs, scrapeInterval);
  const expr = fillVariables(query, step, fromMs, toMs, scrapeInterval);
  const isRange = query.range === true || query.instant !== true;
  const frames: Frame[] = [];
  const asked: [string, Record<string, string>][] = [];
  if (isRange) asked.push(['query_range', rangeParameters(query, step, fromMs, toMs)]);
  if (query.instant === true) asked.push(['query', { time: `${toMs / 1000}` }]);
  for (const [endpoint, parameters] of asked) {
    const answer = await ask(place.url, endpoint, { query: expr, ...parameters });
    if (answer.status === 'error') return { status: 400, error: `${answer.errorType}: ${answer.error}`, errorSource: 'downstream' };
    frames.push(...framesOf(query, expr, step, answer.data));
  }
  return { status: 200, frames };
}

/** Both ends lie on multiples of the step, so that Prometheus's answers can be cached. */
function rangeParameters({ utcOffsetSec = 0 }: PrometheusQuery, step: number, fromMs: number, toMs: number): Record<string, string> {
  const align = (ms: number): number => (Math.floor((ms + utcOffsetSec * 1000) / step) * step - utcOffsetSec * 1000) / 1000;
  return { start: `${align(fromMs)}`, end: `${align(toMs)}`, step: `${step / 1000}` };
}

async function ask(url: string, endpoint: string, parameters: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams(parameters);
  const answer = await fetch(`${url}/api/v1/${endpoint}`, { method: 'POST', body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return (await answer.json()) as Answer;
}

function framesOf(query: PrometheusQuery, expr: string, step: number, data: Extract<Answer, { status: 'success' }>['data']): Frame[] {
  const meta = { custom: { resultType: data.resultType }, executedQueryString: `Expr: ${expr}\nStep: ${step / 1000}s` };
  if (data.resultType === 'scalar') return [frameOf(query, expr, step, {}, [data.result], { ...meta, type: 'numeric-multi', typeVersion: [0, 1] })];
  const type = data.resultType === 'matrix' ? 'timeseries-multi' : 'numeric-multi';
  const frames = data.result.map(({ metric, values, value }) =>
    frameOf(query, expr, step, metric, values ?? (value === undefined ? [] : [value]), { ...meta, type, typeVersion: [0, 1] }));
  // A query without a result still tells what was asked.
  return frames.length > 0 ? frames : [{ schema: { refId: query.refId, meta, fields: [] }, data: { values: [] } }];
}

function frameOf(query: PrometheusQuery, expr: string, step: number, labels: Record<string, string>, pairs: Pair[], meta: Record<string, unknown>): Frame {
  const entities: Entities = {};
  const values = pairs.map(([, text], row) => numberOf(text, row, entities));
  const hasEntities = Object.keys(entities).length > 0;
  const name = displayName(query, expr, labels);
  return {
    schema: {
      refId: query.refId,
      meta,
      fields: [
        { name: 'Time', type: 'time', typeInfo: { frame: 'time.Time' }, config: { interval: step } },
        { name: labels['__name__'] ?? 'Value', type: 'number', typeInfo: { frame: 'float64' }, labels, config: name === '' ? {} : { displayNameFromDS: name } },
      ],
    },
    data: { values: [pairs.map(([seconds]) => Math.round(seconds * 1000)), values], ...(hasEntities ? { entities: [null, entities] } : {}) },
  };
}

/** JSON has no NaN and no infinity: they are null, and their rows are listed beside. */
function numberOf(text: string, row: number, entities: Entities): number | null {
  const kind = text === 'NaN' ? 'NaN' : text === '+Inf' ? 'Inf' : text === '-Inf' ? 'NegInf' : null;
  if (kind === null) return Number(text);
  (entities[kind] ??= []).push(row);
  return null;
}

function displayName({ legendFormat = '' }: PrometheusQuery, expr: string, labels: Record<string, string>): string {
  if (legendFormat === '__auto') return Object.keys(labels).length > 0 ? '' : expr;
  if (legendFormat !== '') return legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
  const { __name__: name = '', ...others } = labels;
  const inner = Object.entries(others).map(([label, value]) => `${label}=${JSON.stringify(value)}`).sort().join(', ');
  if (inner === '') return name === '' ? expr : name;
  return `${name}{${inner}}`;
}
