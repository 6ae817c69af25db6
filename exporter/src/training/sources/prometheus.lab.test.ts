import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPrometheus } from '../../../../test/lab/prometheus.ts';
import type { Prometheus } from '../../../../test/lab/prometheus.ts';
import type { DomainReading } from '../../prediction/observation/reading.ts';
import { simulatedReadings } from '../../prediction/testing/simulated-readings.ts';
import { openPrometheus } from './prometheus.ts';
import type { PrometheusRange } from './prometheus.ts';
import type { FakeSeries } from './testing/fake-prometheus.ts';
import { scraped } from './testing/scraped.ts';

/** Against Debian's Prometheus: what the fake one in the unit tests answers is what it really answers. */
const TICKS = 1200;
const STEP_SECONDS = 15;
const START_MS = Math.floor(Date.now() / 1000 - (TICKS + 240) * STEP_SECONDS) * 1000;
const END_MS = START_MS + TICKS * STEP_SECONDS * 1000;
const READINGS = simulatedReadings({ ticks: TICKS, tickSeconds: STEP_SECONDS, startMs: START_MS + 300, leakFromTick: 1100 });
const WEB = { host: 'h1', domain: 'web "1"|a\\b' };

let folder: string;
let prometheus: Prometheus;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prometheus-source-'));
  const fault = (from: number, to: number): FakeSeries => ({ labels: { __name__: 'virtmedic_domain_fault', ...WEB, fault: 'domain_crashed' }, samples: READINGS.slice(from, to).map(({ atMs }) => [atMs / 1000, 1]) });
  const info: FakeSeries = { labels: { __name__: 'virtmedic_domain_info', ...WEB, uuid: 'u-1' }, samples: READINGS.map(({ atMs }) => [atMs / 1000, 1]) };
  // One scrape was missed, and a second scraper sees the same domain.
  const missed = READINGS.filter((_, n) => n !== 600);
  const series = [...scraped(WEB, missed), ...scraped({ ...WEB, instance: 'second' }, missed), ...scraped({ host: 'h2', domain: 'db' }, READINGS.slice(0, 700)), info, fault(900, 1000)];
  const file = join(folder, 'series.txt');
  writeFileSync(file, openMetrics(series));
  const data = join(folder, 'prometheus', 'data');
  await mkdir(data, { recursive: true });
  await promisify(execFile)('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, data]);
  prometheus = await startPrometheus({ folder: join(folder, 'prometheus'), config: 'global: {}\n', flags: ['--query.max-samples=20000'] });
});
afterAll(async () => {
  await prometheus?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function openMetrics(series: readonly FakeSeries[]): string {
  const label = ([name, value]: [string, string]): string => `${name}=${JSON.stringify(value)}`;
  const lines = series.flatMap(({ labels: { __name__: name, ...labels }, samples }) => samples.map(([at, value]) => `${name}{${Object.entries(labels).map(label).join(',')}} ${value} ${at}`));
  return `${lines.join('\n')}\n# EOF\n`;
}

function range(more: Partial<PrometheusRange> = {}): PrometheusRange {
  return { url: prometheus.url, domains: [], hosts: [], hostLabel: 'host', fromMs: START_MS, toMs: END_MS, nowMs: END_MS, signal: AbortSignal.timeout(120_000), ...more };
}

it('readings are those that were scraped, in stretches that Prometheus can answer', async () => {
  const shares: number[] = [];
  const source = await openPrometheus(range({ onProgress: (share) => shares.push(share) }));
  expect([source.tickSeconds, source.scrapeSeconds]).toEqual([STEP_SECONDS, STEP_SECONDS]);
  expect(source.domains.map(({ host, domain, uuid }) => [host, domain, uuid])).toEqual([['h1', WEB.domain, 'u-1'], ['h2', 'db', null]]);
  const found = new Map<string, DomainReading[]>();
  for await (const { host, readings } of source.readings()) found.set(host, [...(found.get(host) ?? []), ...readings]);
  // The samples that it may load at once are fewer than all.
  expect(shares.length).toBeGreaterThan(2);
  const expected = READINGS.slice(0, TICKS - 1).filter((_, n) => n !== 600);
  const web = found.get('h1')!;
  expect(web.map(({ atMs }) => atMs)).toEqual(expected.map(({ atMs }) => atMs));
  web.forEach((reading, n) => {
    const { running, vcpus, memoryTotalBytes, memoryUsableBytes, receivedBytes, writtenBytes, cpuNanoseconds } = expected[n]!;
    expect(reading).toMatchObject({ running, vcpus, memoryTotalBytes, memoryUsableBytes });
    for (const [is, should] of [[reading.receivedBytes, receivedBytes], [reading.writtenBytes, writtenBytes], [reading.cpuNanoseconds, cpuNanoseconds]]) expect(Math.abs(is! - should!)).toBeLessThanOrEqual(1e-9 * should!);
  });
  expect(found.get('h2')!.length).toBe(700);
});

it('failures end when their series does', async () => {
  const { domains } = await openPrometheus(range({ domains: [WEB.domain] }));
  const [failure] = domains[0]!.failures;
  expect(domains[0]!.failures).toHaveLength(1);
  expect(Math.abs(failure!.fromMs - READINGS[900]!.atMs)).toBeLessThanOrEqual(STEP_SECONDS * 1000);
  // Backfilled series have no marks of staleness: they last for five minutes more than their last sample.
  expect(failure!.toMs - READINGS[999]!.atMs).toBeLessThanOrEqual(330_000);
});

it('what does not exist is said', async () => {
  await expect(openPrometheus(range({ domains: ['none'] }))).rejects.toThrow('has no libvirt_domain_* series of domain none');
  await expect(openPrometheus(range({ hostLabel: 'node' }))).rejects.toThrow('without the label "node"');
});
