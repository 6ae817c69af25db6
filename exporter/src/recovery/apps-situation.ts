/** The decision about one app, from what is known now. Nothing is written or done here. */
import type { DomainRecord, IncidentRecord } from '../history/store.ts';
import { describeVerdict } from '../perception/apps/describe.ts';
import type { AppVerdict } from '../perception/apps/verdict.ts';
import type { AppStatus } from '../perception/apps/view.ts';
import { decideApp } from '../policy/decide-app.ts';
import type { AppDecision } from '../policy/decide-app.ts';
import type { SelectedPolicy } from '../policy/selectors.ts';
import type { Observed } from '../policy/types.ts';
import { appKey } from '../vocabulary.ts';
import type { Target } from '../vocabulary.ts';
import type { RecoveryContext } from './context.ts';
import { policyOf } from './decision.ts';

export interface AppSituation {
  key: string;
  app: string;
  /** Of its domain. */
  record: DomainRecord;
  selected: SelectedPolicy;
  domain: Observed;
  /** Where its domain runs, or was last seen. */
  host: string;
  /** Null: no such app is declared, or not known to be. */
  status: AppStatus | null;
  incident: IncidentRecord | null;
  decision: AppDecision;
}

/** After a start, so long it may take until all domains have told which apps they declare. */
const DECLARED_GRACE_MS = 120_000;

export function appSituationOf(context: RecoveryContext, record: DomainRecord, app: string): AppSituation {
  const { state, clock } = context;
  const key = appKey(record.uuid, app);
  const domainKey = `domain/${record.uuid}`;
  const status = context.apps.app(record.uuid, app);
  const domain = context.view.observed(record.uuid, record.host || null);
  const selected = policyOf(context, record);
  const decision = decideApp({
    desired: selected.policy.desired,
    domain,
    domainIncident: state.open.get(domainKey) ?? null,
    domainBusy: [domainKey].some((one) => state.executing.has(one) || state.ordered.has(one) || state.migrating.has(one)) || appAtWork(context, record.uuid, app) !== null,
    app: status && { state: status.verdict.state, fault: status.verdict.fault, proof: proofOf(status) },
    declaredKnown: clock.nowMs() - state.startedAtMs > DECLARED_GRACE_MS,
  });
  return { key, app, record, selected, domain, host: domain.kind === 'present' ? domain.host : record.host, status, incident: state.open.get(key) ?? null, decision };
}

/** The name of an app of the domain, other than `but`, that is being worked on; null: none is. */
export function appAtWork({ state }: RecoveryContext, uuid: string, but: string | null): string | null {
  const prefix = appKey(uuid, '');
  const key = [...state.executing.keys()].find((one) => one.startsWith(prefix) && one.slice(prefix.length) !== but);
  return key === undefined ? null : key.slice(prefix.length);
}

function proofOf({ app, domain, verdict }: AppStatus): string {
  return verdict.state === 'faulty' && verdict.evidence.length === 0 ? '' : describeVerdict(app.name, domain, verdict);
}

export function appTarget({ record, app, host }: Pick<AppSituation, 'record' | 'app' | 'host'>): Extract<Target, { kind: 'app' }> {
  return { kind: 'app', uuid: record.uuid, name: record.name, host, app };
}

/** Wall clock of when the fault began, as far as it is known. */
export function appFaultBegan({ clock }: RecoveryContext, { sinceMs, evidence }: AppVerdict): number {
  const knownForMs = sinceMs === null ? 0 : clock.monotonicMs() - sinceMs;
  const seenForMs = evidence.flatMap((one) => ('forMs' in one && one.kind !== 'unknown' ? [one.forMs] : []));
  return clock.nowMs() - Math.max(0, knownForMs, ...seenForMs);
}
