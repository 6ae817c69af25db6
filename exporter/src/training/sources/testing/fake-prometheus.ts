/** Answers the questions of `queries.ts` as Prometheus does: newest sample within five minutes, grouped. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeSeries {
  labels: Record<string, string>;
  /** Unix seconds, rising, and value. */
  samples: [number, number | string][];
}

export interface FakePrometheus {
  url: string;
  /** Every question: path and parameters. */
  asked: { method: string; path: string; parameters: URLSearchParams; authorization: string | undefined }[];
  /** Answers instead, while it returns true. */
  instead: (request: IncomingMessage, response: ServerResponse, question: FakePrometheus['asked'][number]) => boolean;
  close(): Promise<void>;
}

const LOOKBACK_SECONDS = 300;

export async function startFakePrometheus(series: readonly FakeSeries[]): Promise<FakePrometheus> {
  const fake: FakePrometheus = { url: '', asked: [], instead: () => false, close: () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }) };
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', 'http://fake');
    const parameters = new URLSearchParams(body === '' ? url.search : body);
    const question = { method: request.method ?? '', path: url.pathname, parameters, authorization: request.headers.authorization };
    fake.asked.push(question);
    if (fake.instead(request, response, question)) return;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ status: 'success', data: dataOf(series, url.pathname, parameters) }));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

function dataOf(series: readonly FakeSeries[], path: string, parameters: URLSearchParams): unknown {
  const number = (name: string): number => Number(parameters.get(name));
  if (path.endsWith('/series')) return select(series, parameters.get('match[]') ?? '').filter(({ samples }) => samples.some(([at]) => at >= number('start') && at <= number('end'))).map(({ labels }) => labels);
  const query = parameters.get('query') ?? '';
  const range = /^(\{.*\})\[(\d+)s\]$/.exec(query);
  if (range !== null) {
    const within = ([at]: [number, unknown]): boolean => at <= number('time') && at > number('time') - Number(range[2]);
    return { resultType: 'matrix', result: select(series, range[1]!).map(({ labels, samples }) => ({ metric: labels, values: samples.filter(within).map(([at, value]) => [at, String(value)]) })).filter(({ values }) => values.length > 0) };
  }
  const result = new Map<string, { metric: Record<string, string>; values: [number, string][] }>();
  for (let at = number('start'); at <= number('end') + 1e-9; at += number('step')) {
    for (const [key, value] of evaluate(series, query, at)) {
      const found = result.get(key) ?? { metric: JSON.parse(key) as Record<string, string>, values: [] };
      found.values.push([at, String(value)]);
      result.set(key, found);
    }
  }
  return { resultType: 'matrix', result: [...result.values()] };
}

/** From labels, as JSON, to value. */
function evaluate(series: readonly FakeSeries[], query: string, at: number): Map<string, number> {
  const group = /^(max|sum) by \(([^)]*)\) \((.*)\)$/s.exec(query);
  if (group !== null) {
    const names = group[2]!.split(', ');
    const groups = new Map<string, number>();
    for (const [key, value] of evaluate(series, group[3]!, at)) {
      const labels = JSON.parse(key) as Record<string, string>;
      const kept = JSON.stringify(Object.fromEntries(names.filter((name) => name in labels).map((name) => [name, labels[name]])));
      const before = groups.get(kept);
      groups.set(kept, before === undefined ? value : group[1] === 'sum' ? before + value : Math.max(before, value));
    }
    return groups;
  }
  const stamp = /^timestamp\((.*)\)$/s.exec(query);
  const found = new Map<string, number>();
  for (const { labels, samples } of select(series, stamp?.[1] ?? query)) {
    const sample = newest(samples, at);
    if (sample === undefined || sample[0] <= at - LOOKBACK_SECONDS || sample[1] === 'stale') continue;
    const { __name__: _name, ...rest } = labels;
    found.set(JSON.stringify(stamp === null ? labels : rest), stamp === null ? Number(sample[1]) : sample[0]);
  }
  return found;
}

function newest(samples: FakeSeries['samples'], at: number): FakeSeries['samples'][number] | undefined {
  let [from, to] = [0, samples.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (samples[middle]![0] <= at) from = middle + 1;
    else to = middle;
  }
  return samples[from - 1];
}

const selected = new WeakMap<readonly FakeSeries[], Map<string, FakeSeries[]>>();

function select(series: readonly FakeSeries[], selector: string): FakeSeries[] {
  const known = selected.get(series) ?? new Map<string, FakeSeries[]>();
  selected.set(series, known);
  const found = known.get(selector) ?? matching(series, selector);
  known.set(selector, found);
  return found;
}

function matching(series: readonly FakeSeries[], selector: string): FakeSeries[] {
  const matchers = [...selector.matchAll(/(\w+)(=~?)("(?:[^"\\]|\\.)*")/g)].map(([, name, operator, value]) => ({ name: name!, operator, value: JSON.parse(value!) as string }));
  return series.filter(({ labels }) => matchers.every(({ name, operator, value }) => (operator === '=' ? (labels[name] ?? '') === value : new RegExp(`^(?:${value})$`).test(labels[name] ?? ''))));
}
