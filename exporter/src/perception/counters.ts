import { getAllDomainStats, StatsFlag, StatsGroup, type Caller, type DomainRef, type Parameters } from '../libvirt/index.ts';
import type { Counters } from './faults.ts';

/**
 * Network transmit and block requests of running domains, by UUID. A domain whose monitor is busy, or that has neither an
 * interface nor a disk with counters, is left out: nothing is known of it.
 *
 * @param nowMs monotonic milliseconds, read when the answer is there
 * @throws as `Caller.call`
 */
export async function readCounters(
  caller: Caller,
  domains: readonly DomainRef[],
  deadlineMs: number,
  nowMs: () => number,
): Promise<Map<string, Counters>> {
  if (domains.length === 0) return new Map();
  const groups = StatsGroup.INTERFACE | StatsGroup.BLOCK;
  const records = await caller.call(getAllDomainStats, { domains, groups, flags: StatsFlag.NOWAIT }, { deadlineMs });
  const atMs = nowMs();
  const counters = new Map<string, Counters>();
  for (const { domain, params } of records) {
    const sums = sumCounters(params);
    if (sums !== null) counters.set(domain.uuid, { atMs, ...sums });
  }
  return counters;
}

const DEVICES_MAX = 10_000;

/** Null where a device's counters are missing, or no device has any. */
export function sumCounters(params: Parameters): Pick<Counters, 'networkTransmitPackets' | 'blockRequests'> | null {
  const network = sum(params, 'net', (index) => [`net.${index}.tx.pkts`]);
  const block = sum(params, 'block', (index) => [`block.${index}.rd.reqs`, `block.${index}.wr.reqs`]);
  if (network === null || block === null || network.devices + block.devices === 0) return null;
  return { networkTransmitPackets: network.total, blockRequests: block.total };
}

function sum(params: Parameters, group: string, fields: (index: number) => string[]): { devices: number; total: number } | null {
  const count = params[`${group}.count`];
  const devices = typeof count === 'number' ? Math.min(count, DEVICES_MAX) : 0;
  let total = 0;
  let counted = 0;
  for (let index = 0; index < devices; index++) {
    const values = fields(index).map((field) => params[field]);
    if (!values.every((value) => typeof value === 'number')) continue;
    counted++;
    for (const value of values) total += value as number;
  }
  // An empty drive has no counters of its own; all of them without any means that the monitor did not answer.
  return devices > 0 && counted === 0 ? null : { devices: counted, total };
}
