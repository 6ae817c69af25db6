import { getDomainXml, XmlFlag, type SupervisedConnection } from '../libvirt/index.ts';
import type { PerceptionEvent } from './events.ts';
import { asRef, forgetDomain, forgetHealth, noteHealth, noteSettings, setState, type HostContext } from './host-context.ts';
import { readListing, toSighting, type ListedDomain } from './listing.ts';
import type { DomainSighting } from './view.ts';

/** Reads one listing into the view. False: it failed, and the host counts as unreachable. */
export async function list(context: HostContext, connection: SupervisedConnection, afterConnect: boolean): Promise<boolean> {
  const { view, host, listingDeadlineMs, onWarning } = context.options;
  context.touched.clear();
  view.listingBegan(host.name);
  let domains: ListedDomain[];
  try {
    domains = await readListing(connection, listingDeadlineMs);
  } catch (error) {
    view.listingFailed(host.name);
    setState(context, 'unreachable', error instanceof Error ? error.message : String(error));
    onWarning(`host ${host.name}: no listing`, error);
    return false;
  }
  applyListing(context, domains, afterConnect);
  return true;
}

function applyListing(context: HostContext, domains: readonly ListedDomain[], afterConnect: boolean): void {
  const { view, host, clock, emit } = context.options;
  const atMs = clock.nowMs();
  const before = new Map(view.sightingsOf(host.name).map((sighting) => [sighting.uuid, sighting]));
  const sightings = new Map<string, DomainSighting>();
  const events: PerceptionEvent[] = [];
  for (const uuid of context.touched) {
    const sighting = before.get(uuid);
    if (sighting) sightings.set(uuid, sighting);
    if (!context.listed.has(uuid)) context.listSoon();
  }
  for (const domain of domains) {
    const { uuid, name, id } = domain.ref;
    if (context.touched.has(uuid)) continue;
    const known = before.get(uuid);
    const instance = context.instances.get(uuid) ?? null;
    const { sighting, changed } = toSighting(domain, host.name, known ? { sighting: known, instance } : null, atMs);
    sightings.set(uuid, sighting);
    context.instances.set(uuid, id);
    if (changed) forgetHealth(context, uuid);
    const news = { host: host.name, uuid, name, atMs };
    if (!context.listed.has(uuid)) events.push({ kind: 'domain_listed', ...news, sighting });
    else if (changed && known) events.push({ kind: 'domain_listed_change', ...news, previous: known, sighting });
  }
  for (const [uuid, previous] of before) {
    if (sightings.has(uuid)) continue;
    forgetDomain(context, uuid);
    events.push({ kind: 'domain_listed_change', host: host.name, uuid, name: previous.name, atMs, previous, sighting: null });
  }
  const previous = view.host(host.name)?.state;
  view.listed(host.name, [...sightings.values()], atMs);
  for (const sighting of sightings.values()) noteListed(context, sighting, afterConnect);
  if (previous && previous !== 'up') emit({ kind: 'host_state', host: host.name, atMs, state: 'up', previous, error: null });
  for (const event of events) emit(event);
  for (const { uuid } of sightings.values()) noteHealth(context, uuid);
  emit({ kind: 'listing_complete', host: host.name, atMs, domains: sightings.size, afterConnect });
}

function noteListed(context: HostContext, sighting: DomainSighting, afterConnect: boolean): void {
  const isNew = !context.listed.has(sighting.uuid);
  if (!context.touched.has(sighting.uuid)) context.listed.add(sighting.uuid);
  noteSettings(context, sighting, isNew || afterConnect);
}

/** Fetches the definitions that are due and hands them on for saving; what fails is due again. */
export async function fetchDefinitions(context: HostContext, connection: SupervisedConnection): Promise<void> {
  const { host, clock, view, onDefinition, onWarning } = context.options;
  for (const uuid of [...context.definitionsDue]) {
    const sighting = view.sighting(host.name, uuid);
    if (!sighting) {
      context.definitionsDue.delete(uuid);
      continue;
    }
    // Before the call, so that a change while it runs makes it due again.
    context.definitionsDue.delete(uuid);
    try {
      const xml = await connection.call(getDomainXml, { domain: asRef(context, uuid), flags: XmlFlag.SECURE | XmlFlag.INACTIVE });
      onDefinition({ host: host.name, uuid, name: sighting.name, xml, atMs: clock.nowMs() });
    } catch (error) {
      if (view.sighting(host.name, uuid)) context.definitionsDue.add(uuid);
      onWarning(`host ${host.name}: no definition of domain ${sighting.name}`, error);
      return;
    }
  }
}
