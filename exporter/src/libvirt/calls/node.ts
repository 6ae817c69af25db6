import { encodeNothing, type Call, type CallOptions, type Caller, type NoArgs } from '../call.ts';
import type { XdrReader } from '../xdr.ts';

const STATS_MAX = 16;
const MODEL_CHARACTERS = 32;
const ALL = -1;

/** The host. Memory in KiB. */
export const getNodeInfo: Call<
  NoArgs,
  { model: string; memoryKib: number; cpus: number; mhz: number; nodes: number; sockets: number; cores: number; threads: number }
> = {
  name: 'nodeGetInfo',
  procedure: 6,
  encode: encodeNothing,
  decode: (reader) => ({
    model: reader.charArray(MODEL_CHARACTERS),
    memoryKib: reader.uhyper(),
    cpus: reader.int(),
    mhz: reader.int(),
    nodes: reader.int(),
    sockets: reader.int(),
    cores: reader.int(),
    threads: reader.int(),
  }),
};

interface NodeStats {
  fields: Record<string, number>;
  available: number;
}

function readNodeStats(reader: XdrReader): NodeStats {
  const pairs = reader.array(STATS_MAX, 12, (item): [string, number] => [item.name(), item.uhyper()]);
  return { fields: Object.fromEntries(pairs), available: reader.int() };
}

const nodeCpuStats: Call<{ cpu: number; count: number }, NodeStats> = {
  name: 'nodeGetCPUStats',
  procedure: 227,
  encode: (writer, args) => writer.int(args.cpu).int(args.count).uint(0),
  decode: readNodeStats,
};

const nodeMemoryStats: Call<{ cell: number; count: number }, NodeStats> = {
  name: 'nodeGetMemoryStats',
  procedure: 228,
  encode: (writer, args) => writer.int(args.count).int(args.cell).uint(0),
  decode: readNodeStats,
};

/**
 * CPU time of the host in nanoseconds since boot: `kernel`, `user`, `idle`, `iowait`. Two calls: libvirt answers only who
 * asks for the exact number of fields.
 *
 * @param args `cpu`: one CPU's number; default all together
 * @throws as `Caller.call`
 */
export async function getNodeCpuStats(
  caller: Caller,
  args: { cpu?: number } = {},
  options?: CallOptions,
): Promise<Record<string, number>> {
  const cpu = args.cpu ?? ALL;
  const { available } = await caller.call(nodeCpuStats, { cpu, count: 0 }, options);
  return (await caller.call(nodeCpuStats, { cpu, count: available }, options)).fields;
}

/**
 * Memory of the host in KiB: `total`, `free`, `buffers`, `cached`; of one NUMA cell `total` and `free`. Two calls, as
 * {@link getNodeCpuStats}.
 *
 * @param args `cell`: one NUMA cell's number; default all together
 * @throws as `Caller.call`
 */
export async function getNodeMemoryStats(
  caller: Caller,
  args: { cell?: number } = {},
  options?: CallOptions,
): Promise<Record<string, number>> {
  const cell = args.cell ?? ALL;
  const { available } = await caller.call(nodeMemoryStats, { cell, count: 0 }, options);
  return (await caller.call(nodeMemoryStats, { cell, count: available }, options)).fields;
}
