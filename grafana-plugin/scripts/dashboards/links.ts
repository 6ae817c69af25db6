/** Links between the dashboards; each keeps the time range and the data sources. */
import { TAG, UID } from './model.ts';

const SOURCES = '${prometheus:queryparam}&${virtmedic:queryparam}';

/** A link of a cell or bar. Names come from people: they are encoded. */
export function toHost(host: string) {
  return { title: 'Host ' + host, url: `/d/${UID.host}?\${__url_time_range}&${SOURCES}&var-host=${encoded(host)}` };
}

export function toDomain(host: string, domain: string) {
  return {
    title: 'Domain ' + domain,
    url: `/d/${UID.domain}?\${__url_time_range}&${SOURCES}&var-host=${encoded(host)}&var-domain=${encoded(domain)}`,
  };
}

function encoded(variable: string): string {
  return variable.replace(/\}$/, ':percentencode}');
}

const LINK = {
  asDropdown: false,
  includeVars: true,
  keepTime: true,
  tags: [] as string[],
  targetBlank: false,
  tooltip: '',
};

/** At the top of a dashboard. */
export const LINK_OVERVIEW = { ...LINK, type: 'link', icon: 'dashboard', title: 'Overview', url: `/d/${UID.overview}` };
export const LINK_HOST = { ...LINK, type: 'link', icon: 'dashboard', title: 'Host', url: `/d/${UID.host}` };
export const LINK_ALL = {
  ...LINK,
  type: 'dashboards',
  icon: 'external link',
  asDropdown: true,
  title: 'virtmedic',
  tags: [TAG],
  url: '',
};
export const LINK_CONTROL = {
  ...LINK,
  type: 'link',
  icon: 'bolt',
  title: 'Control',
  includeVars: false,
  keepTime: false,
  tooltip: 'Start, stop, recover, maintenance, pause',
  url: '/a/virtmedic-recovery-app/control',
};
