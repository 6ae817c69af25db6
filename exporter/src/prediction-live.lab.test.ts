/** Prediction over a real libvirt: readings become forecasts at the scrape and in the API, end with their domain, and outlive a restart. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startLab } from '../../test/lab/lab.ts';
import type { Guest, Lab } from '../../test/lab/lab.ts';
import { waitUntil } from '../../test/lab/wait-until.ts';
import { startApp } from './app.ts';
import type { App } from './app.ts';
import type { TargetForecast } from './prediction/forecast-view.ts';
import type { DomainSummary, HostSummary } from './web/inventory.ts';
import { call } from './web/testing/test-client.ts';

const DEADLINE = { deadlineMs: 60_000 };
const TICK_SECONDS = 0.5;
let lab: Lab;
let steady: Guest;
let frozen: Guest;
let folder = '';
let app: App | null = null;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'forecast' });
  [steady, frozen] = [lab.guest(lab.host(1), { name: 'steady' }), lab.guest(lab.host(1), { name: 'frozen' })];
  await Promise.all([steady.start(), frozen.start()]);
  folder = await mkdtemp(join(tmpdir(), 'prediction-lab-'));
});
afterEach(async () => {
  await app?.stop();
  app = null;
});
afterAll(async () => {
  frozen?.thawQemu();
  await lab?.down();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const configFile = join(folder, 'virtmedic.yaml');
  const content = {
    hosts: lab.hosts.map(({ name, unixUri }) => ({ name, uri: unixUri })),
    web: { listen: '127.0.0.1:0' },
    control: { listen: '127.0.0.1:0' },
    store: { path: join(folder, 'virtmedic.db') },
    log: { level: 'error' },
    sampling: { intervalSeconds: TICK_SECONDS },
  };
  await writeFile(configFile, JSON.stringify(content));
  app = await startApp({ configFile });
}

const url = (): string => `http://127.0.0.1:${app?.addresses.web.port}`;
const series = async (name: string): Promise<string[]> => (await (await fetch(`${url()}/metrics`)).text()).split('\n').filter((line) => line.startsWith(`${name}{`));
const shownDomain = async (guest: Guest): Promise<TargetForecast | null> =>
  ((await call(`${url()}/api/v1/domains`)).body.items as DomainSummary[] | undefined)?.find(({ uuid }) => uuid === guest.uuid)?.forecast ?? null;
const shownHost = async (): Promise<TargetForecast | null> => ((await call(`${url()}/api/v1/hosts`)).body.items as HostSummary[])[0]?.forecast ?? null;

/** Whether what its counters told was compared with habits that are still being learnt. */
const isLearning = ({ missing }: TargetForecast): boolean => missing.some(({ signal, why }) => signal === 'cpuRatio' && why === 'learning');

test('a running domain and its host are forecast at every tick; one that stops is not, until it is started again', async () => {
  await start();
  const forecast = await waitUntil('a forecast of which CPU time is known', async () => {
    const shown = await shownDomain(steady);
    return shown !== null && isLearning(shown) ? shown : undefined;
  }, DEADLINE);
  expect(forecast).toMatchObject({ coldStart: true, failing: false, model: { source: 'prior', trainedAtMs: null } });
  const host = await waitUntil('the forecast of the host', async () => {
    const shown = await shownHost();
    return shown !== null && isLearning(shown) ? shown : undefined;
  }, DEADLINE);
  expect(host.failureProbability.map(({ horizonSeconds }) => horizonSeconds)).toEqual([60, 300]);

  const labels = 'host="h1",domain="steady"';
  const ratios = (lines: string[]): number[] => lines.filter((line) => line.includes(labels)).map((line) => Number(line.split(' ')[1]));
  expect(ratios(await series('virtmedic_domain_failure_probability'))).toHaveLength(2);
  for (const name of ['virtmedic_domain_health_probability', 'virtmedic_domain_load_probability']) {
    const values = ratios(await series(name));
    expect([name, values.length]).toEqual([name, 3]);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
  }
  expect((await series('virtmedic_host_failure_probability'))[0]).toMatch(/\{host="h1",horizon="60"\} 0/);
  expect(await series('virtmedic_hmm_targets')).toContain('virtmedic_hmm_targets{model="prior"} 3');

  await steady.destroy();
  await waitUntil('the end of its forecast', async () => ((await shownDomain(steady)) === null ? true : undefined), DEADLINE);
  expect(ratios(await series('virtmedic_domain_failure_probability'))).toEqual([]);
  await steady.start();
  await waitUntil('its next forecast', async () => (await shownDomain(steady)) ?? undefined, DEADLINE);
});

test('a domain whose QEMU does not answer takes nothing from the others', async () => {
  await start();
  await waitUntil('forecasts of both', async () => (await shownDomain(steady)) && (await shownDomain(frozen)) ? true : undefined, DEADLINE);
  frozen.freezeQemu();
  const since = (await shownDomain(steady))?.atMs ?? 0;
  // Long after whatever was answered before it was frozen.
  await waitUntil('twenty ticks of the other', async () => (((await shownDomain(steady))?.atMs ?? 0) > since + 20 * TICK_SECONDS * 1000 ? true : undefined), DEADLINE);
  expect(((await call(`${url()}/api/v1/hosts`)).body.items as HostSummary[])[0]?.state).toBe('up');
  frozen.thawQemu();
  await waitUntil('it tells of its disks again', async () => {
    const shown = await shownDomain(frozen);
    return shown !== null && !shown.missing.some(({ signal, why }) => signal === 'diskRequestsPerSecond' && why === 'not-said') ? true : undefined;
  }, DEADLINE);
});

test('habits are kept over a restart', async () => {
  await start();
  await waitUntil('habits', async () => ((await shownDomain(steady)) !== null && (await series('virtmedic_hmm_observations_total')).length === 3 ? true : undefined), DEADLINE);
  await app?.stop();
  const files = (await readdir(join(folder, 'prediction/habits'))).filter((name) => name.startsWith('part-'));
  const contents = await Promise.all(files.map((name) => readFile(join(folder, 'prediction/habits', name), 'utf8')));
  const saved = contents.flatMap((content) => (JSON.parse(content) as { habits: { key: string; observer: { learntSeconds: number } }[] }).habits);
  expect(saved.map(({ key }) => key).sort()).toEqual([`domain-${frozen.uuid}`, `domain-${steady.uuid}`, 'host-h1'].sort());
  expect(saved.find(({ key }) => key === 'host-h1')?.observer.learntSeconds).toBeGreaterThan(0);
  await start();
  await waitUntil('a forecast', async () => (await shownDomain(steady)) ?? undefined, DEADLINE);
});
