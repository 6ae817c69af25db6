import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createPredictor, DEFAULT_PREDICTOR, forecasterFor, predictDomain } from '../../prediction/predictor.ts';
import { structuredModel } from '../../prediction/prior.ts';
import type { DomainReading } from '../../prediction/observation/reading.ts';
import { simulatedReadings } from '../../prediction/testing/simulated-readings.ts';
import { openPrometheus, PrometheusError, PrometheusUnreachableError } from './prometheus.ts';
import type { PrometheusRange, PrometheusSource } from './prometheus.ts';
import { startFakePrometheus } from './testing/fake-prometheus.ts';
import type { FakePrometheus, FakeSeries } from './testing/fake-prometheus.ts';
import { scraped } from './testing/scraped.ts';

const START_MS = 1_700_000_000_000;
const TICKS = 250;
const END_MS = START_MS + TICKS * 15_000;
const READINGS = simulatedReadings({ ticks: TICKS, tickSeconds: 15, startMs: START_MS + 300 });
const WEB = { host: 'h1', domain: 'web "1"|a' };
const DB = { host: 'h2', domain: 'db' };

let fake: FakePrometheus | null = null;
const folders: string[] = [];
afterEach(async () => {
  await fake?.close();
  fake = null;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'prometheus-'));
  folders.push(made);
  return join(made, 'fetched');
}

const SERIES: FakeSeries[] = [...scraped(WEB, READINGS), ...scraped(DB, READINGS.slice(100))];

async function start(series: readonly FakeSeries[] = SERIES): Promise<FakePrometheus> {
  fake = await startFakePrometheus(series);
  return fake;
}

function range(url: string, more: Partial<PrometheusRange> = {}): PrometheusRange {
  const known = { url, domains: [], hosts: [], hostLabel: 'host', fromMs: START_MS, toMs: END_MS, nowMs: END_MS, signal: new AbortController().signal, wait: async () => undefined };
  return { ...known, ...more };
}

async function all(source: PrometheusSource): Promise<Record<string, DomainReading[]>> {
  const found: Record<string, DomainReading[]> = {};
  for await (const { host, domain, readings } of source.readings()) (found[`${domain}@${host}`] ??= []).push(...readings);
  return found;
}

/** What no series tells. */
const UNTOLD = { swapInBytes: null, swapOutBytes: null, receivedPackets: null, transmittedPackets: null, diskAllocatedBytes: null, diskCapacityBytes: null };

