/** Reads which apps domains declare themselves, through libvirt: once each, when a definition changed, and now and then. */
import type { AppDeclaration } from '../../config/apps.ts';
import type { Clock } from '../../events/clock.ts';
import { ErrorCode, getDomainMetadata, LibvirtError, type Caller } from '../../libvirt/index.ts';
import { phase } from '../phase.ts';
import { APPS_NAMESPACE, appsFromMetadata, formatMetadataProblem } from './metadata.ts';

export interface MetadataReader {
  /** The domains whose metadata counts, from now on, with where they are. Others are forgotten. */
  setDomains(domains: readonly { uuid: string; name: string; host: string }[]): void;
  /** Its definition may be another one. */
  changed(uuid: string): void;
  of(uuid: string): readonly AppDeclaration[];
  stop(): void;
}

export interface MetadataReaderOptions {
  clock: Clock;
  /** Null: the host is not connected at the moment. */
  connection(host: string): Caller | null;
  /** What a domain declares is another thing now. */
  onChanged(uuid: string): void;
  onWarning(text: string, error?: unknown): void;
}

interface Known {
  name: string;
  host: string;
  dueMs: number;
  /** What was read last; null: nothing yet. */
  xml: string | null;
  apps: readonly AppDeclaration[];
  isUnderWay: boolean;
  /** Grows with each change that is told of. */
  version: number;
}

/** Tools change metadata without libvirt telling of a definition. */
const REREAD_MS = 300_000;
const RETRY_MS = 15_000;
const STEP_MS = 250;
const NONE: readonly AppDeclaration[] = [];

export function createMetadataReader(options: MetadataReaderOptions): MetadataReader {
  const { clock } = options;
  const known = new Map<string, Known>();
  /** One call at a time on each host: the connection has other work. */
  const busyHosts = new Set<string>();
  let timer: { atMs: number; cancel(): void } | null = null;
  let isStopped = false;

  function wake(atMs: number): void {
    if (isStopped || (timer !== null && timer.atMs <= atMs)) return;
    timer?.cancel();
    timer = { atMs, cancel: clock.after(Math.max(0, atMs - clock.monotonicMs()), turn) };
  }

  function turn(): void {
    timer = null;
    const nowMs = clock.monotonicMs();
    let nextMs = Infinity;
    for (const [uuid, domain] of known) {
      if (domain.isUnderWay) continue;
      if (domain.dueMs <= nowMs && !busyHosts.has(domain.host)) void readOne(uuid, domain);
      else if (domain.dueMs > nowMs) nextMs = Math.min(nextMs, domain.dueMs);
    }
    if (nextMs < Infinity) wake(Math.max(nextMs, nowMs + STEP_MS));
  }

  async function readOne(uuid: string, domain: Known): Promise<void> {
    const { host, version } = domain;
    busyHosts.add(host);
    domain.isUnderWay = true;
    const xml = await readMetadata(options, uuid, domain);
    busyHosts.delete(host);
    domain.isUnderWay = false;
    if (isStopped) return;
    const nowMs = clock.monotonicMs();
    if (domain.version === version) domain.dueMs = nowMs + (xml === null ? RETRY_MS : REREAD_MS * (0.5 + phase(uuid) / 2));
    if (xml !== null && known.get(uuid) === domain) take(options, uuid, domain, xml);
    wake(nowMs);
  }

  return {
    setDomains(domains) {
      const nowMs = clock.monotonicMs();
      const uuids = new Set(domains.map(({ uuid }) => uuid));
      for (const uuid of [...known.keys()]) if (!uuids.has(uuid)) known.delete(uuid);
      for (const { uuid, name, host } of domains) {
        const domain = known.get(uuid);
        if (domain === undefined) known.set(uuid, { name, host, dueMs: nowMs, xml: null, apps: NONE, isUnderWay: false, version: 0 });
        else Object.assign(domain, domain.host === host ? { name } : { name, host, dueMs: nowMs, version: domain.version + 1 });
      }
      if ([...known.values()].some(({ dueMs }) => dueMs <= nowMs)) wake(nowMs);
    },
    changed(uuid) {
      const domain = known.get(uuid);
      if (domain === undefined) return;
      domain.dueMs = clock.monotonicMs();
      domain.version += 1;
      wake(domain.dueMs);
    },
    of: (uuid) => known.get(uuid)?.apps ?? NONE,
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}

/** The element, or empty where the domain has none; null: it could not be read, and what is known holds. */
async function readMetadata({ connection, onWarning }: MetadataReaderOptions, uuid: string, { name, host }: Known): Promise<string | null> {
  const caller = connection(host);
  if (caller === null) return null;
  try {
    return await caller.call(getDomainMetadata, { domain: { name, uuid, id: -1 }, namespace: APPS_NAMESPACE });
  } catch (error) {
    const code = error instanceof LibvirtError ? error.code : null;
    if (code === ErrorCode.NO_DOMAIN_METADATA) return '';
    if (code !== ErrorCode.NO_DOMAIN) onWarning(`host ${host}: the metadata of domain ${name} cannot be read`, error);
    return null;
  }
}

function take({ onChanged, onWarning }: MetadataReaderOptions, uuid: string, domain: Known, xml: string): void {
  if (xml === (domain.xml ?? '')) return;
  domain.xml = xml;
  const { apps, problems } = xml === '' ? { apps: NONE, problems: [] } : appsFromMetadata(domain.name, xml);
  for (const problem of problems) onWarning(`apps in the metadata: ${formatMetadataProblem(problem)}`);
  domain.apps = apps;
  onChanged(uuid);
}
