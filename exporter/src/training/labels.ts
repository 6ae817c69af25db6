/** What history tells of a target's past: when it failed, and what was our own doing. */
import type { AttemptRecord, IncidentRecord, Store } from '../history/store.ts';
import { kindOf } from '../prediction/model-source.ts';
import type { TargetKey } from '../prediction/model-source.ts';
import type { Interval, Labels } from '../prediction/states-known.ts';
import type { IncidentFault, SuppressReason } from '../vocabulary.ts';

/** What is known of a target between two times. */
export type LabelsOf = (key: TargetKey, fromMs: number, toMs: number) => Promise<Labels>;

/** Incidents of these are failures of the target itself. */
const FAILURES: ReadonlySet<IncidentFault> = new Set(['domain_crashed', 'domain_panicked', 'domain_hung', 'domain_missing'] satisfies IncidentFault[]);
/** Ended for these reasons, it is not certain that anything had failed: neither that nor health can be learnt there. */
const UNCERTAIN: ReadonlySet<SuppressReason> = new Set(['not_verified', 'desired_stopped', 'forgotten'] satisfies SuppressReason[]);
/** After an action of ours the target is not itself for so long. */
const AFTERMATH_MS = 600_000;
const PAGE = 1000;
const MOST_PAGES = 10;

/** Rejects as the store does. Of more than 10,000 incidents of one target, the newest. */
export function labelsFrom(store: Pick<Store, 'recoveries' | 'attemptsOf'>): LabelsOf {
  return async (key, fromMs, toMs) => {
    const labels: { failures: Interval[]; censored: Interval[] } = { failures: [], censored: [] };
    for (let page = 0, cursor: string | undefined; page < MOST_PAGES; page++) {
      const about = kindOf(key) === 'host' ? { host: key.slice('host-'.length) } : { domain: key.slice('domain-'.length) };
      const { items, nextCursor } = await store.recoveries({ ...about, fromMs: fromMs - AFTERMATH_MS, toMs, overlapping: true, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      const ours = items.filter(({ target }) => isOf(target, key));
      const attempts = await store.attemptsOf(ours.map(({ id }) => id));
      for (const incident of ours) add(labels, incident, attempts.filter(({ incidentId }) => incidentId === incident.id));
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    return labels;
  };
}

function isOf(target: IncidentRecord['target'], key: TargetKey): boolean {
  return key === (target.kind === 'host' ? `host-${target.host}` : `domain-${target.uuid}`);
}

function add({ failures, censored }: { failures: Interval[]; censored: Interval[] }, { fault, faultAtMs, closedAtMs, outcomeReason }: IncidentRecord, attempts: readonly AttemptRecord[]): void {
  const acted = attempts.filter(({ action }) => action !== 'notify').flatMap(({ executingAtMs, endedAtMs }) => (executingAtMs === null ? [] : [{ fromMs: executingAtMs, toMs: (endedAtMs ?? Infinity) + AFTERMATH_MS }]));
  censored.push(...acted);
  if (!FAILURES.has(fault)) return;
  const ended = Math.max(faultAtMs + 1, closedAtMs ?? Infinity);
  if (outcomeReason !== null && UNCERTAIN.has(outcomeReason)) censored.push({ fromMs: faultAtMs, toMs: ended });
  // From the first action on it is our doing.
  else failures.push({ fromMs: faultAtMs, toMs: Math.max(faultAtMs + 1, Math.min(ended, ...acted.map(({ fromMs }) => fromMs))) });
}
