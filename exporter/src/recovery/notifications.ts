/** What is told once and then left alone. The key of the last telling is kept with the domain, over restarts. */
import type { Decision } from '../policy/types.ts';
import type { DomainRecord } from '../history/store.ts';
import type { Fault } from '../vocabulary.ts';
import type { RecoveryContext } from './context.ts';
import type { Situation } from './decision.ts';
import { closeIncident, domainTarget, openIncident } from './incidents.ts';

/** A notification: in history as a recovery that ended `suppressed (notify_only)`, in the log, in the metrics. */
export async function notifyOnce(context: RecoveryContext, situation: Situation, decision: Extract<Decision, { kind: 'notify' }>): Promise<void> {
  const { record, observed, selected, incident } = situation;
  if (incident && decision.ends) {
    await closeIncident(context, incident, { outcome: 'suppressed', reason: decision.ends, text: decision.why });
  }
  if (record.lastNotification !== null && subject(record.lastNotification) === subject(decision.key)) return;
  if (selected.policy.managed && !incident) {
    const faultAtMs = observed.kind === 'present' ? observed.sinceMs : context.clock.nowMs();
    const evidence = [{ atMs: context.clock.nowMs(), source: 'perception', text: decision.why }];
    const told = await openIncident(context, { target: domainTarget(record), fault: decision.fault, faultAtMs, evidence });
    await closeIncident(context, told, { outcome: 'suppressed', reason: 'notify_only', text: decision.why });
  }
  context.log.warn({ domain: record.uuid, name: record.name, fault: decision.fault, why: decision.why }, 'notice');
  await remember(context, record.uuid, { lastNotification: decision.key });
}

/** A fault of a domain that nobody allowed us to touch: one suppressed entry in history until it is healthy again. */
export async function suppressOnce(context: RecoveryContext, situation: Situation, fault: Fault, why: string): Promise<void> {
  const { record, observed } = situation;
  const key = `suppressed:${fault}`;
  if (record.lastNotification === key && !situation.incident) return;
  const faultAtMs = observed.kind === 'present' ? (observed.lastStop?.atMs ?? observed.sinceMs) : context.clock.nowMs();
  const evidence = [{ atMs: context.clock.nowMs(), source: 'perception', text: why }];
  const incident = situation.incident ?? (await openIncident(context, { target: domainTarget(record), fault, faultAtMs, evidence }));
  await closeIncident(context, incident, { outcome: 'suppressed', reason: 'not_managed', text: `${why}; no selector manages this domain` });
  await remember(context, record.uuid, { lastNotification: key });
}

/**
 * What a notification is about, without the time in its key: after a restart the time of an old stop is that of the first
 * listing, and what was told is forgotten as soon as the domain starts.
 */
function subject(key: string): string {
  return key.replace(/\/(?:\d+|unseen)$/, '');
}

/** Changes the domain's record as it is now, store first. A domain that was forgotten meanwhile stays forgotten. */
export async function remember(context: RecoveryContext, uuid: string, change: Partial<DomainRecord>): Promise<void> {
  const known = context.state.domains.get(uuid);
  if (!known) return;
  const record = { ...known, ...change };
  await context.store.putDomain(record);
  if (context.state.domains.has(uuid)) context.state.domains.set(uuid, record);
}