describe('a range of Prometheus', () => {
  it('gives the readings as they were scraped, of every domain, at their own time', async () => {
    const source = await openPrometheus(range((await start()).url));
    expect(source).toMatchObject({ tickSeconds: 15, scrapeSeconds: 15, domains: [{ ...WEB, uuid: null, failures: [] }, { ...DB, uuid: null, failures: [] }] });
    const found = await all(source);
    expect(Object.keys(found).sort()).toEqual(['db@h2', 'web "1"|a@h1']);
    const web = found['web "1"|a@h1']!;
    // The last scrape lies after the last step.
    expect(web).toHaveLength(TICKS - 1);
    for (const n of [0, 1, 200, TICKS - 2]) {
      const { cpuNanoseconds, writeNanoseconds, ...rest } = { ...READINGS[n]!, ...UNTOLD };
      expect(web[n]).toMatchObject(rest);
      expect([web[n]!.cpuNanoseconds! / cpuNanoseconds! || 1, web[n]!.writeNanoseconds! / writeNanoseconds! || 1].map((ratio) => Math.abs(ratio - 1) < 1e-9)).toEqual([true, true]);
    }
    expect(found['db@h2']).toHaveLength(TICKS - 101);
  });

  it('is forecast as the sampler\'s own readings are', async () => {
    const settings = { ...DEFAULT_PREDICTOR, parameters: { ...DEFAULT_PREDICTOR.parameters, intervalSeconds: 15 } };
    const forecast = (readings: readonly DomainReading[]): number[] => {
      const predictor = createPredictor(settings, forecasterFor(structuredModel(15), settings));
      return readings.map((reading) => predictDomain(predictor, reading, false).failureProbability[0]!);
    };
    const found = await all(await openPrometheus(range((await start()).url, { domains: [WEB.domain] })));
    const expected = forecast(READINGS.slice(0, -1).map((reading) => ({ ...reading, ...UNTOLD })));
    forecast(found['web "1"|a@h1']!).forEach((probability, n) => expect(probability).toBeCloseTo(expected[n]!, 6));
  });

  it('takes what is chosen, counts several scrapers once, and asks with the host label of other exporters', async () => {
    const { url } = await start([...SERIES, ...scraped({ ...DB, instance: 'other' }, READINGS.slice(100))]);
    const chosen = await openPrometheus(range(url, { domains: ['db', 'x.y'], hosts: ['h2'] }));
    expect(chosen.domains.map(({ domain }) => domain)).toEqual(['db']);
    expect((await all(chosen))['db@h2']![5]!.receivedBytes).toBeCloseTo(READINGS[105]!.receivedBytes!, 3);
    await fake!.close();
    const foreign = scraped({ domain: 'db', instance: 'kvm1:9177' }, READINGS);
    const { url: other } = await start(foreign);
    await expect(openPrometheus(range(other))).rejects.toThrow('without the label "host": give --host-label instance');
    expect((await openPrometheus(range(other, { hostLabel: 'instance' }))).domains).toMatchObject([{ host: 'kvm1:9177', domain: 'db' }]);
  });

  it('knows what a missed scrape, a stop and a value that is none are', async () => {
    const stopped = READINGS.map((reading, n): DomainReading => (n === 50 ? { ...reading, running: false } : n === 60 ? { ...reading, memoryUsableBytes: null } : reading)).filter((_, n) => n !== 70);
    const found = (await all(await openPrometheus(range((await start(scraped(DB, stopped))).url))))['db@h2']!;
    expect(found).toHaveLength(TICKS - 2);
    expect([found[50]!.running, found[51]!.running, found[60]!.memoryUsableBytes, found[61]!.memoryUsableBytes]).toEqual([false, true, null, READINGS[61]!.memoryUsableBytes]);
    expect(found[70]!.atMs - found[69]!.atMs).toBe(30_000);
  });

  it('tells identity and failures from virtmedic\'s own series', async () => {
    const at = (n: number): number => (START_MS + n * 15_000) / 1000;
    const present = (fault: string, from: number, to: number): FakeSeries => ({ labels: { __name__: 'virtmedic_domain_fault', ...DB, fault }, samples: [...Array.from({ length: to - from }, (_, n): [number, number] => [at(from + n), 1]), [at(to), 'stale']] });
    const info = { labels: { __name__: 'virtmedic_domain_info', ...DB, uuid: 'u-1' }, samples: [[at(0), 1]] as [number, number][] };
    const { url } = await start([...SERIES, info, present('domain_crashed', 10, 14), present('domain_missing', 14, 16), present('domain_hung', 30, 31), present('domain_paused', 40, 50)]);
    const source = await openPrometheus(range(url));
    expect(source.domains[1]).toEqual({ ...DB, uuid: 'u-1', failures: [{ fromMs: at(10) * 1000, toMs: at(16) * 1000 }, { fromMs: at(30) * 1000, toMs: at(31) * 1000 }] });
  });

  it('is asked in stretches, shorter ones where that is too much', async () => {
    const { url, asked } = await start();
    let limit = 100;
    fake!.instead = (_, response, { path, parameters }) => {
      const points = (Number(parameters.get('end')) - Number(parameters.get('start'))) / Number(parameters.get('step'));
      if (!path.endsWith('query_range') || !parameters.get('query')!.includes('__name__,') || points < limit) return false;
      response.writeHead(422).end(JSON.stringify({ status: 'error', errorType: 'execution', error: 'query processing would load too many samples into memory' }));
      return true;
    };
    const shares: number[] = [];
    const source = await openPrometheus(range(url, { onProgress: (share) => shares.push(share) }));
    const found = await all(source);
    expect(found['db@h2']).toHaveLength(TICKS - 101);
    expect(found['web "1"|a@h1']!.map(({ atMs }) => atMs)).toEqual(READINGS.slice(0, -1).map(({ atMs }) => atMs));
    expect(shares.length).toBeGreaterThanOrEqual(4);
    expect(shares.at(-1)).toBe(1);
    for (const { path, parameters } of asked) if (path.endsWith('query_range')) expect((Number(parameters.get('end')) - Number(parameters.get('start'))) / Number(parameters.get('step'))).toBeLessThan(11_000);
    limit = 1;
    await expect(all(await openPrometheus(range(url)))).rejects.toThrow('too many samples');
  });
});

