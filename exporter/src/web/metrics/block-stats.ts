/**
 * The counters of a domain's only disk by half the work: the statistics group asks QEMU twice, for counters and for capacity,
 * which hardly ever changes; this call asks it once. It waits for a busy monitor, though, so it is for domains that answered the
 * time before; one that does not answer in time is asked by the group again, which passes over a busy monitor.
 */
import { ConnectionClosedError, DeadlineError, getDomainBlockStats, NotConnectedError, type Caller, type DomainRef, type Parameters } from '../../libvirt/index.ts';

export interface BlockStats {
  /** Those that can be asked this way now. */
  candidates(domains: readonly DomainRef[], nowMs: number): DomainRef[];
  /** By UUID, with the fields' names of the statistics group; who is missing did not answer. `limitMs`: for all of them. */
  ask(caller: Caller, domains: readonly DomainRef[], limitMs: number): Promise<Map<string, Parameters>>;
  /** Learns from a complete record of the statistics group. */
  learn(domain: DomainRef, params: Parameters, nowMs: number): void;
  changed(uuid: string): void;
  /** Forgets all others. */
  keep(uuids: ReadonlySet<string>): void;
}

interface Disk {
  instance: number;
  name: string;
  capacity: number | undefined;
  expiresMs: number;
}

/** So long a new size, or a second disk, may go unseen. With a spread, so that not all are due at once. */
const MAX_AGE_MS = { least: 60_000, spread: 60_000 };
/** A domain that kept its caller waiting, e.g. during a snapshot, is asked by the group for so long. */
const AVOID_MS = 600_000;

const FIELDS: readonly (readonly [string, string])[] = [
  ['rd_bytes', 'block.0.rd.bytes'],
  ['rd_operations', 'block.0.rd.reqs'],
  ['rd_total_times', 'block.0.rd.times'],
  ['wr_bytes', 'block.0.wr.bytes'],
  ['wr_operations', 'block.0.wr.reqs'],
  ['wr_total_times', 'block.0.wr.times'],
  ['flush_operations', 'block.0.fl.reqs'],
  ['flush_total_times', 'block.0.fl.times'],
];

export function createBlockStats(random: () => number = Math.random): BlockStats {
  const disks = new Map<string, Disk>();
  const avoided = new Map<string, number>();

  return {
    candidates: (domains, nowMs) =>
      domains.filter(({ uuid, id }) => {
        const disk = disks.get(uuid);
        return disk !== undefined && disk.instance === id && disk.expiresMs > nowMs && (avoided.get(uuid) ?? 0) <= nowMs;
      }),
    async ask(caller, domains, limitMs) {
      const records = new Map<string, Parameters>();
      const askOne = async (domain: DomainRef): Promise<void> => {
        const disk = disks.get(domain.uuid);
        if (disk === undefined) return;
        try {
          records.set(domain.uuid, toRecord(disk, await caller.call(getDomainBlockStats, { domain, path: disk.name }, { deadlineMs: limitMs })));
        } catch (error) {
          disks.delete(domain.uuid);
          const isSilence = error instanceof DeadlineError || error instanceof ConnectionClosedError || error instanceof NotConnectedError;
          if (isSilence) avoided.set(domain.uuid, performance.now() + AVOID_MS);
        }
      };
      await Promise.all(domains.map(askOne));
      return records;
    },
    learn({ uuid, id }, params, nowMs) {
      const name = params['block.0.name'];
      if (params['block.count'] !== 1 || typeof name !== 'string' || params['block.0.rd.reqs'] === undefined) return void disks.delete(uuid);
      const capacity = params['block.0.capacity'];
      const expiresMs = nowMs + MAX_AGE_MS.least + MAX_AGE_MS.spread * random();
      disks.set(uuid, { instance: id, name, capacity: typeof capacity === 'number' ? capacity : undefined, expiresMs });
    },
    changed: (uuid) => void disks.delete(uuid),
    keep(uuids) {
      for (const known of [disks, avoided]) for (const uuid of known.keys()) if (!uuids.has(uuid)) known.delete(uuid);
    },
  };
}

function toRecord({ name, capacity }: Disk, counters: Parameters): Parameters {
  const record: Parameters = { 'block.count': 1, 'block.0.name': name };
  for (const [from, to] of FIELDS) {
    const value = counters[from];
    if (value !== undefined) record[to] = value;
  }
  if (capacity !== undefined) record['block.0.capacity'] = capacity;
  return record;
}
