import type { App, Domain } from './types';

/** An application with the domain that it is in. */
export interface DomainApp {
  domain: Domain;
  app: App;
}

export function appsOfDomains(domains: readonly Domain[]): DomainApp[] {
  return domains.flatMap((domain) => domain.apps.map((app) => ({ domain, app })));
}

/** Those with a fault first, then those of which least is known. */
export function byUrgency(left: DomainApp, right: DomainApp): number {
  return (
    urgency(left.app) - urgency(right.app) ||
    names.compare(left.domain.host, right.domain.host) ||
    names.compare(left.domain.name, right.domain.name) ||
    names.compare(left.app.name, right.app.name)
  );
}

const names = new Intl.Collator('en', { numeric: true });
const BY_URGENCY = ['faulty', 'doubtful', 'unknown', 'muted', 'starting', 'off', 'up'];

/** A state that this version does not know stands behind those that need somebody. */
function urgency({ state, fault }: App): number {
  const place = BY_URGENCY.indexOf(state);
  return fault !== null ? 0 : place < 0 ? BY_URGENCY.indexOf('unknown') : place;
}
