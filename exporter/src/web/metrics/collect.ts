/** Collects what one host's libvirt says for one scrape, within the scrape's deadline. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  DeadlineError,
  DomainState,
  getAllDomainStats,
  getDomainInfo,
  getDomainXml,
  getNodeCpuStats,
  getNodeMemoryStats,
  getStoragePoolInfo,
  listAllStoragePools,
  StatsFlag,
  StatsGroup,
  superviseConnection,
  type DomainRef,
  type Parameters,
  type StoragePoolRef,
  type SupervisedConnection,
  type SupervisedOptions,
} from '../../libvirt/index.ts';
import type { Config } from '../../config/schema.ts';
import { collectBatches } from './batches.ts';
import { createBlockStats, type BlockStats } from './block-stats.ts';
import type { Definition } from './definition.ts';
import { createDefinitions, type Definitions } from './definitions.ts';

export type Collector = Config['metrics']['collectors'][number];

export interface DomainInfo {
  maxMemoryKib: number;
  memoryKib: number;
  vcpus: number;
  cpuTimeNanoseconds: number;
}

export interface DomainSample {
  ref: DomainRef;
  /** libvirt's number of the state. */
  state: number;
  active: boolean;
  info: DomainInfo | null;
  /** Statistics; null: not asked, or no answer. */
  params: Parameters | null;
  /** Its monitor did not answer within the deadline. */
  timedOut: boolean;
  definition: Definition | null;
}

export interface PoolSample {
  name: string;
  timedOut: boolean;
  info: { state: number; capacityBytes: number; allocationBytes: number; availableBytes: number } | null;
}

export interface HostSample {
  host: string;
  up: boolean;
  domains: DomainSample[];
  pools: PoolSample[];
  /** Nanoseconds by libvirt's field names; null: not asked, or no answer. */
  cpu: Record<string, number> | null;
  /** KiB by libvirt's field names. */
  memory: Record<string, number> | null;
}

export interface HostCollector {
  readonly host: string;
  /** Never rejects. `deadlineMs`: all of it ends by then. */
  collect(collectors: ReadonlySet<Collector>, deadlineMs: number): Promise<HostSample>;
  definitionChanged(uuid: string): void;
  stop(): Promise<void>;
}

/** A daemon that takes longer to be connected is down for this scrape. */
const CONNECT_SHARE = 0.25;
/** Of the time that is left: a daemon that does not say its domains' states is down for this scrape, and the rest need not wait for it. */
const STATE_SHARE = 0.5;
/** Of the time that is left: answers that need no QEMU come at once, or something is wrong. */
const INFO_SHARE = 0.25;
/**
 * Calls at once that may wait for a QEMU. A daemon serves five of a client at a time with its default settings; at five that
 * do not end it would not even read our keepalives.
 */
const PARALLEL_CALLS = 4;
/** Of the others as many are sent together: what the daemon does not take up yet waits in the socket, and it is woken less often. */
const CALLS_IN_FLIGHT = 64;
/** Of the time that is left: a domain that takes longer is asked in a way that does not wait. */
const BLOCK_SHARE = 0.125;
/** A pool that did not answer is left out this long: each question would take up a place at the daemon. */
const STUCK_POOL_MS = 60_000;

interface Collection {
  connection: SupervisedConnection;
  collectors: ReadonlySet<Collector>;
  sample: HostSample;
  definitions: Definitions;
  blockStats: BlockStats;
  /** Domains that did not answer last time. */
  suspects: Set<string>;
  /** Pool -> when to ask again, monotonic. */
  stuckPools: Map<string, number>;
  remainingMs(): number;
}

/**
 * A connection of its own for each host: what metrics ask may get stuck in a QEMU, and that must never hold up events or
 * actions.
 */
export function createHostCollector(host: { name: string; uri: string }, options: Omit<SupervisedOptions, 'uri' | 'maxCallsInFlight'>): HostCollector {
  const connection = superviseConnection({ ...options, maxCallsInFlight: CALLS_IN_FLIGHT, uri: host.uri });
  const definitions = createDefinitions();
  const blockStats = createBlockStats();
  const suspects = new Set<string>();
  const stuckPools = new Map<string, number>();

  return {
    host: host.name,
    async collect(collectors, deadlineMs) {
      const endsAtMs = performance.now() + deadlineMs;
      const sample: HostSample = { host: host.name, up: false, domains: [], pools: [], cpu: null, memory: null };
      const remainingMs = (): number => endsAtMs - performance.now();
      const collection: Collection = { connection, collectors, sample, definitions, blockStats, suspects, stuckPools, remainingMs };
      const timer = new AbortController();
      const over = delay(deadlineMs, undefined, { signal: timer.signal, ref: false }).catch(() => undefined);
      await Promise.race([run(collection).catch(() => undefined), over]);
      timer.abort();
      return sample;
    },
    definitionChanged(uuid) {
      definitions.changed(uuid);
      blockStats.changed(uuid);
    },
    stop: () => connection.close(),
  };
}

