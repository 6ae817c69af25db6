/** The decision about one domain, from what is known now. Nothing is written or done here. */
import type { DomainRecord, IncidentRecord } from '../history/store.ts';
import { decide } from '../policy/decide.ts';
import { effectiveDesired } from '../policy/desired.ts';
import { inventoryDesired } from '../policy/inventory.ts';
import type { SelectedPolicy } from '../policy/selectors.ts';
import { selectPolicy } from '../policy/selectors.ts';
import type { Decision, Observed } from '../policy/types.ts';
import type { RecoveryContext } from './context.ts';

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
  const incident = context.state.open.get(`domain/${record.uuid}`) ?? null;
  const selected = policyOf(context, record);
  const observed = context.view.observed(record.uuid, record.host || null);
  const decision = decide({
    policy: selected.policy,
    observed,
    executing: 'none',
    incident: incident && { fault: incident.fault, state: incident.state },
    leftOffByUs: incident !== null && leftOffByUs(context, record.uuid, observed),
    definitionRemoved: record.undefinedAtMs !== null && observed.kind === 'present' && !observed.persistent,
    nowMs: context.clock.nowMs(),
  });
  return { record, selected, observed, incident, decision };
}

/**
 * A domain that we destroyed on the way to starting it again was not stopped by a person, also when virtmedic was
 * restarted in between.
 */
function leftOffByUs(context: RecoveryContext, uuid: string, observed: Observed): boolean {
  if (observed.kind !== 'present' || observed.state !== 'shutoff') return false;
  const own = context.state.ownActions.get(uuid);
  if (!own) return false;
  const sinceMs = Math.max(observed.lastStop?.atMs ?? 0, observed.sinceMs);
  return sinceMs >= own.fromMs && (own.toMs === null || sinceMs <= own.toMs + OWN_EVENT_DELAY_MS);
}

/** An event of our own action may reach us this much after the action's end. */
export const OWN_EVENT_DELAY_MS = 2000;
