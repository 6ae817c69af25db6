/**
 * The recovery loop: from what perception and Alertmanager say, through policy and its guards, to attempts and their
 * history. Everything it decides follows from the store and from observation, so it may be stopped at any moment.
 */
import { PRIORITY } from '../events/event.ts';
import { NO_APPS } from '../perception/apps/view.ts';
import type { PerceptionEvent } from '../perception/events.ts';
import { NO_FORECASTS } from '../prediction/forecast-view.ts';
import type { Fault } from '../vocabulary.ts';
import type { Control } from '../web/control.ts';
import { pollAlertmanager } from './alertmanager.ts';
import { AttemptAbandoned } from './attempt-run.ts';
import { scheduleApp, scheduleKnownApps } from './apps.ts';
import { receiveAlerts } from './alerts.ts';
import { audit } from './audit.ts';
import type { Pause, RecoveryContext, RecoveryDependencies } from './context.ts';
import { emptyState } from './context.ts';
import { situationOf } from './decision.ts';
import { scheduleEvaluation } from './evaluate.ts';
import { hostsToLookAt, scheduleHost } from './hosts.ts';
import * as operator from './operator.ts';
import { refuseWhileAppsBusy, refuseWhileBusy } from './orders.ts';
import { forgetDomain, onPerception } from './perceived.ts';
import { loadState } from './restart.ts';

export interface Recovery {
  control: Control;
  onPerception(event: PerceptionEvent): void;
  /** What perception says of an app has changed. Never blocks and never throws. */
  onAppChanged(uuid: string, app: string): void;
  /** Loads what the store knows. To be awaited before perception starts. */
  start(): Promise<void>;
  /** No new work is begun; what runs is the scheduler's to drain. */
  stop(): void;
  /** The process ends now: attempts under way end here and are left for the next start. */
  abandon(): void;
  /** Present faults, by observation. */
  faults(): { uuid: string; host: string; domain: string; fault: Fault }[];
  context: RecoveryContext;
}

export function createRecovery(dependencies: RecoveryDependencies): Recovery {
  const context: RecoveryContext = {
    ...dependencies,
    forecasts: dependencies.forecasts ?? NO_FORECASTS,
    apps: dependencies.apps ?? NO_APPS,
    supervision: dependencies.supervision ?? { mute: () => undefined, unmute: () => undefined },
    guestActions: dependencies.guestActions ?? null,
    guestAgent: dependencies.guestAgent ?? null,
    state: emptyState(dependencies.clock.nowMs()),
  };
  let stopPolling = (): void => undefined;
  return {
    context,
    control: controlOf(context),
    onPerception: (event) => onPerception(context, event),
    onAppChanged: (uuid, app) => scheduleApp(context, uuid, app, { class: 'perception', priority: PRIORITY.perception }),
    async start() {
      await loadState(context);
      stopPolling = pollAlertmanager(context);
    },
    stop() {
      context.state.stopping = true;
      stopPolling();
    },
    abandon: () => context.state.abandoned.abort(new AttemptAbandoned()),
    faults: () => presentFaults(context),
  };
}

function presentFaults(context: RecoveryContext): ReturnType<Recovery['faults']> {
  const faults: ReturnType<Recovery['faults']> = [];
  for (const record of context.state.domains.values()) {
    const { decision, observed } = situationOf(context, record);
    if (decision.kind !== 'incident' && decision.kind !== 'notify') continue;
    const host = observed.kind === 'present' ? observed.host : record.host;
    faults.push({ uuid: record.uuid, host, domain: record.name, fault: decision.fault });
  }
  return faults;
}

function controlOf(context: RecoveryContext): Control {
  return {
    receiveAlerts: (alerts, { truncated }) => receiveAlerts(context, alerts, truncated),
    act: (request) => operator.act(context, request),
    acknowledge: (incidentId, actor) => operator.acknowledge(context, incidentId, actor),
    close: (incidentId, actor, reason) => operator.close(context, incidentId, actor, reason),
    addMaintenance: (request) => operator.addMaintenance(context, request),
    removeMaintenance: (id, actor) => operator.removeMaintenance(context, id, actor),
    pause: (actor, reason) => operator.pause(context, actor, reason),
    unpause: (actor) => operator.unpause(context, actor),
    paused: (): Pause | null => context.state.paused,
    async forget(domainUuid, actor) {
      const { uuid } = operator.findDomain(context, domainUuid);
      refuseWhileBusy(context, uuid);
      refuseWhileAppsBusy(context, uuid);
      await audit(context, actor, 'forget', uuid, '');
      await forgetDomain(context, uuid);
    },
    async reload(actor) {
      await audit(context, actor, 'reload', '', '');
      await context.reloadConfig();
      for (const uuid of context.state.domains.keys()) scheduleEvaluation(context, uuid);
      for (const host of hostsToLookAt(context)) scheduleHost(context, host);
      scheduleKnownApps(context, null);
    },
  };
}
