/** Metrics of virtmedic itself, through prom-client. Every combination of labels exists from the start, at 0. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Phase, RecoveryMetrics } from '../../recovery/metrics.ts';
import {
  ACTIONS,
  ATTEMPT_RESULTS,
  HOLD_REASONS,
  INCIDENT_FAULTS,
  INCIDENT_STATES,
  OUTCOMES,
  SUPPRESS_REASONS,
  type IncidentFault,
  type IncidentState,
} from '../../vocabulary.ts';
import { PERCEPTION_EVENT_KINDS } from '../../perception/events.ts';
import type { AlertResult } from '../control.ts';

export interface OwnMetrics extends RecoveryMetrics {
  configReloaded(successful: boolean): void;
  /** An event of the queue is handled. */
  eventStarted(kind: string): void;
  eventShed(): void;
  /** The open incidents of now, all of them. */
  incidents(open: Iterable<{ fault: IncidentFault; state: IncidentState }>): void;
  queueLength(length: number): void;
  /** Metrics of another part: `make` registers them, and returns the methods that change their values. */
  extend<T extends object>(make: (registry: Registry) => T): T;
  /** All of them in text format; written anew only when one has changed. */
  text(): Promise<string>;
}

const PHASES = ['detect', 'decide', 'execute', 'verify'] as const satisfies readonly Phase[];
const ALERT_RESULTS = ['released', 'opened', 'repeated', 'resolved', 'ignored', 'no_target', 'suppressed'] as const satisfies readonly AlertResult[];
const RECOVERY_BUCKETS_SECONDS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800];
const PHASE_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export interface Build {
  version: string;
  revision: string;
}

export function createOwnMetrics(registry: Registry, build: Build, nowMs: () => number = Date.now): OwnMetrics {
  let written: string | null = null;
  const counting = { ...recoveryMetrics(registry, nowMs), ...daemonMetrics(registry, build) };
  const changed = (): void => void (written = null);
  return {
    ...withNotice<Counting>(counting, changed),
    extend(make) {
      changed();
      return withNotice(make(registry), changed);
    },
    async text() {
      if (written !== null) return written;
      const text = await registry.metrics();
      written = text;
      return text;
    },
  };
}

type Counting = Omit<OwnMetrics, 'text' | 'extend'>;

/** The same methods, each of which tells first. */
function withNotice<T extends object>(counting: T, notice: () => void): T {
  const noticed = Object.entries(counting).map(([name, method]: [string, (...args: never[]) => void]) => [
    name,
    (...args: never[]) => {
      notice();
      method(...args);
    },
  ]);
  return Object.fromEntries(noticed) as unknown as T;
}

function combinations(first: readonly string[], second: readonly string[], each: (a: string, b: string) => void): void {
  for (const a of first) for (const b of second) each(a, b);
}

function recoveryMetrics(registry: Registry, nowMs: () => number): RecoveryMetrics & Pick<OwnMetrics, 'incidents'> {
  const registers = [registry];
  const incidents = new Gauge({ name: 'virtmedic_incidents', help: 'Open incidents by fault and state.', labelNames: ['fault', 'state'], registers });
  const recoveries = new Counter({ name: 'virtmedic_recoveries_total', help: 'Recoveries that ended, by outcome.', labelNames: ['fault', 'outcome'], registers });
  const attempts = new Counter({ name: 'virtmedic_attempts_total', help: 'Attempts that ended, by result.', labelNames: ['action', 'result'], registers });
  const suppressed = new Counter({
    name: 'virtmedic_suppressed_total',
    help: 'Times that an action was held or not taken, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const duration = new Histogram({
    name: 'virtmedic_recovery_duration_seconds',
    help: 'Time from opening an incident to its end, in seconds.',
    labelNames: ['fault'],
    buckets: RECOVERY_BUCKETS_SECONDS,
    registers,
  });
  const phases = new Histogram({
    name: 'virtmedic_recovery_phase_seconds',
    help: 'Time that a phase of a recovery took, in seconds.',
    labelNames: ['phase'],
    buckets: PHASE_BUCKETS_SECONDS,
    registers,
  });
  const webhookAlerts = new Counter({ name: 'virtmedic_webhook_alerts_total', help: 'Alerts received, by what became of them.', labelNames: ['result'], registers });
  const webhookLast = new Gauge({
    name: 'virtmedic_webhook_last_received_timestamp_seconds',
    help: 'When the last alert was received, in seconds since the epoch; 0: never.',
    registers,
  });
  combinations(INCIDENT_FAULTS, OUTCOMES, (fault, outcome) => recoveries.inc({ fault, outcome }, 0));
  combinations(ACTIONS, ATTEMPT_RESULTS, (action, result) => attempts.inc({ action, result }, 0));
  for (const reason of [...HOLD_REASONS, ...SUPPRESS_REASONS]) suppressed.inc({ reason }, 0);
  for (const fault of INCIDENT_FAULTS) duration.zero({ fault });
  for (const phase of PHASES) phases.zero({ phase });
  for (const result of ALERT_RESULTS) webhookAlerts.inc({ result }, 0);
  const count = (open: Iterable<{ fault: string; state: string }>): void => {
    combinations(INCIDENT_FAULTS, INCIDENT_STATES, (fault, state) => incidents.set({ fault, state }, 0));
    for (const { fault, state } of open) incidents.inc({ fault, state });
  };
  count([]);
  return {
    incidents: count,
    recoveryEnded(fault, outcome, durationSeconds) {
      recoveries.inc({ fault, outcome });
      duration.observe({ fault }, durationSeconds);
    },
    attemptEnded: (action, result) => attempts.inc({ action, result }),
    suppressed: (reason) => suppressed.inc({ reason }),
    phase: (phase, seconds) => phases.observe({ phase }, seconds),
    alertReceived(result) {
      webhookAlerts.inc({ result });
      webhookLast.set(nowMs() / 1000);
    },
  };
}

function daemonMetrics(registry: Registry, { version, revision }: Build): Pick<OwnMetrics, 'configReloaded' | 'eventStarted' | 'eventShed' | 'queueLength'> {
  const registers = [registry];
  new Gauge({ name: 'virtmedic_build_info', help: 'Always 1; what runs.', labelNames: ['version', 'revision', 'node'], registers }).set(
    { version, revision, node: process.versions.node },
    1,
  );
  const reloaded = new Gauge({
    name: 'virtmedic_config_last_reload_successful',
    help: 'Whether the configuration was read successfully the last time: 1, else 0.',
    registers,
  });
  reloaded.set(1);
  const length = new Gauge({ name: 'virtmedic_event_queue_length', help: 'Events that wait to be handled.', registers });
  const shed = new Counter({ name: 'virtmedic_event_queue_shed_total', help: 'Events that a full queue shed.', registers });
  const events = new Counter({ name: 'virtmedic_events_total', help: 'Events that were handled, by kind.', labelNames: ['kind'], registers });
  for (const kind of PERCEPTION_EVENT_KINDS) events.inc({ kind }, 0);
  return {
    configReloaded: (successful) => reloaded.set(successful ? 1 : 0),
    eventStarted: (kind) => events.inc({ kind }),
    eventShed: () => shed.inc(),
    queueLength: (now) => length.set(now),
  };
}
