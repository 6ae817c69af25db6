import type { Lane, ProbabilitySeries, RecoveryItem } from './types';

export type LaneBy = 'domain' | 'host';

/** More can't be told apart by anyone; what is beyond is said in the panel. */
export const MAX_LANES = 1000;

export interface LaneName {
  host: string;
  domain: string;
  app: string;
}

/** Names hold no line feed (`toName`), so that two lanes never share a key. */
export function laneKey({ host, domain, app }: LaneName, laneBy: LaneBy): string {
  return laneBy === 'host' ? host : `${host}\n${domain}\n${app}`;
}

/** What else the lanes are made from, beside items. */
export interface LaneSources {
  laneBy: LaneBy;
  /** Targets that the source names though nothing happened to them. */
  known: LaneName[];
  /** By `laneKey` in lanes by domain: host and domain, or host alone. */
  probabilities: Map<string, ProbabilitySeries>;
}

const names = new Intl.Collator('en', { numeric: true });

/**
 * One lane per target that occurs, by host, domain, app in natural order (web-2 before web-10), so that lanes keep their place when
 * something happens; a host's own lane stands above those of its domains. Items of a lane are by start.
 */
export function buildLanes(items: RecoveryItem[], { laneBy, known, probabilities }: LaneSources): Lane[] {
  const lanes = new Map<string, Lane>();
  const laneOf = (name: LaneName): Lane => {
    const key = laneKey(name, laneBy);
    let lane = lanes.get(key);
    if (lane === undefined) {
      const { host } = name;
      const { domain, app } = laneBy === 'host' ? { domain: '', app: '' } : name;
      const probability = app === '' ? (probabilities.get(laneKey({ host, domain, app: '' }, 'domain')) ?? null) : null;
      lane = { key, host, domain, app, items: [], probability };
      lanes.set(key, lane);
    }
    return lane;
  };
  for (const item of items) {
    laneOf(item).items.push(item);
  }
  for (const name of known) {
    laneOf(name);
  }
  for (const lane of lanes.values()) {
    lane.items.sort((a, b) => a.startMs - b.startMs);
  }
  return [...lanes.values()].sort(
    (a, b) => names.compare(a.host, b.host) || names.compare(a.domain, b.domain) || names.compare(a.app, b.app)
  );
}
