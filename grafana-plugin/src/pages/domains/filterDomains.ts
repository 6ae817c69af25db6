import type { Domain } from '../../api/types';

/** `attention`: an incident is open, or it is not as it is wanted. */
export const DOMAIN_GROUPS = ['all', 'attention', 'running', 'not_running'] as const;
export type DomainGroup = (typeof DOMAIN_GROUPS)[number];

export interface DomainFilter {
  /** Part of name, host or UUID. */
  search: string;
  /** Empty: any. */
  host: string;
  group: DomainGroup;
}

/** Domains that match, those that need attention first, then by name. */
export function filterDomains(domains: readonly Domain[], { search, host, group }: DomainFilter): Domain[] {
  const wanted = search.trim().toLowerCase();
  const matches = (domain: Domain) =>
    (host === '' || domain.host === host) &&
    isIn(domain, group) &&
    (wanted === '' || [domain.name, domain.host, domain.uuid].some((text) => text.toLowerCase().includes(wanted)));
  return domains.filter(matches).sort((left, right) => Number(needsAttention(right)) - Number(needsAttention(left)) || left.name.localeCompare(right.name, 'en', { numeric: true }) || left.host.localeCompare(right.host));
}

/** An incident is open, or it is not as it is wanted. */
export function needsAttention({ state, desired, incidentId }: Domain): boolean {
  return incidentId !== null || (desired === 'running' && state !== 'running');
}

function isIn(domain: Domain, group: DomainGroup): boolean {
  switch (group) {
    case 'all':
      return true;
    case 'attention':
      return needsAttention(domain);
    case 'running':
      return domain.state === 'running';
    case 'not_running':
      return domain.state !== 'running';
  }
}
