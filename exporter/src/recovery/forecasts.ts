/** What forecasts mean for incidents: how they are seen, what ends them, and what is left to do once they were told. */
import type { AttemptRecord, IncidentRecord } from '../history/store.ts';
import type { Observed } from '../policy/types.ts';
import { forecastText } from '../prediction/forecast-text.ts';
import type { TargetForecast } from '../prediction/forecast-view.ts';
import type { RecoveryContext } from './context.ts';
import { closeIncident, decided, escalate, patchIncident } from './incidents.ts';

/** After a start so long beyond `alarm.raiseForSeconds` a forecast may need until it says again what it said before. */
const START_GRACE_MS = 60_000;

/** What is observed, with the forecast where nothing worse is seen: `failing` is never said by perception itself. */
export function withForecast(observed: Observed, forecast: TargetForecast | null): Observed {
  const isWell = observed.kind === 'present' && observed.state === 'running' && observed.health === 'healthy';
  return isWell && forecast?.failing ? { ...observed, health: 'failing', evidence: [evidenceOf(forecast)] } : observed;
}

/** `forecast 0.93 within 60 s`. */
export function evidenceOf(forecast: TargetForecast): string {
  return `forecast ${forecastText(forecast) ?? 'over its limit'}`;
}

/** Ends an incident of a forecast fault when the forecast is over. */
export async function endForecast(context: RecoveryContext, incident: IncidentRecord, forecast: TargetForecast | null): Promise<void> {
  if (!isOver(context, incident, forecast)) return;
  if (incident.evidence.every(({ source }) => source === 'alert')) {
    const text = 'the alert says so, but the forecast is not over its limit';
    return closeIncident(context, incident, { outcome: 'suppressed', reason: 'not_verified', text });
  }
  const wasTold = isTold(await context.store.attempts(incident.id));
  const text = spanText(incident, forecast, context.clock.nowMs());
  await closeIncident(context, incident, { outcome: 'suppressed', reason: wasTold ? 'notify_only' : 'self_recovered', text });
}

function isOver(context: RecoveryContext, incident: IncidentRecord, forecast: TargetForecast | null): boolean {
  const { enabled, alarm } = context.config().prediction;
  if (!enabled) return true;
  if (forecast?.failing) return false;
  const { startedAtMs } = context.state;
  const mayStillCome = incident.openedAtMs < startedAtMs && context.clock.nowMs() - startedAtMs < alarm.raiseForSeconds * 1000 + START_GRACE_MS;
  if (!mayStillCome) return true;
  // This process has not had the time to find it failing again.
  const first = forecast?.failureProbability[0];
  return first !== undefined && first.probability < alarm.clearBelow;
}

function spanText({ faultAtMs }: IncidentRecord, forecast: TargetForecast | null, nowMs: number): string {
  const now = forecast === null ? 'there is no forecast any more' : `now ${forecastText(forecast) ?? 'unknown'}`;
  return `the forecast was over its limit from ${new Date(faultAtMs).toISOString()} to ${new Date(nowMs).toISOString()}; ${now}`;
}

/** Every rung was tried, and the forecast is still over its limit. Where none failed, telling was all that was wanted. */
export async function watchOn(context: RecoveryContext, incident: IncidentRecord, attempts: readonly AttemptRecord[]): Promise<void> {
  const failed = attempts.findLast(({ action, result }) => action === 'migrate' && result !== 'succeeded' && result !== 'unavailable');
  if (failed) return escalate(context, incident, `${failed.action} did not help: ${failed.error ?? failed.result ?? 'its end is not known'}`);
  const watched = incident.hold === null && incident.state === 'open' ? incident : await patchIncident(context, incident, { state: 'open', hold: null });
  await decided(context, watched, { kind: 'notify', reason: 'told', why: 'told; watched until the forecast is over' });
}

export function isTold(attempts: readonly AttemptRecord[]): boolean {
  return attempts.some(({ action, result }) => action === 'notify' && result === 'succeeded');
}

/** A migration of ours whose end was lost has succeeded where the domain runs somewhere else now. */
export function movedByUs(attempts: readonly AttemptRecord[], observed: Observed): AttemptRecord | null {
  if (observed.kind !== 'present' || observed.state !== 'running') return null;
  return attempts.findLast(({ action, host, executingAtMs }) => action === 'migrate' && executingAtMs !== null && host !== observed.host) ?? null;
}
