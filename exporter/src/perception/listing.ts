import { getAllDomainStats, listAllDomains, ListDomainsFlag, StatsFlag, StatsGroup, type Caller, type DomainRef } from '../libvirt/index.ts';
import { domainState } from './states.ts';
import type { DomainSighting } from './view.ts';

/** One domain in a complete listing of its host. */
export interface ListedDomain {
  ref: DomainRef;
  state: DomainSighting['state'];
  reason: string;
  persistent: boolean;
  autostart: boolean;
}

/**
 * Every domain of the host, stopped ones too, with its state. Three calls, none of which waits for a QEMU: the two about
 * persistence and autostart ask for the exceptions only.
 *
 * @throws as `Caller.call`: then there is no listing
 */
export async function readListing(caller: Caller, deadlineMs: number): Promise<ListedDomain[]> {
  const options = { deadlineMs };
  const [states, transient, autostarted] = await Promise.all([
    caller.call(getAllDomainStats, { groups: StatsGroup.STATE, flags: StatsFlag.NOWAIT }, options),
    caller.call(listAllDomains, { flags: ListDomainsFlag.TRANSIENT }, options),
    caller.call(listAllDomains, { flags: ListDomainsFlag.AUTOSTART }, options),
  ]);
  const transients = new Set(transient.map(({ uuid }) => uuid));
  const autostarts = new Set(autostarted.map(({ uuid }) => uuid));
  return states.map(({ domain, params }) => ({
    ref: domain,
    ...domainState(asCode(params['state.state']), asCode(params['state.reason'])),
    persistent: !transients.has(domain.uuid),
    autostart: autostarts.has(domain.uuid),
  }));
}

/** A missing code is one that no state has. */
function asCode(value: unknown): number {
  return typeof value === 'number' ? value : -1;
}

export interface Known {
  sighting: DomainSighting;
  /** libvirt's number of the running instance; null: not known, -1: none. */
  instance: number | null;
}

/**
 * The sighting that a listed domain makes, and how it differs from what was known. `restarted`: another instance runs than the
 * one known, although the state looks the same.
 */
export function toSighting(
  listed: ListedDomain,
  host: string,
  known: Known | null,
  atMs: number,
): { sighting: DomainSighting; changed: boolean; restarted: boolean } {
  const { ref, state, reason, persistent, autostart } = listed;
  const before = known?.sighting;
  const restarted = known !== null && known.instance !== null && known.instance >= 0 && ref.id >= 0 && known.instance !== ref.id;
  const changed = before !== undefined && (before.state !== state || restarted);
  const sinceMs = before === undefined || changed ? atMs : before.sinceMs;
  return { sighting: { uuid: ref.uuid, name: ref.name, host, state, reason, sinceMs, persistent, autostart }, changed, restarted };
}
