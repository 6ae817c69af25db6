/** The decision about one domain, from what is known now. Nothing is written or done here. */
import type { DomainRecord, IncidentRecord } from '../history/store.ts';
import { decide } from '../policy/decide.ts';
import { effectiveDesired } from '../policy/desired.ts';
import { inventoryDesired } from '../policy/inventory.ts';
import type { SelectedPolicy } from '../policy/selectors.ts';
import { selectPolicy } from '../policy/selectors.ts';
import type { Decision, Observed } from '../policy/types.ts';
import type { RecoveryContext } from './context.ts';
import { withForecast } from './forecasts.ts';
import { isOffByUs, isStillDown } from './own-actions.ts';

export interface Situation {
  record: DomainRecord;
  selected: SelectedPolicy;
  observed: Observed;
  incident: IncidentRecord | null;
  decision: Decision;
}

/** What configuration and inventory say of one domain. */
export function policyOf(context: RecoveryContext, record: DomainRecord): SelectedPolicy {
  const inventory = context.inventory();
  const listed = inventory ? inventoryDesired(inventory, record) : undefined;
  return selectPolicy(context.config(), record, effectiveDesired(listed, record.desired));
}

export function situationOf(context: RecoveryContext, record: DomainRecord): Situation {
  const { state } = context;
  const incident = state.open.get(`domain/${record.uuid}`) ?? null;
  const selected = policyOf(context, record);
  const observed = withForecast(context.view.observed(record.uuid, record.host || null), context.forecasts.domain(record.uuid));
  const decision = decide({
    policy: selected.policy,
    observed,
    executing: 'none',
    incident: incident && { fault: incident.fault, state: incident.state },
    leftOffByUs: (incident !== null || isStillDown(context, record.uuid)) && isOffByUs(context, record.uuid, observed),
    definitionRemoved: state.definitionRemoved.has(record.uuid) && observed.kind === 'present' && !observed.persistent,
    nowMs: context.clock.nowMs(),
  });
  return { record, selected, observed, incident, decision };
}
