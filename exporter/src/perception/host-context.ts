import type { ProbeConfig } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import type { DomainRef, SupervisedOptions } from '../libvirt/index.ts';
import type { Health } from '../policy/types.ts';
import type { PerceptionEvent } from './events.ts';
import type { Faults, HealthReport } from './faults.ts';
import type { Prober, ProberOptions } from './prober.ts';
import type { SamplerOptions } from './sampler.ts';
import type { DomainSighting, HostObservation, ViewStore } from './view.ts';

/** What configuration says of one domain, as far as perception needs it. */
export interface DomainSettings {
  managed: boolean;
  probes: readonly ProbeConfig[];
}

export interface HostWatchOptions {
  host: { name: string; uri: string };
  /** Deadlines and limits of the connection. */
  libvirt: Omit<SupervisedOptions, 'uri' | 'onConnected' | 'onStateChange'>;
  listingDeadlineMs: number;
  intervalMs: number;
  clock: Clock;
  view: ViewStore;
  settingsFor(domain: { uuid: string; name: string; host: string }): DomainSettings;
  emit(event: PerceptionEvent): void;
  /** The definition of a managed domain, secrets included: for saving, never for a log. */
  onDefinition(definition: { host: string; uuid: string; name: string; xml: string; atMs: number }): void;
  /** A domain's definition may have changed, or it was listed for the first time; for caches of what definitions say. */
  onDefinitionChanged(domain: { host: string; uuid: string }): void;
  onWarning(text: string, error: unknown): void;
  /** Readings of every tick. Default: none are asked for. */
  sampling?: Pick<SamplerOptions, 'isWanted' | 'onSample'> | undefined;
  /** Runs one probe; for tests. */
  runProbe?: NonNullable<ProberOptions['run']>;
}

/** State of one watched host. */
export interface HostContext {
  options: HostWatchOptions;
  faults: Faults;
  prober: Prober;
  /** libvirt's number of each running instance, from the latest listing or event. */
  instances: Map<string, number>;
  /** Domains that a listing of this process has shown. */
  listed: Set<string>;
  /** Domains of which an event came while a listing was under way: the event is the newer news. */
  touched: Set<string>;
  /** Managed domains whose definition is to be fetched. */
  definitionsDue: Set<string>;
  healths: Map<string, Health>;
  /** An event told of something that only a listing completes. */
  listSoon(): void;
}

export function asRef(context: HostContext, uuid: string): DomainRef {
  const name = context.options.view.sighting(context.options.host.name, uuid)?.name ?? '';
  return { name, uuid, id: context.instances.get(uuid) ?? -1 };
}

/** The host's state changed; `error`: why it can't be heard, null where it is. */
export function setState(context: HostContext, state: HostObservation['state'], error: string | null): void {
  const { view, host, clock, emit } = context.options;
  const previous = view.host(host.name)?.state;
  view.setHostState(host.name, state, error);
  if (previous !== undefined && previous !== state) emit({ kind: 'host_state', host: host.name, atMs: clock.nowMs(), state, previous, error });
}

/** Applies what configuration says of the domain. `definition`: its definition may be another than the one saved. */
export function noteSettings(context: HostContext, sighting: DomainSighting, definition: boolean): void {
  const { host, uuid, name } = sighting;
  const { managed, probes } = context.options.settingsFor({ host, uuid, name });
  if (definition) {
    if (managed) context.definitionsDue.add(uuid);
    context.options.onDefinitionChanged({ host, uuid });
  }
  if (sighting.state === 'running') context.prober.watch(uuid, name, probes);
  else context.prober.unwatch(uuid);
}

/** What was known of the guest's health is void: it stopped, began anew or is held. */
export function forgetHealth(context: HostContext, uuid: string): void {
  context.faults.clear(uuid);
  context.prober.rebooted(uuid);
}

export function forgetDomain(context: HostContext, uuid: string): void {
  context.faults.clear(uuid);
  context.prober.unwatch(uuid);
  context.instances.delete(uuid);
  context.listed.delete(uuid);
  context.definitionsDue.delete(uuid);
  context.healths.delete(uuid);
}

/** State and reason prove some things by themselves, e.g. where the event was missed. */
export function healthOf(faults: Faults, sighting: DomainSighting): HealthReport {
  if (sighting.state === 'crashed' && sighting.reason === 'panicked') return { health: 'panicked', evidence: ['panic event'] };
  if (sighting.state === 'paused' && sighting.reason === 'watchdog') {
    return { health: 'hung', evidence: ['watchdog fired, guest paused by it'] };
  }
  return faults.health(sighting.uuid);
}

/** Tells when the health of a domain changed. */
export function noteHealth(context: HostContext, uuid: string): void {
  const { view, host, clock, emit } = context.options;
  const sighting = view.sighting(host.name, uuid);
  if (!sighting) return;
  const { health, evidence } = healthOf(context.faults, sighting);
  if ((context.healths.get(uuid) ?? 'healthy') === health) return;
  context.healths.set(uuid, health);
  emit({ kind: 'domain_health', host: host.name, uuid, name: sighting.name, atMs: clock.nowMs(), health, evidence });
}
