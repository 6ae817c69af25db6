import { DomainState, StatsFlag, StatsGroup, getAllDomainStats } from '../../../exporter/src/libvirt/index.ts';
import type { Caller, Parameters } from '../../../exporter/src/libvirt/index.ts';
import type { DomainReading } from '../../../exporter/src/prediction/observation/reading.ts';

const GROUPS = StatsGroup.STATE | StatsGroup.CPU_TOTAL | StatsGroup.BALLOON | StatsGroup.VCPU | StatsGroup.INTERFACE | StatsGroup.BLOCK;
const DEVICES_MAX = 1000;
const KIB = 1024;

/** What a host tells of its domains, by UUID. @throws as `Caller.call` */
export async function readDomains(caller: Caller, deadlineMs: number): Promise<Map<string, DomainReading>> {
  const records = await caller.call(getAllDomainStats, { groups: GROUPS, flags: StatsFlag.NOWAIT }, { deadlineMs });
  const atMs = Date.now();
  return new Map(records.map(({ domain, params }) => [domain.uuid, readingOf(params, atMs)]));
}

/** One domain's statistics as a reading; what is missing, negative or no whole number is null. */
export function readingOf(params: Parameters, atMs: number): DomainReading {
  const number = (field: string, unit = 1): number | null => {
    const value = params[field];
    return typeof value === 'number' && Number.isSafeInteger(value * unit) && value >= 0 ? value * unit : null;
  };
  const sum = (group: 'net' | 'block', field: string): number | null => {
    const values = devices(number(`${group}.count`)).map((index) => number(`${group}.${index}.${field}`)).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
  };
  const fullest = devices(number('block.count'))
    .map((index) => ({ allocated: number(`block.${index}.allocation`), capacity: number(`block.${index}.capacity`) }))
    .sort((a, b) => fill(b) - fill(a))[0];
  return {
    atMs,
    running: number('state.state') === DomainState.RUNNING,
    vcpus: number('vcpu.current'),
    cpuNanoseconds: number('cpu.time'),
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

function devices(count: number | null): number[] {
  return Array.from({ length: Math.min(count ?? 0, DEVICES_MAX) }, (_, index) => index);
}

function fill({ allocated, capacity }: { allocated: number | null; capacity: number | null }): number {
  return allocated === null || capacity === null || capacity === 0 ? -1 : allocated / capacity;
}
