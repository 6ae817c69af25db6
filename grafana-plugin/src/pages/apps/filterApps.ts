import { byUrgency, type DomainApp } from '../../api/domainApps';

/** Applications of which name, domain, host or UUID holds this, those that need somebody first. */
export function filterApps(apps: readonly DomainApp[], search: string): DomainApp[] {
  const wanted = search.trim().toLowerCase();
  const matches = ({ domain, app }: DomainApp) => [app.name, domain.name, domain.host, domain.uuid].some((text) => text.toLowerCase().includes(wanted));
  return apps.filter(matches).sort(byUrgency);
}
