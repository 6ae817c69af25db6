/** Faults of applications, recovered by the running product, measured by a client. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinuxGuest } from '../../lab/lab.ts';
import type { Api } from '../../stack/api.ts';
import { pause } from '../recovery/faults.ts';
import { until } from '../recovery/until.ts';
import type { FaultCase, Sample } from './samples.ts';
import { inflict, isServed, pidsOf } from './services.ts';
import type { ServiceName } from './services.ts';
import type { Path } from './stage.ts';

/** What has not recovered after this counts as not recovered. */
const LIMIT_MS = 180_000;
const ASK_MS = 100;
const CLIENT_MS = 1000;

export interface FaultOptions {
  path: Path;
  guest: LinuxGuest;
  api: Api;
  cases: readonly FaultCase[];
  /** Least and most between the end of a recovery and the next fault. */
  pauseSeconds: readonly [number, number];
  signal: AbortSignal;
  progress(text: string): void;
}

/** One fault after another in one guest. One without a recovery counts as taking forever; the service is then brought back, so that the next ones mean something. */
export async function breakApps(options: FaultOptions): Promise<Sample[]> {
  const { path, cases, pauseSeconds, signal, progress } = options;
  const samples: Sample[] = [];
  for (const [at, fault] of cases.entries()) {
    await pause(...pauseSeconds, signal);
    const name = `${path} ${at + 1}/${cases.length}: ${fault.service} ${fault.kind}`;
    try {
      const { seconds, outcome } = await breakOnce(options, fault);
      samples.push({ ...fault, path, seconds, recovered: outcome === 'recovered' });
      progress(`${name}: ${seconds.toFixed(2)} s, ${outcome}`);
    } catch (error) {
      signal.throwIfAborted();
      samples.push({ ...fault, path, seconds: Infinity, recovered: false });
      progress(`${name}: ${(error as Error).message}`);
      await bringBack(options, fault.service);
    }
  }
  return samples;
}

async function breakOnce({ guest, api, signal }: FaultOptions, { service, kind }: FaultCase): Promise<{ seconds: number; outcome: string }> {
  if (!(await isServed(guest, service, 10 * CLIENT_MS))) throw new Error('it does not serve before the fault');
  const [faultAtMs, startedMs] = [Date.now(), performance.now()];
  const broken = await inflict(guest, service, kind);
  // None of the old processes can answer any more: whoever answers is a new one.
  const servedMs = await until('served again', async () => ((await isServed(guest, service, CLIENT_MS)) ? performance.now() : null), { deadlineMs: LIMIT_MS, intervalMs: ASK_MS, signal });
  const incident = await until('the end of the recovery', async () => {
    const all = await api.recoveries({ from: new Date(faultAtMs).toISOString() });
    return all.find(({ targetKey, closedAtMs }) => targetKey === `app/${guest.uuid}/${service}` && closedAtMs !== null) ?? null;
  }, { deadlineMs: LIMIT_MS, intervalMs: 5 * ASK_MS, signal });
  const still = (await pidsOf(guest, service)).filter((pid) => broken.includes(pid));
  if (still.length > 0) throw new Error(`processes ${still.join()} are the old ones`);
  return { seconds: (servedMs - startedMs) / 1000, outcome: incident.outcome ?? 'open' };
}

async function bringBack({ guest, signal }: FaultOptions, service: ServiceName): Promise<void> {
  const pids = await pidsOf(guest, service);
  if (pids.length > 0) await guest.agent.ask(`kill -CONT ${pids.join(' ')}`);
  for (let tries = 0; tries < 60 && !(await isServed(guest, service, CLIENT_MS)); tries++) await sleep(1000, undefined, { signal });
}