describe('going on', () => {
  const kept = { tickSeconds: 15, domains: ['db'] };

  it('asks only for what is not there yet; a damaged stretch again', async () => {
    const keepIn = folder();
    const { url, asked } = await start();
    let answers = 0;
    fake!.instead = (_, response, { parameters, path }) => {
      if (!path.endsWith('query_range') || (parameters.get('query') ?? '').includes('virtmedic_domain_fault')) return false;
      const points = (Number(parameters.get('end')) - Number(parameters.get('start'))) / 15;
      if (points > 60) return response.writeHead(422).end('{"status":"error","error":"too many samples"}'), true;
      return ++answers > 13 ? (response.writeHead(400).end('{"status":"error","error":"gone"}'), true) : false;
    };
    await expect(all(await openPrometheus(range(url, { ...kept, keepIn })))).rejects.toThrow('gone (400)');
    const left = readdirSync(keepIn).filter((name) => name.endsWith('.json.gz')).sort();
    expect(left).toHaveLength(3);
    writeFileSync(join(keepIn, left[1]!), 'damaged');
    fake!.instead = () => false;
    asked.length = 0;
    const source = await openPrometheus(range(url, { ...kept, keepIn, resume: true, fromMs: undefined, toMs: undefined, nowMs: END_MS + 1e9 }));
    expect([source.fromMs, source.toMs]).toEqual([START_MS, END_MS]);
    expect((await all(source))['db@h2']!.map(({ atMs }) => atMs)).toEqual(READINGS.slice(100, -1).map(({ atMs }) => atMs));
    const starts = new Set(asked.filter(({ parameters }) => parameters.get('query')?.includes('timestamp')).map(({ parameters }) => (Number(parameters.get('start')) * 1000 - START_MS) / 15_000));
    expect(starts.has(0)).toBe(false);
    await source.done();
    expect(() => readdirSync(keepIn)).toThrow('ENOENT');
  });

  it('does not mix what was fetched with other options', async () => {
    const keepIn = folder();
    const { url } = await start();
    await all(await openPrometheus(range(url, { ...kept, keepIn })));
    await expect(openPrometheus(range(url, { ...kept, keepIn, resume: true, domains: [] }))).rejects.toThrow('was fetched with other options');
    writeFileSync(join(keepIn, 'state.json'), '{"format":"other"}');
    await expect(openPrometheus(range(url, { ...kept, keepIn, resume: true }))).rejects.toThrow('is damaged, or of something else');
    writeFileSync(join(keepIn, 'mine.txt'), 'kept');
    const source = await openPrometheus(range(url, { ...kept, keepIn }));
    await source.done();
    expect(readdirSync(keepIn)).toEqual(['mine.txt']);
  });
});