async function run(collection: Collection): Promise<void> {
  const { connection, collectors, sample, definitions, remainingMs } = collection;
  if (connection.state.status === 'connecting') await within(connection.connected(), remainingMs() * CONNECT_SHARE);
  const states = await connection.call(getAllDomainStats, { groups: StatsGroup.STATE, flags: StatsFlag.NOWAIT }, { deadlineMs: remainingMs() * STATE_SHARE });
  sample.domains = states.map(({ domain, params }) => {
    const state = Number(params['state.state']);
    const active = domain.id >= 0 && state !== DomainState.SHUTOFF;
    return { ref: domain, state, active, info: null, params: null, timedOut: false, definition: definitions.get(domain) };
  });
  sample.up = true;
  const refs = sample.domains.map(({ ref }) => ref);
  definitions.keep(refs);
  // All in one go, in this order: the short calls, then those that may wait for a QEMU.
  const parts: Promise<unknown>[] = [];
  if (collectors.has('info') || collectors.has('cpu')) parts.push(collectInfo(collection));
  if (['info', 'block', 'interface'].some((collector) => collectors.has(collector as Collector))) parts.push(collectDefinitions(collection, refs));
  if (collectors.has('host')) parts.push(collectHost(collection));
  if (collectors.has('pool')) parts.push(collectPools(collection));
  parts.push(collectStats(collection));
  await Promise.allSettled(parts);
}

async function within<T>(promise: Promise<T>, limitMs: number): Promise<T | null> {
  return Promise.race([promise.catch(() => null), delay(Math.max(0, limitMs), null, { ref: false })]);
}

/** Memory, CPU count and CPU time, which libvirt has at hand without asking the domain's QEMU. */
async function collectInfo({ connection, sample, remainingMs }: Collection): Promise<void> {
  const deadlineMs = remainingMs() * INFO_SHARE;
  await Promise.allSettled(
    sample.domains.map(async (domain) => {
      domain.info = await connection.call(getDomainInfo, { domain: domain.ref }, { deadlineMs });
    }),
  );
}

async function collectDefinitions({ connection, sample, definitions, remainingMs }: Collection, refs: readonly DomainRef[]): Promise<void> {
  const deadlineMs = remainingMs();
  const nowMs = performance.now();
  await Promise.allSettled(
    definitions.due(refs, nowMs).map(async (domain) => {
      definitions.set(domain, await connection.call(getDomainXml, { domain }, { deadlineMs }), nowMs);
    }),
  );
  for (const domain of sample.domains) domain.definition = definitions.get(domain.ref);
}

async function collectHost({ connection, sample, remainingMs }: Collection): Promise<void> {
  const options = { deadlineMs: remainingMs() };
  const [cpu, memory] = await Promise.allSettled([getNodeCpuStats(connection, {}, options), getNodeMemoryStats(connection, {}, options)]);
  if (cpu.status === 'fulfilled') sample.cpu = cpu.value;
  if (memory.status === 'fulfilled') sample.memory = memory.value;
}

async function collectPools(collection: Collection): Promise<void> {
  const { connection, sample, stuckPools, remainingMs } = collection;
  const pools = await connection.call(listAllStoragePools, {}, { deadlineMs: remainingMs() });
  for (const name of stuckPools.keys()) if (!pools.some((pool) => pool.name === name)) stuckPools.delete(name);
  await Promise.all(pools.map(async (pool) => void sample.pools.push(await collectPool(collection, pool))));
}

async function collectPool({ connection, stuckPools, remainingMs }: Collection, pool: StoragePoolRef): Promise<PoolSample> {
  const { name } = pool;
  if ((stuckPools.get(name) ?? 0) > performance.now()) return { name, timedOut: true, info: null };
  try {
    const info = await connection.call(getStoragePoolInfo, { pool }, { deadlineMs: remainingMs() });
    stuckPools.delete(name);
    return { name, timedOut: false, info };
  } catch (error) {
    const timedOut = error instanceof DeadlineError;
    if (timedOut && error.sent) stuckPools.set(name, performance.now() + STUCK_POOL_MS);
    return { name, timedOut, info: null };
  }
}

