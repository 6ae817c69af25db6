/** A range of time from a Prometheus that scrapes the exporter: readings of each domain, as the sampler would have taken them at each scrape. */
import type { Interval } from '../../prediction/states-known.ts';
import { median } from './csv/median.ts';
import { readLabelSets, readMatrix } from './prometheus/answers.ts';
import type { Series } from './prometheus/answers.ts';
import { createPrometheusClient, PrometheusError } from './prometheus/client.ts';
import type { ClientOptions, PrometheusClient } from './prometheus/client.ts';
import { openFetched, readState } from './prometheus/fetched.ts';
import type { Fetched } from './prometheus/fetched.ts';
import { queriesFor } from './prometheus/queries.ts';
import type { Queries, Selection } from './prometheus/queries.ts';
import { readingsOf } from './prometheus/readings.ts';
import type { Answers, DomainReadings, Grid } from './prometheus/readings.ts';

export { PrometheusError, PrometheusUnreachableError } from './prometheus/client.ts';

export interface PrometheusRange extends Omit<ClientOptions, 'wait' | 'timeoutMs'>, Selection {
  /** Default: 24 h before `toMs`. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  nowMs: number;
  /** Default: the scrape interval. */
  tickSeconds?: number | undefined;
  /** Where the scrape interval is the tick: at least this. */
  atLeastTickSeconds?: number | undefined;
  /** Where what was fetched is kept until all is there; undefined: nowhere. */
  keepIn?: string | undefined;
  /** Go on with what is kept there. */
  resume?: boolean;
  onProgress?: (share: number) => void;
  /** For tests. */
  wait?: ClientOptions['wait'];
  timeoutMs?: number;
}

export interface PrometheusDomain {
  host: string;
  domain: string;
  /** From `virtmedic_domain_info`; null: not told. */
  uuid: string | null;
  /** While one of the faults crash, panic, hang, missing was present. */
  failures: Interval[];
}

