import type { Guest, Host } from '../../lab/lab.ts';
import type { Trace } from '../trace/trace.ts';
import { fail } from './decline.ts';
import { startHealth } from './health.ts';
import type { FailureDetail } from './health.ts';
import type { Scenario } from './scenario.ts';
import { boot, until, watch } from './session.ts';
import type { Session, Studio } from './session.ts';
import { walk } from './steps.ts';

/** The smallest that boots and leaves some 36 MiB free. */
const MEMORY_MIB = 100;
/** Its counter moves once a tick: each move costs an emulated processor. */
const COUNT_SECONDS = 5;

export interface Recorded {
  /** Null where nothing sound came out; then the note says why. */
  trace: Trace | null;
  note: string;
}

/**
 * Starts a guest, puts it through its scenario and removes it. When the signal aborts, a healthy guest's trace is complete as it is; one
 * that was to fail is only complete with its restart. A healthy guest that fails is no trace: something else went wrong.
 */
export async function recordGuest(studio: Studio, host: Host, scenario: Scenario, healthySeconds: number, signal: AbortSignal): Promise<Recorded> {
  const name = `${scenario.kind}-${scenario.seed}`;
  const guest = studio.lab.guest(host, {
    name, memoryMiB: MEMORY_MIB, balloonPeriodSeconds: Math.max(1, Math.round(studio.tickMs / 1000)), kernelArguments: `lab.count=${COUNT_SECONDS}`,
  });
  try {
    await boot(studio, guest, signal);
  } catch (error) {
    await guest.remove();
    return { trace: null, note: `did not start: ${messageOf(error)}` };
  }
  return live(studio, guest, scenario, healthySeconds, signal);
}

async function live(studio: Studio, guest: Guest, scenario: Scenario, healthySeconds: number, signal: AbortSignal): Promise<Recorded> {
  const ending = new AbortController();
  const { promise: failed, resolve: onFailed } = Promise.withResolvers<{ atMs: number; detail: FailureDetail }>();
  const startedAtMs = Date.now();
  const session: Session = {
    studio, scenario, guest, labels: [], readings: [], startedAtMs, load: {}, health: startHealth(startedAtMs), watched: true,
    signal: AbortSignal.any([signal, ending.signal]), failed,
  };
  const leave = studio.sampler.subscribe(guest.uuid, (reading) => {
    if (reading.atMs > (session.readings.at(-1)?.atMs ?? 0)) session.readings.push(reading);
  });
  const watching = watch(session, onFailed);
  const walking = walk(session).then(() => null, (error: unknown) => problem(session, error));
  let trouble: string | null;
  try {
    trouble = scenario.failure === null ? await stayHealthy(session, healthySeconds, walking) : await fail(session, scenario.failure).then(() => null, messageOf);
  } finally {
    leave();
    ending.abort();
    await Promise.all([watching, walking]);
    await session.guest.remove();
  }
  return trouble === null ? { trace: traceOf(session), note: '' } : { trace: null, note: trouble };
}

/** Null when the time is over, or somebody ended the recording, and the guest served throughout. */
async function stayHealthy(session: Session, seconds: number, walking: Promise<string | null>): Promise<string | null> {
  const over = until(session, seconds).catch(() => undefined).then(() => null);
  const broken = session.failed.then(({ detail }) => `failed (${detail}) though healthy`);
  const stumbled = walking.then((trouble) => trouble ?? over);
  return Promise.race([over, broken, stumbled]);
}

/** The end of the session is no problem. */
function problem(session: Session, error: unknown): string | null {
  return session.signal.aborted ? null : `a step failed: ${messageOf(error)}`;
}

function traceOf({ scenario, studio, labels, readings }: Session): Trace {
  const { kind, seed, about } = scenario;
  return { kind, seed, tickMs: studio.tickMs, about, labels: labels.toSorted((a, b) => a.atMs - b.atMs), readings };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
