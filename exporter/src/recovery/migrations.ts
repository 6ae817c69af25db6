/** Live migrations: how many there are over all hosts, and where a domain may go. */
import { ActionError } from '../execution/action.ts';
import type { Destination } from '../execution/action.ts';
import { destinationUri } from '../execution/destination-uri.ts';
import type { Hypervisor } from '../execution/hypervisor.ts';
import type { DomainRecord } from '../history/store.ts';
import type { MigrationFacts } from '../policy/guards.ts';
import type { RecoveryContext } from './context.ts';
import { trim } from './context.ts';

export interface Migration {
  uuid: string;
  atMs: number;
}

const HOUR_MS = 3_600_000;
/** Above the most that an hour may have. */
const REMEMBERED = 20_000;
const GIBIBYTE = 2 ** 30;
/** Hosts that are named with their reason when none may take the domain. */
const NAMED_HOSTS = 20;

/** Synchronous, so that between this and `beginMigration` nothing else can begin one. */
export function migrationFacts({ state, config }: RecoveryContext, key: string, host: string): MigrationFacts {
  const others = [...state.migrating].filter(([other]) => other !== key);
  const { atOnce, perHour } = config().recovery.migrations;
  return { atOnce, perHour, running: others.length, runningFromHost: others.filter(([, from]) => from === host).length, begunAtMs: [...state.migrations].map(({ atMs }) => atMs) };
}

/** Returns what ends it; `counts` false: nothing was begun after all. */
export function beginMigration({ state, clock }: RecoveryContext, key: string, uuid: string, host: string): (counts: boolean) => void {
  const migration = { uuid, atMs: clock.nowMs() };
  state.migrating.set(key, host);
  state.migrations.add(migration);
  trim(state.migrations, REMEMBERED);
  return (counts) => {
    state.migrating.delete(key);
    if (!counts) state.migrations.delete(migration);
  };
}

/** Why this domain is not to be migrated so soon again, for people; null: it may be. */
export function migratedLately({ state, clock, config }: RecoveryContext, uuid: string): string | null {
  const { domainCooldownSeconds } = config().recovery.migrations;
  const last = [...state.migrations].findLast((one) => one.uuid === uuid);
  const agoMs = last && clock.nowMs() - last.atMs;
  if (agoMs === undefined || agoMs < 0 || agoMs >= domainCooldownSeconds * 1000) return null;
  return `migrated ${Math.round(agoMs / 1000)} s ago, and it fails again: moving does not help`;
}

/** After a start: those that the last process began, as far back as they count. */
export async function loadMigrations({ store, state, clock, config }: RecoveryContext): Promise<void> {
  const sinceMs = clock.nowMs() - Math.max(HOUR_MS, config().recovery.migrations.domainCooldownSeconds * 1000);
  const found: Migration[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await store.recoveries({ fromMs: sinceMs, overlapping: true, fault: ['domain_failing', 'requested'], limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
    const uuids = new Map(page.items.flatMap(({ id, target }) => (target.kind === 'domain' ? [[id, target.uuid] as const] : [])));
    for (const { incidentId, action, result, executingAtMs } of await store.attemptsOf([...uuids.keys()])) {
      const uuid = uuids.get(incidentId);
      if (uuid !== undefined && action === 'migrate' && executingAtMs !== null && executingAtMs >= sinceMs && result !== 'unavailable') found.push({ uuid, atMs: executingAtMs });
    }
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  for (const one of found.sort((a, b) => a.atMs - b.atMs)) state.migrations.add(one);
}

/**
 * The host with the most memory left among those that may take the domain: heard, reached by other hosts, not failing itself, in no
 * maintenance, and with memory for it. Rejects with ActionError `unavailable` that says why each one may not.
 */
export async function chooseDestination(context: RecoveryContext, { uuid }: DomainRecord, from: string): Promise<Destination> {
  const source = context.hypervisor(from);
  if (!source) throw new ActionError('failed', `host ${from} is not connected`);
  const neededBytes = await source.domainMemoryBytes(uuid);
  const others = context.config().hosts.filter(({ name }) => name !== from);
  const asked = await Promise.all(others.map(async (host) => ({ host: host.name, ...(await offerOf(context, host, neededBytes)) })));
  const offers = asked.flatMap((one) => ('bytes' in one ? [one] : [])).sort((a, b) => b.bytes - a.bytes || a.host.localeCompare(b.host));
  const refused = asked.flatMap((one) => ('no' in one ? [`${one.host}: ${one.no}`] : []));
  const named = refused.slice(0, NAMED_HOSTS).join('; ') + (refused.length > NAMED_HOSTS ? `; and ${refused.length - NAMED_HOSTS} more` : '');
  const [best] = offers;
  if (!best) throw new ActionError('unavailable', `no host may take it: ${named || 'there is no other host'}`);
  const { host, uri, hypervisor, bytes } = best;
  const why = `to ${host}: ${inGib(bytes)} of memory left, the most of ${offers.length} that may take it${named === '' ? '' : ` (${named})`}`;
  return { host, uri, hypervisor, why };
}

type Offer = { bytes: number; uri: string; hypervisor: Hypervisor } | { no: string };

async function offerOf(context: RecoveryContext, host: { name: string; uri: string; migrationUri?: string | undefined }, neededBytes: number): Promise<Offer> {
  const uri = destinationUri(host);
  const hypervisor = context.view.host(host.name)?.state === 'up' ? context.hypervisor(host.name) : null;
  const nowMs = context.clock.nowMs();
  const maintained = context.state.maintenance.some(
    ({ scope, fromMs, untilMs }) => (scope.kind === 'all' || (scope.kind === 'host' && scope.host === host.name)) && fromMs <= nowMs && nowMs < untilMs,
  );
  if (!hypervisor) return { no: 'not up' };
  if (uri === null) return { no: 'other hosts do not reach its URI; give it a migrationUri' };
  if (maintained) return { no: 'in maintenance' };
  if (context.forecasts.host(host.name)?.failing) return { no: 'forecast to fail itself' };
  try {
    const bytes = await hypervisor.availableMemoryBytes();
    return bytes < neededBytes ? { no: `${inGib(bytes)} of memory left, ${inGib(neededBytes)} needed` } : { bytes, uri, hypervisor };
  } catch (error) {
    return { no: `does not say how much memory it has: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function inGib(bytes: number): string {
  return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
}
