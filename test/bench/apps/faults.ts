/** Faults of applications, recovered by the running product, measured by a client. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinuxGuest } from '../../lab/lab.ts';
import type { KeptPart } from '../frame/kept.ts';
import type { Api, Recovery } from '../../stack/api.ts';
import { pause } from '../recovery/faults.ts';
import { until } from '../recovery/until.ts';
import type { FaultCase, Phases, Sample } from './samples.ts';
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
  /** Those of an interrupted run are of the first cases, and not measured again. */
  kept: KeptPart<Sample>;
  /** Least and most between the end of a recovery and the next fault. */
  pauseSeconds: readonly [number, number];
  signal: AbortSignal;
  progress(text: string): void;
}

/** One fault after another in one guest. One without a recovery counts as taking forever; the service is then brought back, so that the next ones mean something. */
export async function breakApps(options: FaultOptions): Promise<readonly Sample[]> {
  const { path, cases, kept, pauseSeconds, signal, progress } = options;
  for (const [at, fault] of [...cases.entries()].slice(kept.all().length)) {
    await pause(...pauseSeconds, signal);
    const name = `${path} ${at + 1}/${cases.length}: ${fault.service} ${fault.kind}`;
    try {
      const { seconds, phases, outcome } = await breakOnce(options, fault);
      kept.add({ ...fault, path, seconds, phases, recovered: outcome === 'recovered' });
      progress(`${name}: ${seconds.toFixed(2)} s (${describePhases(phases)}), ${outcome}`);
    } catch (error) {
      signal.throwIfAborted();
      kept.add({ ...fault, path, seconds: Infinity, phases: null, recovered: false });
      progress(`${name}: ${(error as Error).message}`);
      await bringBack(options, fault.service);
    }
  }
  return kept.all();
}

async function breakOnce({ guest, api, signal }: FaultOptions, { service, kind }: FaultCase): Promise<{ seconds: number; phases: Phases | null; outcome: string }> {
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
  const seconds = (servedMs - startedMs) / 1000;
  return { seconds, phases: phasesOf(await api.recovery(incident.id), faultAtMs, seconds), outcome: incident.outcome ?? 'open' };
}

/** All on this machine's clock. Null: virtmedic began no action. */
function phasesOf({ incident, attempts }: Recovery, faultAtMs: number, seconds: number): Phases | null {
  const begunAtMs = attempts.flatMap(({ executingAtMs }) => (executingAtMs === null ? [] : [executingAtMs]));
  if (begunAtMs.length === 0) return null;
  const [detectSeconds, begunSeconds] = [incident.openedAtMs, Math.min(...begunAtMs)].map((atMs) => (atMs - faultAtMs) / 1000) as [number, number];
  return { detectSeconds, releaseSeconds: begunSeconds - detectSeconds, serveSeconds: seconds - begunSeconds };
}

function describePhases(phases: Phases | null): string {
  if (phases === null) return 'no action';
  const { detectSeconds, releaseSeconds, serveSeconds } = phases;
  return `detected ${detectSeconds.toFixed(2)}, released ${releaseSeconds.toFixed(2)}, served ${serveSeconds.toFixed(2)}`;
}

async function bringBack({ guest, signal }: FaultOptions, service: ServiceName): Promise<void> {
  const pids = await pidsOf(guest, service);
  if (pids.length > 0) await guest.agent.ask(`kill -CONT ${pids.join(' ')}`);
  for (let tries = 0; tries < 60 && !(await isServed(guest, service, CLIENT_MS)); tries++) await sleep(1000, undefined, { signal });
}