const GROUPS: Partial<Record<Collector, number>> = {
  vcpu: StatsGroup.VCPU,
  memory: StatsGroup.BALLOON,
  block: StatsGroup.BLOCK,
  interface: StatsGroup.INTERFACE,
};

/** What libvirt has to ask the domain's monitor for. */
const MONITOR_GROUPS = StatsGroup.VCPU | StatsGroup.BALLOON | StatsGroup.BLOCK;

const WITH_MONITOR = { parallel: PARALLEL_CALLS, batchDomains: 16 };
const WITHOUT_MONITOR = { parallel: 1, batchDomains: 256 };

async function collectStats(collection: Collection): Promise<void> {
  const { connection, collectors, sample, blockStats, suspects, remainingMs } = collection;
  let groups = 0;
  for (const collector of collectors) groups |= GROUPS[collector] ?? 0;
  if (groups === 0) return;
  const active = sample.domains.filter((domain) => domain.active);
  const uuids = new Set(active.map(({ ref }) => ref.uuid));
  for (const uuid of suspects) if (!uuids.has(uuid)) suspects.delete(uuid);
  blockStats.keep(uuids);
  const refs = active.map(({ ref }) => ref).filter(({ uuid }) => !suspects.has(uuid));
  const candidates = new Set(collectors.has('block') ? blockStats.candidates(refs, performance.now()) : []);
  const single = active.filter(({ ref }) => candidates.has(ref));
  const others = groups & ~StatsGroup.BLOCK;
  const counting = blockStats.ask(connection, [...candidates], remainingMs() * BLOCK_SHARE);
  // Two questions to one monitor at a time would find it busy.
  if ((others & MONITOR_GROUPS) !== 0) await counting;
  await collectGroups(collection, single, others);
  const counters = await counting;
  await collectGroups(collection, active.filter(({ ref }) => !counters.has(ref.uuid)), groups);
  for (const domain of single) {
    const counted = counters.get(domain.ref.uuid);
    if (counted) domain.params = Object.assign(domain.params ?? {}, counted);
  }
}

/** Asks for groups of statistics of some of the domains. */
async function collectGroups(collection: Collection, domains: readonly DomainSample[], groups: number): Promise<void> {
  const { connection, collectors, definitions, blockStats, suspects, remainingMs } = collection;
  if (domains.length === 0 || groups === 0) return;
  const hasBlock = (groups & StatsGroup.BLOCK) !== 0;
  const { params, timedOut } = await collectBatches({
    domains: domains.map(({ ref }) => ref),
    suspects,
    ask: (refs, deadlineMs) => connection.call(getAllDomainStats, { domains: refs, groups, flags: StatsFlag.NOWAIT }, { deadlineMs }),
    isPartial: (record) => isPartial(record, { block: hasBlock, memory: collectors.has('memory') }),
    ...((groups & MONITOR_GROUPS) === 0 ? WITHOUT_MONITOR : WITH_MONITOR),
    remainingMs,
    pause: (ms) => delay(ms),
    reconnected: async () => void (await within(connection.connected(), remainingMs())),
  });
  for (const domain of domains) {
    const { ref } = domain;
    domain.params = params.get(ref.uuid) ?? null;
    domain.timedOut = timedOut.has(ref.uuid);
    if (domain.timedOut) suspects.add(ref.uuid);
    else suspects.delete(ref.uuid);
    if (domain.timedOut || domain.params === null) continue;
    definitions.check(ref, domain.params);
    if (hasBlock) blockStats.learn(ref, domain.params, performance.now());
  }
}

/** Whether fields are missing that libvirt reads from the domain's monitor: with NOWAIT a busy one is passed over. */
export function isPartial(params: Parameters, asked: { block: boolean; memory: boolean }): boolean {
  const disks = params['block.count'];
  if (asked.block && typeof disks === 'number' && disks > 0) {
    let answered = false;
    for (let index = 0; index < disks && !answered; index++) answered = params[`block.${index}.rd.reqs`] !== undefined;
    if (!answered) return true;
  }
  // Without the monitor libvirt knows of the balloon only its size.
  return asked.memory && params['balloon.current'] !== undefined && params['balloon.rss'] === undefined;
}
