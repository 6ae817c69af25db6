/** The recovery-history panel, as each dashboard has it. */
import { toDomain, toHost } from './links.ts';
import { MIXED, PANEL_TYPE } from './model.ts';
import { byName, panel, type PanelParts } from './panels.ts';
import { api, range, type ApiQuery } from './queries.ts';

export interface HistoryLook {
  title: string;
  description: string;
  filter: Pick<ApiQuery, 'host' | 'domain'>;
  /** Series of failure probability for the lanes; the panel knows them by the metric's name, so it must be kept. */
  probability: string;
  options?: Record<string, unknown>;
}

const MOST_ROWS = 1000;

export function history({ title, description, filter, probability, options }: HistoryLook): PanelParts {
  return panel(PANEL_TYPE, {
    title,
    description,
    datasource: MIXED,
    targets: [api('A', { kind: 'recoveries', ...filter, limit: MOST_ROWS, live: true }), range('B', probability, '')],
    unit: 'none',
    defaults: { custom: { barOpacity: 80 } },
    overrides: [
      byName('host', { links: [toHost('${__data.fields.host}')] }),
      byName('domain', { links: [toDomain('${__data.fields.host}', '${__data.fields.domain}')] }),
    ],
    options: {
      view: 'both',
      laneBy: 'domain',
      showProbability: true,
      showPhases: true,
      showEmptyLanes: false,
      laneHeight: 28,
      pageSize: 10,
      ...options,
    },
  });
}
