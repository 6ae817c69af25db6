/** Gathers what the guards look at, at one moment. */
import type { AttemptRecord, IncidentRecord } from '../history/store.ts';
import { isInferred } from '../policy/blast-radius.ts';
import { budgetSinceMs } from '../policy/budget.ts';
import type { GuardContext, SilenceState } from '../policy/guards.ts';
import { FAULTS, isForecast } from '../vocabulary.ts';
import type { Fault } from '../vocabulary.ts';
import type { RecoveryContext } from './context.ts';
import type { Situation } from './decision.ts';
import { situationOf } from './decision.ts';

/** A recovery whose end is within the cooldown may have begun this much before it. */
const LONGEST_RECOVERY_MS = 3_600_000;

/** What is particular to the kind of target. */
export interface Particulars {
  incident: IncidentRecord;
  fault: Fault;
  selected: Pick<Situation['selected'], 'policy' | 'ladder'>;
  /** Of the domain, and where it is. */
  target: { uuid: string; host: string };
  phase: GuardContext['phase'];
  silence: SilenceState;
  /** The fault was inferred from absence or silence. */
  inferred: boolean;
  /** UUIDs of further domains that count as inferred at the moment. */
  alsoInferred?: ReadonlySet<string>;
}

export async function guardFacts(context: RecoveryContext, { incident, fault, selected, target, phase, silence, inferred, alsoInferred }: Particulars): Promise<GuardContext> {
  const { state, store } = context;
  const { recovery, alertmanager } = context.config();
  const ladder = selected.ladder(fault);
  const nowMs = context.clock.nowMs();
  // What was done on a forecast takes nothing from the budget of a fault, and the other way round.
  const faults = FAULTS.filter((one) => isForecast(one) === isForecast(fault));
  const counted = await store.recentRecoveries(incident.targetKey, faults, budgetSinceMs(ladder, nowMs) ?? nowMs);
  const cooling = await store.recentRecoveries(incident.targetKey, faults, nowMs - ladder.cooldownSeconds * 1000 - LONGEST_RECOVERY_MS);
  const others = [...state.executing].filter(([key]) => key !== incident.targetKey);
  return {
    origin: incident.releasedBy === 'operator' ? 'operator' : 'policy',
    phase,
    nowMs,
    target,
    fault,
    policy: selected.policy,
    ladder,
    pause: state.paused,
    maintenance: state.maintenance,
    silence,
    onUnreachable: alertmanager.onUnreachable,
    lock: null,
    recent: { count: counted.count, lastEndedAtMs: cooling.lastEndedAtMs },
    blastRadius: { ...recovery.blastRadius, inferred, ...inferredOnHost(context, target.host, inferred, alsoInferred) },
    migrations: null,
    concurrency: { ...recovery.concurrency, running: others.length, runningOnHost: others.filter(([, where]) => where === target.host).length },
  };
}

export async function guardContext(
  context: RecoveryContext,
  { record, selected, observed }: Situation,
  incident: IncidentRecord,
  fault: Fault,
  attempts: AttemptRecord[],
  silence: SilenceState,
): Promise<GuardContext> {
  const isBegun = ({ executingAtMs, action }: AttemptRecord): boolean => executingAtMs !== null && !(action === 'notify' || (action === 'migrate' && !isForecast(fault)));
  return guardFacts(context, {
    incident, fault, selected, silence,
    target: { uuid: record.uuid, host: observed.kind === 'present' ? observed.host : record.host },
    phase: attempts.some(isBegun) ? 'continue' : 'begin',
    inferred: isInferred(fault, observed) || isByAlertAlone(incident),
  });
}

/**
 * Perception has seen nothing: an alert says so, and at most a probe from outside agrees. Both may go by a network that is
 * broken for all domains of the host.
 */
function isByAlertAlone({ evidence }: IncidentRecord): boolean {
  return evidence.some(({ source }) => source === 'alert') && !evidence.some(({ source }) => source === 'perception');
}

/** How many domains of the host are at fault by absence, silence or storage at once, `also` among them, and how many it has. */
function inferredOnHost(context: RecoveryContext, host: string, inferred: boolean, also: ReadonlySet<string> = new Set()): { onHost: number; domains: number } {
  if (!inferred) return { onHost: 0, domains: 0 };
  let onHost = 0;
  let domains = 0;
  for (const record of context.state.domains.values()) {
    if (record.host !== host) continue;
    domains += 1;
    const { decision, observed, incident } = situationOf(context, record);
    const isPerceived = decision.kind === 'incident' && isInferred(decision.fault, observed);
    if (isPerceived || (incident && isByAlertAlone(incident)) || also.has(record.uuid)) onHost += 1;
  }
  return { onHost, domains };
}
