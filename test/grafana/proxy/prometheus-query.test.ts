import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPrometheusQuery } from './prometheus-query.ts';

let answer: object = {};
const asked: URLSearchParams[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (data: Buffer) => (body += data.toString()));
  request.on('end', () => {
    asked.push(new URLSearchParams(body));
    response.end(JSON.stringify(answer));
  });
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const place = () => ({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, scrapeInterval: '5s', fromMs: 1_000_003_000, toMs: 1_000_063_000 });

test('a range query is aligned to its step, and each series is a frame', async () => {
  answer = { status: 'success', data: { resultType: 'matrix', result: [{ metric: { __name__: 'up', job: 'a' }, values: [[1_000_000, '1'], [1_000_005, 'NaN'], [1_000_010, '+Inf']] }] } };
  const result = await runPrometheusQuery({ refId: 'A', expr: 'up', range: true }, place());
  expect(Object.fromEntries(asked.at(-1) ?? [])).toEqual({ query: 'up', start: '1000000', end: '1000060', step: '5' });
  expect(result).toMatchObject({ status: 200, frames: [{
    schema: { refId: 'A', meta: { type: 'timeseries-multi', custom: { resultType: 'matrix' } }, fields: [{ name: 'Time', type: 'time', config: { interval: 5000 } }, { type: 'number', labels: { __name__: 'up', job: 'a' }, config: { displayNameFromDS: 'up{job="a"}' } }] },
    data: { values: [[1_000_000_000, 1_000_005_000, 1_000_010_000], [1, null, null]], entities: [null, { NaN: [1], Inf: [2] }] },
  }] });
});

test('an instant query; legends; errors', async () => {
  answer = { status: 'success', data: { resultType: 'vector', result: [{ metric: { host: 'h1' }, value: [5, '2'] }] } };
  expect(await runPrometheusQuery({ refId: 'B', expr: 'sum(x)', instant: true, legendFormat: 'on {{host}}' }, place())).toMatchObject({
    frames: [{ schema: { meta: { type: 'numeric-multi' }, fields: [{}, { name: 'Value', config: { displayNameFromDS: 'on h1' } }] } }],
  });
  answer = { status: 'error', errorType: 'bad_data', error: 'parse error' };
  expect(await runPrometheusQuery({ refId: 'C', expr: '(' }, place())).toMatchObject({ status: 400, error: 'bad_data: parse error' });
});
