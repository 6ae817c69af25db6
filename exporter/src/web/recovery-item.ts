/** One recovery as the API lists it. */
import type { AttemptRecord, IncidentRecord, RecoveryDetail, Store } from '../history/store.ts';
import type { TargetForecast } from '../prediction/forecast-view.ts';
import type { Action, AttemptResult, IncidentState } from '../vocabulary.ts';

/** An incident as the API shows it. `closed`: `outcome` says how it ended; what was done last is in its attempts. */
export type ShownIncident = Omit<IncidentRecord, 'state' | 'forecast'> & { state: IncidentState | 'closed' };

export function shown({ forecast: _, ...incident }: IncidentRecord): ShownIncident {
  return { ...incident, state: incident.closedAtMs === null ? incident.state : 'closed' };
}

export interface Timings {
  /** From the fault to its record. */
  detectMs: number;
  /** From the record to the beginning of the first action; null: none was begun. */
  decideMs: number | null;
  /** In actions, all attempts together. */
  executeMs: number | null;
  /** In verification, all attempts together. */
  verifyMs: number | null;
  /** From the fault to the end of the incident; null: it is open. */
  totalMs: number | null;
}

export function timings(incident: IncidentRecord, attempts: readonly AttemptRecord[]): Timings {
  const begun = attempts.flatMap((attempt) => (attempt.executingAtMs === null ? [] : [{ ...attempt, executingAtMs: attempt.executingAtMs }]));
  const spent = (span: (attempt: (typeof begun)[number]) => number | null): number | null =>
    begun.length === 0 ? null : begun.reduce((sum, attempt) => sum + Math.max(0, span(attempt) ?? 0), 0);
  const first = Math.min(...begun.map((attempt) => attempt.executingAtMs));
  return {
    detectMs: Math.max(0, incident.openedAtMs - incident.faultAtMs),
    decideMs: begun.length === 0 ? null : Math.max(0, first - incident.openedAtMs),
    executeMs: spent((attempt) => (attempt.verifyingAtMs ?? attempt.endedAtMs ?? attempt.executingAtMs) - attempt.executingAtMs),
    verifyMs: spent((attempt) => (attempt.verifyingAtMs === null || attempt.endedAtMs === null ? null : attempt.endedAtMs - attempt.verifyingAtMs)),
    totalMs: incident.closedAtMs === null ? null : Math.max(0, incident.closedAtMs - incident.faultAtMs),
  };
}

/** One recovery with all that belongs to it. */
export type ShownDetail = Omit<RecoveryDetail, 'incident'> & {
  incident: ShownIncident;
  timings: Timings;
  /** Of its target when the incident was opened; null: there was none. */
  forecast: TargetForecast | null;
};

export function shownDetail(detail: RecoveryDetail): ShownDetail {
  const { incident, attempts } = detail;
  return { ...detail, incident: shown(incident), timings: timings(incident, attempts), forecast: incident.forecast };
}

/** One attempt in a listing: what was tried, where, how it went, and when. */
export interface AttemptSummary {
  action: Action;
  host: string;
  result: AttemptResult | null;
  executingAtMs: number | null;
  verifyingAtMs: number | null;
  endedAtMs: number | null;
}

/** `fromHost`: where it ran when the incident was opened. */
export type RecoveryItem = ShownIncident & {
  timings: Timings;
  /** In order. */
  attempts: AttemptSummary[];
  /** Where it runs at the end, or was last known. */
  toHost: string;
  /** The forecast at detection, of the horizon that alarms, 0 to 1; null: there was none. */
  failureProbability: number | null;
};

function recoveryItem(incident: IncidentRecord, attempts: readonly AttemptRecord[]): RecoveryItem {
  return {
    ...shown(incident),
    timings: timings(incident, attempts),
    attempts: attempts.map(({ action, host, result, executingAtMs, verifyingAtMs, endedAtMs }) => ({ action, host, result, executingAtMs, verifyingAtMs, endedAtMs })),
    toHost: toHost(incident, attempts),
    failureProbability: incident.forecast?.failureProbability[0]?.probability ?? null,
  };
}

/** Where it was seen last, if that is another host; else where the last attempt that succeeded has acted. */
function toHost({ target, fromHost }: IncidentRecord, attempts: readonly AttemptRecord[]): string {
  if (target.host !== fromHost) return target.host;
  return attempts.findLast((attempt) => attempt.result === 'succeeded')?.host ?? target.host;
}

/** Same order; the attempts of all are read at once. */
export async function recoveryItems(store: Pick<Store, 'attemptsOf'>, incidents: readonly IncidentRecord[]): Promise<RecoveryItem[]> {
  if (incidents.length === 0) return [];
  const byIncident = Map.groupBy(await store.attemptsOf(incidents.map(({ id }) => id)), ({ incidentId }) => incidentId);
  return incidents.map((incident) => recoveryItem(incident, byIncident.get(incident.id) ?? []));
}