export interface PrometheusSource {
  tickSeconds: number;
  /** The scrape interval. */
  scrapeSeconds: number;
  fromMs: number;
  toMs: number;
  domains: PrometheusDomain[];
  /** In order of time; those of a stretch of time come one domain after the other. Once. */
  readings(): AsyncGenerator<DomainReadings>;
  /** What was kept is not needed any more. */
  done(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Prometheus answers no more of a series. */
const MOST_POINTS = 11_000;
const LEAST_POINTS = 20;
/** Points of a stretch times domains: keeps an answer far below what is read at most. */
const MOST_VALUES = 100_000;
const SAMPLED_SECONDS = 900;
const MOST_DOMAINS = 20_000;
/** A scrape interval so near to a whole number of seconds is that. */
const WHOLE_WITHIN = 0.05;
/** Ticks may be a little shorter than scrapes lie apart. */
const SHORTEST_TICK = 0.75;

/** @throws PrometheusError when there is nothing, or it does not answer; what the signal was aborted with */
export async function openPrometheus(range: PrometheusRange): Promise<PrometheusSource> {
  const client = createPrometheusClient(range);
  const queries = queriesFor(range);
  const kept = range.keepIn !== undefined && range.resume === true ? await readState(range.keepIn) : null;
  const toMs = wholeSeconds(range.toMs ?? kept?.toMs ?? range.nowMs);
  const fromMs = wholeSeconds(range.fromMs ?? kept?.fromMs ?? toMs - DAY_MS);
  if (fromMs >= toMs) throw new PrometheusError('the range is empty: it ends before it begins');
  const domains = await domainsOf(client, queries, range, fromMs, toMs);
  const scrapeSeconds = await scrapeIntervalOf(client, queries, domains, fromMs, toMs);
  const tickSeconds = range.tickSeconds ?? Math.max(scrapeSeconds, range.atLeastTickSeconds ?? 0);
  if (tickSeconds < SHORTEST_TICK * scrapeSeconds) throw new PrometheusError(`scrapes lie ${scrapeSeconds} s apart, so there are no ticks of ${tickSeconds} s`);
  const stepMs = Math.round(tickSeconds * 1000);
  const failures = await failuresOf(client, queries, range.hostLabel, { fromMs, toMs, stepMs });
  const state = { url: client.shownUrl, hostLabel: range.hostLabel, hosts: [...range.hosts], domains: [...range.domains], fromMs, toMs, stepMs };
  const fetched = range.keepIn === undefined ? null : await openFetched(range.keepIn, state, range.resume === true);
  return {
    tickSeconds, scrapeSeconds, fromMs, toMs,
    domains: domains.map((one) => ({ ...one, failures: failures.get(JSON.stringify([one.host, one.domain])) ?? [] })),
    async *readings() {
      const lastMs = new Map<string, number>();
      for await (const { answers, grid } of stretches(client, queries, fetched, { fromMs, toMs, stepMs, domains: domains.length })) {
        range.signal.throwIfAborted();
        yield* readingsOf(answers, grid, range.hostLabel, lastMs);
        range.onProgress?.(Math.min(1, (grid.fromMs + grid.points * stepMs - fromMs) / (toMs - fromMs)));
      }
    },
    done: async () => fetched?.remove(),
  };
}

interface Span {
  fromMs: number;
  toMs: number;
  stepMs: number;
}

async function* stretches(client: PrometheusClient, queries: Queries, fetched: Fetched | null, { fromMs, toMs, stepMs, domains }: Span & { domains: number }): AsyncGenerator<{ answers: Answers; grid: Grid }> {
  let most = Math.max(LEAST_POINTS, Math.min(MOST_POINTS, Math.floor(MOST_VALUES / Math.max(1, domains))));
  for (let atMs = fromMs; atMs < toMs; ) {
    const saved = await fetched?.read(atMs);
    const known = saved ? tryAnswers(saved.answers) : null;
    if (saved && known) {
      yield { answers: known, grid: { fromMs: atMs, stepMs, points: saved.points } };
      atMs += saved.points * stepMs;
      continue;
    }
    const points = Math.min(most, Math.ceil((toMs - atMs) / stepMs));
    const grid = { fromMs: atMs, stepMs, points };
    try {
      const raw = await fetchStretch(client, queries, grid);
      const answers = answersOf(raw);
      await fetched?.write(atMs, points, raw);
      yield { answers, grid };
      atMs += points * stepMs;
    } catch (error) {
      if (!(error instanceof PrometheusError && error.tooMuch) || points <= LEAST_POINTS) throw error;
      most = Math.max(LEAST_POINTS, Math.floor(points / 2));
    }
  }
}

async function fetchStretch(client: PrometheusClient, queries: Queries, grid: Grid): Promise<Record<keyof Answers, unknown>> {
  const ask = (query: string): Promise<unknown> => rangeQuery(client, query, grid);
  return { scraped: await ask(queries.scraped), state: await ask(queries.state), single: await ask(queries.single), byDevice: await ask(queries.byDevice) };
}

function answersOf(raw: unknown): Answers {
  const { scraped, state, single, byDevice } = (typeof raw === 'object' && raw !== null ? raw : {}) as Partial<Record<keyof Answers, unknown>>;
  return { scraped: readMatrix(scraped), state: readMatrix(state), single: readMatrix(single), byDevice: readMatrix(byDevice) };
}

/** What lies on a disk may be damaged: it is fetched again then. */
function tryAnswers(raw: unknown): Answers | null {
  try {
    return answersOf(raw);
  } catch {
    return null;
  }
}

function rangeQuery(client: PrometheusClient, query: string, { fromMs, stepMs, points }: Grid): Promise<unknown> {
  return client.ask('query_range', [['query', query], ['start', seconds(fromMs)], ['end', seconds(fromMs + (points - 1) * stepMs)], ['step', seconds(stepMs)]]);
}

async function domainsOf(client: PrometheusClient, queries: Queries, selection: Selection, fromMs: number, toMs: number): Promise<Omit<PrometheusDomain, 'failures'>[]> {
  const seriesOf = async (match: string) => readLabelSets(await client.ask('series', [['match[]', match], ['start', seconds(fromMs)], ['end', seconds(toMs)]]));
  const keyOf = (labels: Readonly<Record<string, string>>): string => JSON.stringify([labels[selection.hostLabel] ?? '', labels['domain'] ?? '']);
  const found = await seriesOf(queries.presence);
  const named = found.filter((labels) => (labels[selection.hostLabel] ?? '') !== '' && (labels['domain'] ?? '') !== '');
  if (named.length === 0) throw nothing(client, selection, found.length);
  const uuids = new Map((await seriesOf(queries.identity)).map((labels) => [keyOf(labels), labels['uuid'] ?? null]));
  const keys = [...new Set(named.map(keyOf))].sort();
  if (keys.length > MOST_DOMAINS) throw new PrometheusError(`${keys.length} domains, at most ${MOST_DOMAINS}: choose some with --host or --domain`);
  return keys.map((key) => {
    const [host, domain] = JSON.parse(key) as [string, string];
    return { host, domain, uuid: uuids.get(key) ?? null };
  });
}

function nothing(client: PrometheusClient, { domains, hosts, hostLabel }: Selection, unnamed: number): PrometheusError {
  if (unnamed > 0) return new PrometheusError(`${client.shownUrl} has libvirt_domain_* series, but without the label "${hostLabel}": give --host-label instance, or the one that names the host`);
  const chosen = [...domains.map((name) => `domain ${name}`), ...hosts.map((name) => `host ${name}`)].join(', ');
  return new PrometheusError(`${client.shownUrl} has no libvirt_domain_* series${chosen === '' ? '' : ` of ${chosen}`} in that time`);
}

/** From the newest samples of some domain that has enough. */
async function scrapeIntervalOf(client: PrometheusClient, queries: Queries, domains: readonly { host: string; domain: string }[], fromMs: number, toMs: number): Promise<number> {
  for (const { host, domain } of domains.slice(0, 3)) {
    for (const share of [1, 0.5, 0.1]) {
      const atMs = Math.min(toMs, fromMs + share * (toMs - fromMs) + SAMPLED_SECONDS * 1000);
      const found = readMatrix(await client.ask('query', [['query', queries.samplesOf(host, domain, SAMPLED_SECONDS)], ['time', seconds(atMs)]]));
      const distances = (found[0]?.samples ?? []).map(([at], n, all) => (n === 0 ? 0 : at - all[n - 1]![0])).slice(1);
      const interval = median(Float64Array.from(distances));
      if (interval === null || distances.length < 2 || !(interval > 0)) continue;
      const whole = Math.round(interval);
      return Math.abs(interval - whole) <= WHOLE_WITHIN * interval ? whole : Number(interval.toFixed(3));
    }
  }
  throw new PrometheusError('no domain has three samples within a quarter of an hour, from which the scrape interval could be told');
}

/** When faults were present, by domain. */
async function failuresOf(client: PrometheusClient, queries: Queries, hostLabel: string, { fromMs, toMs, stepMs }: Span): Promise<Map<string, Interval[]>> {
  const failures = new Map<string, Interval[]>();
  for (let atMs = fromMs; atMs < toMs; atMs += MOST_POINTS * stepMs) {
    const points = Math.min(MOST_POINTS, Math.ceil((toMs - atMs) / stepMs));
    for (const series of readMatrix(await rangeQuery(client, queries.faults, { fromMs: atMs, stepMs, points }))) addFailures(failures, series, hostLabel, stepMs);
  }
  for (const list of failures.values()) list.sort((a, b) => a.fromMs - b.fromMs);
  return failures;
}

function addFailures(failures: Map<string, Interval[]>, { labels, samples }: Series, hostLabel: string, stepMs: number): void {
  const key = JSON.stringify([labels[hostLabel] ?? '', labels['domain'] ?? '']);
  const list = failures.get(key) ?? [];
  failures.set(key, list);
  let last = list.at(-1);
  for (const [at, value] of samples) {
    if (value <= 0) continue;
    const atMs = at * 1000;
    // Present at the next step too: still the same.
    if (last !== undefined && atMs >= last.fromMs && atMs <= last.toMs + stepMs / 2) last.toMs = Math.max(last.toMs, atMs + stepMs);
    else list.push((last = { fromMs: atMs, toMs: atMs + stepMs }));
  }
}

function seconds(ms: number): string {
  return String(ms / 1000);
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
