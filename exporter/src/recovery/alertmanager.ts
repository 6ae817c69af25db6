/**
 * What Alertmanager says while an incident waits: an active alert releases it (a re-fire inside `repeat_interval` sends no
 * webhook), a silenced one holds it. Asked, never told.
 */
import type { AlertmanagerAnswer } from '../alertmanager/client.ts';
import type { IncidentRecord } from '../history/store.ts';
import { release } from './alerts.ts';
import type { RecoveryContext } from './context.ts';
import { scheduleTarget } from './evaluate.ts';
import { decided, hold, patchIncident } from './incidents.ts';
import { alertOf, silenceIn } from './silence.ts';

/** One lost answer is not an Alertmanager that is down. */
const UNREACHABLE_POLLS = 2;

const ASKING: ReadonlySet<string> = new Set(['waiting_for_alert', 'silence', 'alertmanager_unreachable']);

/** Asks Alertmanager at each interval while an incident waits for it. Returns the function that stops it. */
export function pollAlertmanager(context: RecoveryContext): () => void {
  let stopped = false;
  let failedPolls = 0;
  let cancel = (): void => undefined;
  const poll = async (): Promise<void> => {
    const waiting = [...context.state.open.values()].filter((incident) => incident.hold && ASKING.has(incident.hold.reason));
    if (waiting.length === 0 || !context.alertmanager) return;
    const answer = await context.alertmanager.ask();
    failedPolls = answer.kind === 'unreachable' ? failedPolls + 1 : 0;
    if (answer.kind === 'unreachable' && failedPolls < UNREACHABLE_POLLS) return;
    for (const incident of waiting) {
      if (!stopped) await takeAnswer(context, answer, incident);
    }
  };
  const loop = (): void => {
    if (stopped) return;
    cancel = context.clock.after(context.config().alertmanager.pollIntervalSeconds * 1000, () => {
      poll()
        .catch((error: unknown) => context.log.error({ err: error }, 'asking Alertmanager failed'))
        .finally(loop);
    });
  };
  loop();
  return () => {
    stopped = true;
    cancel();
  };
}

async function takeAnswer(context: RecoveryContext, answer: AlertmanagerAnswer, asked: IncidentRecord): Promise<void> {
  const incident = context.state.open.get(asked.targetKey);
  if (incident?.id !== asked.id || !incident.hold || answer.kind === 'not_configured') return;
  // It went on while Alertmanager was asked.
  if (context.state.executing.has(asked.targetKey)) return;
  if (incident.target.kind !== 'host' && !context.state.domains.has(incident.target.uuid)) return;
  const released = incident.releasedAtMs !== null;
  if (answer.kind === 'unreachable') return unreachable(context, incident, answer.error);
  const silence = silenceIn(context, answer, incident);
  if (silence.kind === 'silenced') {
    return hold(context, incident, 'silence', `the alert is silenced in Alertmanager: ${silence.by}`, silence.untilMs);
  }
  if (released) return scheduleTarget(context, incident.target);
  const state = alertOf(answer.alerts, incident);
  if (state.kind === 'active') {
    const { alert } = state;
    await release(context, incident, { fingerprint: alert.fingerprint, startsAtMs: alert.startsAtMs, name: alert.labels['alertname'] ?? '' }, 'backstop');
  } else if (incident.hold.reason !== 'waiting_for_alert') {
    await hold(context, incident, 'waiting_for_alert', 'the alert has not come back through Alertmanager yet', null);
  }
}

/** Alerts can't come through: proceed on what perception has proven, or hold, as configured. */
async function unreachable(context: RecoveryContext, incident: IncidentRecord, error: string): Promise<void> {
  if (context.config().alertmanager.onUnreachable === 'hold') {
    return hold(context, incident, 'alertmanager_unreachable', `no Alertmanager answers: ${error}`, null);
  }
  const why = `no Alertmanager answers (${error}); proceeding as configured`;
  if (incident.releasedAtMs === null) {
    const evidence = { atMs: context.clock.nowMs(), source: 'alert', text: why };
    await decided(context, incident, { kind: 'act', reason: 'alertmanager_unreachable', why });
    await patchIncident(context, incident, { releasedAtMs: context.clock.nowMs(), releasedBy: 'backstop', hold: null, addEvidence: [evidence] });
  }
  scheduleTarget(context, incident.target);
}
