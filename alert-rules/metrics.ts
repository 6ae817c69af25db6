import { REFUSAL_REASONS } from '../exporter/src/guest/helper/refusal.ts';
import { TRAINING_RESULTS } from '../exporter/src/training/metrics.ts';
import { ACTIONS, APP_FAULTS, ATTEMPT_RESULTS, FAULTS, HOLD_REASONS, INCIDENT_FAULTS, INCIDENT_STATES, OUTCOMES, SUPPRESS_REASONS } from '../exporter/src/vocabulary.ts';
import { UNREADABLE_REASONS } from '../exporter/src/web/metrics/unreadable-reasons.ts';

/** Label name -> the values it can have; null: any. */
export type MetricLabels = Readonly<Record<string, readonly string[] | null>>;

const ANY = null;
const ALERT_RESULTS = ['released', 'opened', 'repeated', 'resolved', 'ignored', 'no_target', 'suppressed'];

/**
 * Every metric of virtmedic that a rule may name, with its own labels. A rule that names another one, or a label value
 * that virtmedic never writes, could never fire.
 */
export const VIRTMEDIC_METRICS: Readonly<Record<string, MetricLabels>> = {
  virtmedic_config_last_reload_successful: {},
  virtmedic_host_up: { host: ANY },
  virtmedic_domain_info: { host: ANY, domain: ANY, uuid: ANY },
  virtmedic_domain_state: { host: ANY, domain: ANY },
  virtmedic_domain_desired_running: { host: ANY, domain: ANY },
  virtmedic_domain_fault: { host: ANY, domain: ANY, fault: FAULTS.filter((fault) => fault.startsWith('domain_')) },
  virtmedic_app_up: { host: ANY, domain: ANY, app: ANY },
  virtmedic_app_processes: { host: ANY, domain: ANY, app: ANY },
  virtmedic_app_resident_memory_bytes: { host: ANY, domain: ANY, app: ANY },
  virtmedic_app_cpu_seconds_total: { host: ANY, domain: ANY, app: ANY },
  virtmedic_app_accept_backlog: { host: ANY, domain: ANY, app: ANY, port: ANY },
  virtmedic_app_fault: { host: ANY, domain: ANY, app: ANY, fault: APP_FAULTS },
  virtmedic_guest_readable: { host: ANY, domain: ANY },
  virtmedic_guest_unreadable: { host: ANY, domain: ANY, reason: UNREADABLE_REASONS },
  virtmedic_guest_load1: { host: ANY, domain: ANY },
  virtmedic_guest_load5: { host: ANY, domain: ANY },
  virtmedic_guest_load15: { host: ANY, domain: ANY },
  virtmedic_guest_memory_bytes: { host: ANY, domain: ANY, kind: ['total', 'free', 'available', 'swap_total', 'swap_free'] },
  virtmedic_guest_filesystem_size_bytes: { host: ANY, domain: ANY, mountpoint: ANY, fstype: ANY },
  virtmedic_guest_filesystem_free_bytes: { host: ANY, domain: ANY, mountpoint: ANY, fstype: ANY },
  virtmedic_guest_filesystem_avail_bytes: { host: ANY, domain: ANY, mountpoint: ANY, fstype: ANY },
  virtmedic_guest_filesystem_files: { host: ANY, domain: ANY, mountpoint: ANY, fstype: ANY },
  virtmedic_guest_filesystem_files_free: { host: ANY, domain: ANY, mountpoint: ANY, fstype: ANY },
  virtmedic_guest_filesystem_readonly: { host: ANY, domain: ANY, mountpoint: ANY, fstype: ANY },
  virtmedic_guest_helper_up: {},
  virtmedic_guest_helper_refusals_total: { reason: REFUSAL_REASONS },
  virtmedic_incidents: { fault: INCIDENT_FAULTS, state: INCIDENT_STATES },
  virtmedic_recoveries_total: { fault: INCIDENT_FAULTS, outcome: OUTCOMES },
  virtmedic_attempts_total: { action: ACTIONS, result: ATTEMPT_RESULTS },
  virtmedic_suppressed_total: { reason: [...HOLD_REASONS, ...SUPPRESS_REASONS] },
  virtmedic_event_queue_length: {},
  virtmedic_event_queue_shed_total: {},
  virtmedic_webhook_last_received_timestamp_seconds: {},
  virtmedic_webhook_alerts_total: { result: ALERT_RESULTS },
  virtmedic_scrape_timed_out_domains: { host: ANY },
  virtmedic_domain_failure_probability: { host: ANY, domain: ANY, horizon: ANY },
  virtmedic_host_failure_probability: { host: ANY, horizon: ANY },
  virtmedic_hmm_targets: { model: ['prior', 'pooled', 'own'] },
  virtmedic_hmm_trainings_total: { result: TRAINING_RESULTS },
};

/** Metrics that Prometheus itself writes. */
export const PROMETHEUS_METRICS: Readonly<Record<string, MetricLabels>> = {
  up: {},
  ALERTS: { alertname: ANY, alertstate: ['pending', 'firing'] },
  prometheus_rule_evaluation_failures_total: { rule_group: ANY },
};

/** Labels that the scrape adds to every series. */
export const TARGET_LABELS = ['job', 'instance'] as const;
