/** What is known of hosts and domains, joined from perception, store and configuration. */
import type { Config } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import type { DomainRecord, IncidentRecord } from '../history/store.ts';
import type { AppsView } from '../perception/apps/view.ts';
import type { DomainSighting, HostObservation, View } from '../perception/view.ts';
import { selectPolicy } from '../policy/selectors.ts';
import type { Observed } from '../policy/types.ts';
import type { ForecastView, TargetForecast } from '../prediction/forecast-view.ts';
import { appKey } from '../vocabulary.ts';
import type { DomainStateName, RestartPolicy, Trigger } from '../vocabulary.ts';
import { describeApps, describeGuest } from './app-summary.ts';
import type { AppSummary, GuestSummary } from './app-summary.ts';

export interface HostSummary extends HostObservation {
  domains: number;
  running: number;
  /** The latest; null: there is none. */
  forecast: TargetForecast | null;
}

export function describeHosts(view: View, forecasts: ForecastView): HostSummary[] {
  const sightings = view.sightings();
  return view.hosts().map((host) => ({ ...describeHost(host, sightings), forecast: forecasts.host(host.name) }));
}

function describeHost(host: HostObservation, sightings: readonly DomainSighting[]): Omit<HostSummary, 'forecast'> {
  const own = sightings.filter((sighting) => sighting.host === host.name);
  return { ...host, uri: withoutPassword(host.uri), domains: own.length, running: own.filter((sighting) => sighting.state === 'running').length };
}

function withoutPassword(uri: string): string {
  return uri.replace(/^([a-z0-9+.-]+:\/\/[^/@:]*):[^/]*@/i, '$1:***@');
}

export interface DomainSummary {
  uuid: string;
  name: string;
  host: string;
  state: DomainStateName;
  reason: string | null;
  sinceMs: number | null;
  /** On more than one host at once; null: it isn't. */
  duplicatedOn: string[] | null;
  managed: boolean;
  dryRun: boolean;
  restartPolicy: RestartPolicy;
  trigger: Trigger;
  desired: DomainRecord['desired'] | null;
  desiredSource: DomainRecord['desiredSource'] | null;
  lastSeenMs: number | null;
  /** The open incident. */
  incidentId: string | null;
  /** The latest; null: there is none, as of a domain that does not run. */
  forecast: TargetForecast | null;
  /** Those that are declared for it. */
  apps: AppSummary[];
  /** Whether its guest can be looked into; null: nobody does. */
  guest: GuestSummary | null;
}

/** Where domains are known from. */
export interface DomainSources {
  view: View;
  forecasts: ForecastView;
  apps: AppsView;
  clock: Clock;
  records: readonly DomainRecord[];
  /** Open ones. */
  incidents: readonly IncidentRecord[];
  config: Config;
}

export function describeDomains({ view, forecasts, apps, clock, records, incidents, config }: DomainSources): DomainSummary[] {
  const incidentOf = new Map(incidents.map((incident) => [incident.targetKey, incident.id]));
  const known = new Map<string, { uuid: string; name: string; host: string; record: DomainRecord | null }>();
  for (const { uuid, name, host } of view.sightings()) known.set(uuid, { uuid, name, host, record: null });
  for (const record of records) known.set(record.uuid, { uuid: record.uuid, name: record.name, host: record.host, record });
  return [...known.values()]
    .map(({ record, ...identity }): DomainSummary => {
      const observed = view.observed(identity.uuid, identity.host);
      const domain = { ...identity, host: hostOf(observed) ?? identity.host };
      const { policy, trigger } = selectPolicy(config, domain, record?.desired ?? null);
      return {
        ...domain,
        ...stateOf(observed),
        managed: policy.managed,
        dryRun: policy.dryRun,
        restartPolicy: policy.restartPolicy,
        trigger,
        desired: record?.desired ?? null,
        desiredSource: record?.desiredSource ?? null,
        lastSeenMs: record?.lastSeenMs ?? null,
        incidentId: incidentOf.get(`domain/${domain.uuid}`) ?? null,
        forecast: forecasts.domain(domain.uuid),
        apps: describeApps(apps, clock, domain.uuid, (app) => incidentOf.get(appKey(domain.uuid, app)) ?? null),
        guest: describeGuest(apps, domain.uuid),
      };
    })
    .sort((left, right) => left.host.localeCompare(right.host) || left.name.localeCompare(right.name));
}

/** Hosts and domains that are failing, as forecast, by name. */
export function failingTargets(view: View, forecasts: ForecastView): { name: string; forecast: TargetForecast }[] {
  const names = new Map(view.sightings().map(({ uuid, name }) => [uuid, name]));
  const all = [
    ...view.hosts().map(({ name }) => ({ name: `host ${name}`, forecast: forecasts.host(name) })),
    ...[...names].map(([uuid, name]) => ({ name, forecast: forecasts.domain(uuid) })),
  ];
  return all.flatMap(({ name, forecast }) => (forecast?.failing === true ? [{ name, forecast }] : []));
}

function hostOf(observed: Observed): string | null {
  return observed.kind === 'present' || observed.kind === 'unknown' ? observed.host : null;
}

function stateOf(observed: Observed): Pick<DomainSummary, 'state' | 'reason' | 'sinceMs' | 'duplicatedOn'> {
  switch (observed.kind) {
    case 'present':
      return { state: observed.state, reason: observed.health === 'healthy' ? observed.reason : observed.health, sinceMs: observed.sinceMs, duplicatedOn: null };
    case 'duplicated':
      return { state: 'running', reason: 'duplicated', sinceMs: null, duplicatedOn: observed.hosts };
    case 'absent':
    case 'unknown':
      return { state: observed.kind, reason: null, sinceMs: null, duplicatedOn: null };
  }
}
