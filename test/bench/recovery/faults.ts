/** One fault and its recovery, measured from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainState, getDomainState, lookupDomainByUuid, openConnection } from '../../../exporter/src/libvirt/index.ts';
import type { Connection } from '../../../exporter/src/libvirt/index.ts';
import type { Guest } from '../../lab/lab.ts';
import type { Recovery } from '../../stack/api.ts';
import { qemuStarts } from '../../stack/qemu-log.ts';
import type { Stack } from '../../stack/stack.ts';
import { until } from './until.ts';

export interface Measured {
  /** From the fault until libvirt shows a new QEMU of the domain running, or for faults that only the guest shows until it serves. */
  seconds: number;
  recovery: Recovery;
}

export interface FaultContext {
  stack: Stack;
  signal: AbortSignal;
}

/** What has not recovered after this counts as not recovered. */
const LIMIT_MS = 180_000;
const LOOK_MS = 20;
const ASK_MS = 200;

/** Kills the guest's QEMU; measured by libvirt's own answers, over a connection that virtmedic knows nothing of. */
export async function killOnce(context: FaultContext, guest: Guest): Promise<Measured> {
  const connection = await openConnection({ uri: guest.host.unixUri });
  try {
    const before = await runningId(connection, guest);
    const faultAtMs = Date.now();
    guest.killQemu();
    const limits = { deadlineMs: LIMIT_MS, intervalMs: LOOK_MS, signal: context.signal };
    const runningAtMs = await until(`${guest.name} running again`, async () => {
      const id = await runningId(connection, guest);
      return id !== null && id !== before ? Date.now() : null;
    }, limits);
    return { seconds: (runningAtMs - faultAtMs) / 1000, recovery: await recoveryOf(context, guest, faultAtMs) };
  } finally {
    await connection.close();
  }
}

/** Every start of a domain has an id of its own; null: it does not run. */
async function runningId(connection: Connection, guest: Guest): Promise<number | null> {
  const domain = await connection.call(lookupDomainByUuid, { uuid: guest.uuid });
  const { state } = await connection.call(getDomainState, { domain });
  return state === DomainState.RUNNING ? domain.id : null;
}

/** Destroys and undefines the domain, or panics its kernel; measured by the guest itself: until it serves HTTP after a new boot. */
export async function loseOnce(context: FaultContext, guest: Guest, inflict: (guest: Guest) => Promise<unknown>): Promise<Measured> {
  const { boots } = await guest.waitHttp();
  const faultAtMs = Date.now();
  await inflict(guest);
  const limits = { deadlineMs: LIMIT_MS, intervalMs: ASK_MS, signal: context.signal };
  const servingAtMs = await until(`${guest.name} serving again`, async () => {
    const status = await guest.status().catch(() => null);
    return status !== null && status.boots > boots ? Date.now() : null;
  }, limits);
  return { seconds: (servingAtMs - faultAtMs) / 1000, recovery: await recoveryOf(context, guest, faultAtMs) };
}

/** The recovery that ended this fault, once virtmedic has closed it. */
async function recoveryOf({ stack: { api }, signal }: FaultContext, guest: Guest, faultAtMs: number): Promise<Recovery> {
  const ended = async (): Promise<string | null> => {
    const incidents = await api.recoveries({ domain: guest.uuid, from: new Date(faultAtMs).toISOString() });
    return incidents.find(({ closedAtMs }) => closedAtMs !== null)?.id ?? null;
  };
  return api.recovery(await until(`the end of ${guest.name}'s recovery`, ended, { deadlineMs: LIMIT_MS, intervalMs: ASK_MS, signal }));
}

/** Between two faults: at random, so that they fall anywhere between two scrapes and two evaluations. */
export async function pause(leastSeconds: number, mostSeconds: number, signal: AbortSignal): Promise<void> {
  await sleep((leastSeconds + Math.random() * (mostSeconds - leastSeconds)) * 1000, undefined, { signal });
}

/** Starts of the guest's QEMU that nothing asked for: those beyond the first one and one for each fault. */
export function duplicatedStarts(guest: Guest, faults: number): number {
  return Math.max(0, qemuStarts(guest.host, guest.name).length - 1 - faults);
}

/**
 * From the moment at which virtmedic's perception had the libvirt event to the moment at which libvirt, called, launches QEMU, by libvirt's
 * own record of it: a little more than virtmedic's share. Null: libvirt recorded no launch.
 */
export function ownShareMs(guest: Guest, { incident }: Recovery): number | null {
  const launchedAtMs = qemuStarts(guest.host, guest.name).find((atMs) => atMs >= incident.faultAtMs);
  return launchedAtMs === undefined ? null : launchedAtMs - incident.faultAtMs;
}
