/** Debian's Prometheus over a history of forecasts that fits the seeded recoveries; nothing is scraped. */
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startPrometheus } from '../lab/prometheus.ts';
import { forecastAt } from './seed-forecast.ts';
import type { Seeded } from './seed.ts';

export interface SeededPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

const STEP_MS = 15_000;
const BACK_MS = 6 * 3_600_000;
/** Samples go on beyond now, so that a test that takes its time has them too. */
const AHEAD_MS = 3_600_000;

export async function startSeededPrometheus(seeded: Pick<Seeded, 'domains' | 'faults'>, nowMs: number): Promise<SeededPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-prometheus-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const text = join(folder, 'openmetrics.txt');
    await pipeline(Readable.from(openMetrics(seeded, nowMs)), createWriteStream(text));
    execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', text, join(folder, 'data')], { stdio: 'pipe', timeout: 120_000 });
    const prometheus = await startPrometheus({ folder, config: 'scrape_configs: []\n' });
    return {
      url: prometheus.url,
      stop: async () => {
        await prometheus.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

interface Sample {
  labels: Record<string, string>;
  value: number;
}

type Sampled = (domain: Seeded['domains'][number], atMs: number) => Sample[];

/** Families one after the other, each series' samples in order of time. */
export function* openMetrics({ domains, faults }: Pick<Seeded, 'domains' | 'faults'>, nowMs: number): Generator<string> {
  const forecastOf = ({ uuid }: Seeded['domains'][number], atMs: number) => forecastAt(atMs, faults.get(uuid) ?? []);
  const hosts = [...new Map(domains.map((domain) => [domain.host, domain])).values()];
  yield* family('virtmedic_host_up', hosts, nowMs, ({ host }) => [{ labels: { host }, value: 1 }]);
  for (const name of ['virtmedic_domain_state', 'virtmedic_domain_desired_running']) yield* family(name, domains, nowMs, ({ host, name: domain }) => [{ labels: { host, domain }, value: 1 }]);
  yield* family('virtmedic_domain_failure_probability', domains, nowMs, (domain, atMs) =>
    forecastOf(domain, atMs).failureProbability.map(({ horizonSeconds, probability }) => ({ labels: { host: domain.host, domain: domain.name, horizon: `${horizonSeconds}` }, value: probability })));
  yield* family('virtmedic_host_failure_probability', hosts, nowMs, ({ host }, atMs) =>
    forecastAt(atMs, []).failureProbability.map(({ horizonSeconds, probability }) => ({ labels: { host, horizon: `${horizonSeconds}` }, value: probability })));
  for (const kind of ['health', 'load'] as const)
    yield* family(`virtmedic_domain_${kind}_probability`, domains, nowMs, (domain, atMs) =>
      Object.entries(forecastOf(domain, atMs)[kind]).map(([name, value]) => ({ labels: { host: domain.host, domain: domain.name, [kind]: name }, value })));
  yield* appFamilies(domains, nowMs);
  yield* family('virtmedic_hmm_targets', domains.slice(0, 1), nowMs, () => [
    { labels: { model: 'prior' }, value: hosts.length },
    { labels: { model: 'pooled' }, value: domains.length },
    { labels: { model: 'own' }, value: 0 },
  ]);
  // A training each night: the last one a quarter of an hour ago.
  const trained = (nowMs - 900_000) / 1000;
  yield* family('virtmedic_hmm_last_training_timestamp_seconds', domains.slice(0, 1), nowMs, () => [{ labels: {}, value: trained }]);
  yield* family('virtmedic_hmm_trainings_total', domains.slice(0, 1), nowMs, (_, atMs) =>
    ['kept_new', 'kept_last', 'failed', 'skipped'].map((result) => ({ labels: { result }, value: result === 'kept_new' && atMs / 1000 >= trained ? domains.length : 0 })));
  yield '# EOF\n';
}

/** Two applications in the first domain; the second one went down a quarter of an hour ago. */
function* appFamilies(domains: readonly Seeded['domains'][number][], nowMs: number): Generator<string> {
  const isDown = (app: string, atMs: number): boolean => app === 'cache' && atMs >= nowMs - 900_000;
  const sampled = (value: (app: string, atMs: number) => number | null, more: Record<string, string> = {}): Sampled => ({ host, name: domain }, atMs) =>
    ['nginx', 'cache'].flatMap((app) => {
      const known = value(app, atMs);
      return known === null ? [] : [{ labels: { host, domain, app, ...more }, value: known }];
    });
  const first = domains.slice(0, 1);
  yield* family('virtmedic_app_up', first, nowMs, sampled((app, atMs) => (isDown(app, atMs) ? 0 : 1)));
  yield* family('virtmedic_app_fault', first, nowMs, sampled((app, atMs) => (isDown(app, atMs) ? 1 : null), { fault: 'app_down' }));
  yield* family('virtmedic_app_processes', first, nowMs, sampled((app, atMs) => (isDown(app, atMs) ? 0 : 3)));
  yield* family('virtmedic_app_resident_memory_bytes', first, nowMs, sampled((app, atMs) => (isDown(app, atMs) ? 0 : 24 * 1_048_576)));
  yield* family('virtmedic_app_cpu_seconds_total', first, nowMs, sampled((_, atMs) => (atMs - nowMs + BACK_MS) / 10_000));
  yield* family('virtmedic_app_accept_backlog', first, nowMs, sampled((app) => (app === 'nginx' ? 2 : null), { port: '80' }));
}

function* family(name: string, domains: readonly Seeded['domains'][number][], nowMs: number, sampled: Sampled): Generator<string> {
  // Counters have another name in OpenMetrics than their samples, and this text says only what is sampled.
  yield `# TYPE ${name} unknown\n`;
  for (const domain of domains) {
    let lines = '';
    for (let atMs = nowMs - BACK_MS; atMs <= nowMs + AHEAD_MS; atMs += STEP_MS)
      for (const { labels, value } of sampled(domain, atMs)) lines += `${name}{${Object.entries(labels).map(([label, text]) => `${label}="${text}"`).join(',')}} ${value} ${atMs / 1000}\n`;
    yield lines;
  }
}
