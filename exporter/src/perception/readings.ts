import { DomainState, StatsFlag, StatsGroup, getAllDomainStats, type Caller, type DomainRef, type Parameters } from '../libvirt/index.ts';
import type { DomainReading } from '../prediction/observation/reading.ts';

const GROUPS = StatsGroup.STATE | StatsGroup.CPU_TOTAL | StatsGroup.BALLOON | StatsGroup.VCPU | StatsGroup.INTERFACE | StatsGroup.BLOCK;
/** More than any domain has; of a larger count the first are read. */
const DEVICES_MAX = 1000;
const KIB = 1024;

/** A host with more running domains is asked in several calls, so that its daemon works on some of them at once. */
export const MOST_IN_ONE_CALL = 100;

export interface ReadDomains {
  /** Of each call. */
  deadlineMs: number;
  /** Running domains that are expected. Default 0. */
  expected?: number;
  /** Wall clock, read when an answer is there. */
  nowMs?: () => number;
}

/**
 * What a host tells of all its domains at one tick, stopped ones too, by UUID: one call, on a large host several. Null: it is there, and did
 * not tell in time. A domain whose monitor is busy tells only what libvirt knows without it.
 *
 * @throws as `Caller.call`, when nothing was told at all
 */
export async function readDomains(caller: Caller, { deadlineMs, expected = 0, nowMs = Date.now }: ReadDomains): Promise<Map<string, DomainReading | null>> {
  const ask = async (groups: number, domains: readonly DomainRef[] = []): Promise<Told[]> => {
    const records = await caller.call(getAllDomainStats, { domains, groups, flags: StatsFlag.NOWAIT }, { deadlineMs });
    const atMs = nowMs();
    return records.map(({ domain, params }) => ({ domain, reading: readingOf(params, atMs) }));
  };
  const all = await ask(expected <= MOST_IN_ONE_CALL ? GROUPS : StatsGroup.STATE);
  const readings = new Map<string, DomainReading | null>(all.map(({ domain, reading }) => [domain.uuid, reading]));
  if (expected <= MOST_IN_ONE_CALL) return readings;
  const running = all.flatMap(({ domain, reading }) => (reading.running ? [domain] : []));
  for (const { uuid } of running) readings.set(uuid, null);
  const batches = Array.from({ length: Math.ceil(running.length / MOST_IN_ONE_CALL) }, (_, n) => running.slice(n * MOST_IN_ONE_CALL, (n + 1) * MOST_IN_ONE_CALL));
  for (const answer of await Promise.allSettled(batches.map((batch) => ask(GROUPS, batch)))) {
    for (const { domain, reading } of answer.status === 'fulfilled' ? answer.value : []) readings.set(domain.uuid, reading);
  }
  return readings;
}

interface Told {
  domain: DomainRef;
  reading: DomainReading;
}

/** One domain's statistics as a reading; what is missing, negative or no whole number is null. */
export function readingOf(params: Parameters, atMs: number): DomainReading {
  const number = (field: string, unit = 1): number | null => wholeNumber(params[field], unit);
  const sum = (group: DeviceGroup, field: string): number | null => {
    let total: number | null = null;
    const count = devices(params, group);
    for (let index = 0; index < count; index++) {
      const value = number(`${group}.${index}.${field}`);
      if (value !== null) total = (total ?? 0) + value;
    }
    return total;
  };
  const fullest = fullestDisk(params);
  return {
    atMs,
    running: number('state.state') === DomainState.RUNNING,
    vcpus: number('vcpu.current'),
    cpuNanoseconds: number('cpu.time'),
    vcpuDelayNanoseconds: sum('vcpu', 'delay'),
    memoryTotalBytes: number('balloon.available', KIB),
    memoryUnusedBytes: number('balloon.unused', KIB),
    memoryUsableBytes: number('balloon.usable', KIB),
    memoryRssBytes: number('balloon.rss', KIB),
    majorFaults: number('balloon.major_fault'),
    swapInBytes: number('balloon.swap_in', KIB),
    swapOutBytes: number('balloon.swap_out', KIB),
    receivedBytes: sum('net', 'rx.bytes'),
    transmittedBytes: sum('net', 'tx.bytes'),
    receivedPackets: sum('net', 'rx.pkts'),
    transmittedPackets: sum('net', 'tx.pkts'),
    readBytes: sum('block', 'rd.bytes'),
    writtenBytes: sum('block', 'wr.bytes'),
    readRequests: sum('block', 'rd.reqs'),
    writeRequests: sum('block', 'wr.reqs'),
    readNanoseconds: sum('block', 'rd.times'),
    writeNanoseconds: sum('block', 'wr.times'),
    diskAllocatedBytes: fullest?.allocated ?? null,
    diskCapacityBytes: fullest?.capacity ?? null,
  };
}

/** A number that libvirt told, times `unit`; null: none, or one that can't be right. */
export function wholeNumber(value: unknown, unit = 1): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value * unit) && value >= 0 ? value * unit : null;
}

type DeviceGroup = 'net' | 'block' | 'vcpu';

function devices(params: Parameters, group: DeviceGroup): number {
  return Math.min(wholeNumber(params[group === 'vcpu' ? 'vcpu.maximum' : `${group}.count`]) ?? 0, DEVICES_MAX);
}

/** The image that is filled most; where no image tells both sizes, one that tells what it can. */
function fullestDisk(params: Parameters): { allocated: number | null; capacity: number | null } | null {
  let best: { allocated: number | null; capacity: number | null; fill: number } | null = null;
  const count = devices(params, 'block');
  for (let index = 0; index < count; index++) {
    const allocated = wholeNumber(params[`block.${index}.allocation`]);
    const capacity = wholeNumber(params[`block.${index}.capacity`]);
    const fill = allocated === null || capacity === null || capacity === 0 ? -1 : allocated / capacity;
    if (best === null || fill > best.fill) best = { allocated, capacity, fill };
  }
  return best;
}
