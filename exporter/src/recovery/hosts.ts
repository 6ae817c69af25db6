/** Incidents of hosts. So far a host is only told of: `host_degraded`, by its forecast. */
import { PRIORITY } from '../events/event.ts';
import type { AttemptRecord, IncidentRecord } from '../history/store.ts';
import type { GuardContext, SilenceState } from '../policy/guards.ts';
import { guard } from '../policy/guards.ts';
import { DEFAULT_LADDERS } from '../policy/tables.ts';
import type { TargetForecast } from '../prediction/forecast-view.ts';
import type { RecoveryContext } from './context.ts';
import { endForecast, evidenceOf, isTold, watchOn } from './forecasts.ts';
import { closeIncident, decided, hold, openIncident, patchIncident } from './incidents.ts';
import { settle } from './settle.ts';
import { silenceState } from './silence.ts';
import { isWithdrawn } from './withdrawal.ts';

/** Watched ones, and those with an open incident that are not any more. */
export function hostsToLookAt({ view, state }: RecoveryContext): Set<string> {
  const open = [...state.open.values()].flatMap(({ target }) => (target.kind === 'host' ? [target.host] : []));
  return new Set([...view.hosts().map(({ name }) => name), ...open]);
}

/** Puts an evaluation of the host into the queue; waiting ones are merged. */
export function scheduleHost(context: RecoveryContext, host: string, delayMs = 0): void {
  if (context.state.stopping) return;
  context.push({
    kind: 'evaluate',
    class: 'execution',
    priority: PRIORITY.execution,
    dueMs: context.clock.monotonicMs() + delayMs,
    targetKey: `host/${host}`,
    mergeKey: `${delayMs > 0 ? 'evaluate-later' : 'evaluate'}/host/${host}`,
    run: () => evaluateHost(context, host),
  });
}

/** One look at one host. Safe to repeat at any moment. */
export async function evaluateHost(context: RecoveryContext, host: string): Promise<void> {
  const key = `host/${host}`;
  if (context.state.unsettled.has(key)) await settle(context, key);
  const incident = context.state.open.get(key) ?? null;
  const seen = context.view.host(host);
  if (!seen) {
    if (incident) await closeIncident(context, incident, { outcome: 'suppressed', reason: 'forgotten', text: 'the host is not watched any more' });
    return;
  }
  // What was forecast of a host that is not heard says nothing.
  if (seen.state !== 'up') return;
  const forecast = context.forecasts.host(host);
  if (forecast?.failing) return degraded(context, host, incident, forecast);
  if (context.state.toldHosts.delete(host)) await keepTold(context);
  if (incident) await endForecast(context, incident, forecast);
}

async function degraded(context: RecoveryContext, host: string, open: IncidentRecord | null, forecast: TargetForecast): Promise<void> {
  if (!open && context.state.toldHosts.has(host)) return;
  const atMs = context.clock.nowMs();
  const evidence = { atMs, source: 'perception', text: `is going to fail: ${evidenceOf(forecast)}` };
  const faultAtMs = forecast.failingSinceMs ?? atMs;
  let incident = open ?? (await openIncident(context, { target: { kind: 'host', host }, fault: 'host_degraded', faultAtMs, evidence: [evidence] }));
  // An alert opened it; now perception agrees.
  if (!incident.evidence.some(({ source }) => source === 'perception')) incident = await patchIncident(context, incident, { addEvidence: [evidence] });
  const attempts = await context.store.attempts(incident.id);
  if (isTold(attempts)) return watchOn(context, incident, attempts);
  if (isWithdrawn(context, incident)) incident = await patchIncident(context, incident, { releasedAtMs: null, releasedBy: null });
  if (incident.releasedAtMs === null) {
    if (incident.hold?.reason !== 'silence') await hold(context, incident, 'waiting_for_alert', 'the alert has not come back through Alertmanager yet', null);
    return;
  }
  await tell(context, host, incident);
}

async function tell(context: RecoveryContext, host: string, incident: IncidentRecord): Promise<void> {
  const verdict = guard(guardContextOf(context, host, await silenceState(context, incident)));
  switch (verdict.kind) {
    case 'suppress':
      await closeIncident(context, incident, { outcome: 'dry_run', reason: 'dry_run', text: `${verdict.why}; it would have been: notify` });
      return quieten(context, host);
    case 'hold':
      await hold(context, incident, verdict.reason, verdict.why, verdict.retryAtMs);
      if (verdict.retryAtMs !== null) scheduleHost(context, host, Math.max(100, verdict.retryAtMs - context.clock.nowMs()));
      return;
    case 'escalate':
    case 'allow':
      await decided(context, incident, { kind: 'act', reason: 'notify', why: `notify of ${host}` });
      return watchOn(context, context.state.open.get(incident.targetKey) ?? incident, [await notifyAttempt(context, host, incident)]);
  }
}

/** Nothing is done to the host: its alert has told people on its own way, and history says when. */
async function notifyAttempt(context: RecoveryContext, host: string, incident: IncidentRecord): Promise<AttemptRecord> {
  const { store, clock, metrics } = context;
  const nowMs = clock.nowMs();
  context.state.unsettled.add(incident.targetKey);
  const { id } = await store.planAttempt({ incidentId: incident.id, action: 'notify', host, plannedAtMs: nowMs, actor: 'policy' });
  await store.patchAttempt(id, { state: 'executing', executingAtMs: nowMs });
  const ended = await store.patchAttempt(id, { state: 'ended', endedAtMs: nowMs, result: 'succeeded' });
  context.state.unsettled.delete(incident.targetKey);
  metrics.attemptEnded('notify', 'succeeded');
  context.log.warn({ host, incident: incident.id, fault: incident.fault }, 'notice');
  return ended;
}

function guardContextOf(context: RecoveryContext, host: string, silence: SilenceState): GuardContext {
  const { alertmanager, recovery } = context.config();
  return {
    origin: 'policy',
    phase: 'begin',
    nowMs: context.clock.nowMs(),
    // No window of a domain is meant.
    target: { uuid: '', host },
    fault: 'host_degraded',
    policy: { managed: true, dryRun: recovery.dryRun },
    ladder: DEFAULT_LADDERS.host_degraded,
    pause: context.state.paused,
    maintenance: context.state.maintenance,
    silence,
    onUnreachable: alertmanager.onUnreachable,
    lock: null,
    recent: { count: 0, lastEndedAtMs: null },
    blastRadius: { ...recovery.blastRadius, inferred: false, onHost: 0, domains: 0 },
    concurrency: { ...recovery.concurrency, running: 0, runningOnHost: 0 },
    migrations: null,
  };
}

/** Told, or closed by a person: not opened again until the forecast was over. Kept over a restart. */
export async function quieten(context: RecoveryContext, host: string): Promise<void> {
  context.state.toldHosts.set(host, context.clock.nowMs());
  await keepTold(context);
}

async function keepTold(context: RecoveryContext): Promise<void> {
  await context.store.putSetting('toldHosts', Object.fromEntries(context.state.toldHosts));
}