describe('a Prometheus that', () => {
  it('is busy is asked again, as it wishes, and sees the credentials', async () => {
    const { url, asked } = await start();
    const waits: number[] = [];
    const said: string[] = [];
    fake!.instead = (_, response) => {
      if (asked.length === 1) return response.writeHead(503, { 'retry-after': '7' }).end('busy'), true;
      if (asked.length === 2) return response.destroy(), true;
      return false;
    };
    const source = await openPrometheus(range(url, { authorization: 'Bearer abc', wait: async (ms) => void waits.push(ms), onRetry: (text) => said.push(text) }));
    expect(source.domains).toHaveLength(2);
    expect([waits.length, waits[0], said[0]]).toEqual([2, 7000, `${url}: answered 503; asked again in 7.0 s`]);
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer abc']));
  });

  it('stays silent is given up, with a password that is never shown', async () => {
    const { url, asked } = await start();
    fake!.instead = () => true;
    const secret = url.replace('//', '//user:secret@');
    const failed = await openPrometheus(range(secret, { timeoutMs: 20 })).catch((error: Error) => error);
    expect(failed).toBeInstanceOf(PrometheusUnreachableError);
    expect((failed as Error).message).toBe(`${url}: no answer within 0.02 s; asked 6 times`);
    expect(asked[0]!.authorization).toBe(`Basic ${Buffer.from('user:secret').toString('base64')}`);
    await fake!.close();
    await expect(openPrometheus(range(url))).rejects.toThrow('connection refused');
  });

  it('is interrupted ends', async () => {
    const { url } = await start();
    fake!.instead = () => true;
    await expect(openPrometheus(range(url, { signal: AbortSignal.timeout(30) }))).rejects.toThrow(/abort|timeout/i);
  });

  it.each([
    ['ftp://x', 'expected an http:// or https:// URL'],
    ['nonsense', 'expected an http:// or https:// URL'],
  ])('has no address: %s', async (url, text) => {
    await expect(openPrometheus(range(url))).rejects.toThrow(text);
  });

  it.each([
    ['401', 401, 'no', 'refused (401): give --token-file'],
    ['404', 404, '<html>', 'is this the URL of a Prometheus?'],
    ['no JSON', 200, '<html>', 'answered something else than Prometheus does'],
    ['JSON of another kind', 200, '[1]', 'answered something else than Prometheus does'],
    ['an error', 400, '{"status":"error","error":"parse error"}', 'parse error (400)'],
    ['a list that is none', 200, '{"status":"success","data":{}}', 'answered no list'],
    ['labels that are none', 200, '{"status":"success","data":[{"domain":7}]}', 'a label that is no text'],
    ['too long a label', 200, JSON.stringify({ status: 'success', data: [{ domain: 'x'.repeat(5000) }] }), 'or too long'],
    ['a redirect', 302, '', 'redirect'],
    ['nothing', 200, '{"status":"success","data":[]}', 'has no libvirt_domain_* series in that time'],
  ])('answers %s', async (_, status, body, text) => {
    const { url } = await start();
    fake!.instead = (_request, response) => (response.writeHead(status, { location: '/elsewhere' }).end(body), true);
    const failed = await openPrometheus(range(url)).catch((error: Error) => error);
    expect(failed).toBeInstanceOf(PrometheusError);
    expect((failed as Error).message).toContain(text);
  });

  it.each([
    [{ resultType: 'vector', result: [] }, 'no matrix'],
    [{ resultType: 'matrix', result: [7] }, 'a series that is none'],
    [{ resultType: 'matrix', result: [{ metric: DB, values: [['x', '1']] }] }, 'a sample that is none'],
    [{ resultType: 'matrix', result: [{ metric: DB, values: [[1, 1]] }] }, 'a sample that is none'],
    [{ resultType: 'matrix', result: [{ metric: [], values: [] }] }, 'labels that are none'],
    [{ resultType: 'matrix', result: [{ metric: DB, values: Array(20_001).fill([1, '1']) }] }, 'answered a list of 20001'],
  ])('answers a range with %j', async (data, text) => {
    const { url } = await start();
    fake!.instead = (_request, response, { path }) => path.endsWith('query_range') && (response.end(JSON.stringify({ status: 'success', data })), true);
    await expect(openPrometheus(range(url))).rejects.toThrow(text);
  });

  it('tells no interval, or has ticks that are too short, is refused', async () => {
    const { url } = await start(scraped(DB, READINGS.slice(0, 2)));
    await expect(openPrometheus(range(url))).rejects.toThrow('no domain has three samples');
    await fake!.close();
    const { url: other } = await start();
    await expect(openPrometheus(range(other, { tickSeconds: 5 }))).rejects.toThrow('scrapes lie 15 s apart, so there are no ticks of 5 s');
    expect((await openPrometheus(range(other, { tickSeconds: 60 }))).tickSeconds).toBe(60);
    await expect(openPrometheus(range(other, { fromMs: END_MS, toMs: START_MS }))).rejects.toThrow('the range is empty');
    await expect(openPrometheus(range(other, { hostLabel: 'a b' }))).rejects.toThrow('is no label');
  });
});
