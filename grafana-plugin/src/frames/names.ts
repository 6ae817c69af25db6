/**
 * The frame of recoveries: what the data source writes, the panel reads, and any other source may provide (the panel's README
 * documents it). One row a recovery; a row needs `time` and one of `host` and `domain`, all else may be missing. Types: time in
 * milliseconds since the epoch; `…Ms` numbers with the unit ms; the rest strings but where noted.
 */
export const RECOVERIES_FRAME = 'recoveries';

export const FIELD = {
  id: 'id',
  /** When the fault began. */
  time: 'time',
  /** When it was over; null: in progress. */
  timeEnd: 'timeEnd',
  host: 'host',
  domain: 'domain',
  uuid: 'uuid',
  app: 'app',
  fault: 'fault',
  outcome: 'outcome',
  state: 'state',
  /** Why it ended so, or why it waits. */
  text: 'text',
  actions: 'actions',
  /** Number. */
  attempts: 'attempts',
  durationMs: 'durationMs',
  detectMs: 'detectMs',
  decideMs: 'decideMs',
  executeMs: 'executeMs',
  verifyMs: 'verifyMs',
  alert: 'alert',
  fromHost: 'fromHost',
  toHost: 'toHost',
  acknowledgedBy: 'acknowledgedBy',
  /** Number, 0 to 1: the forecast at detection. */
  probability: 'probability',
} as const;

/** `meta.custom` of the frame. */
export interface RecoveriesMeta {
  virtmedic: {
    kind: 'recoveries';
    /** The source had more than it gave. */
    truncated: boolean;
    /** The newest recovery that has ended, whatever the range: for the empty state. */
    last: {
      id: string;
      host: string;
      domain: string;
      /** Empty: it was about the domain or host. */
      app: string;
      fault: string;
      outcome: string;
      startMs: number;
      endMs: number;
    } | null;
    /** `following`: changes come by themselves; `interrupted`: they should, and don't for now. Absent: it is a list of one moment. */
    live?: 'following' | 'interrupted';
  };
}

/** The frame of forecasts: one row a target that has one, of one moment. */
export const FORECASTS_FRAME = 'forecasts';

export const FORECAST_FIELD = {
  host: 'host',
  /** Empty: it is the host's own. */
  domain: 'domain',
  failing: 'failing',
  failingSince: 'failingSince',
  /** Of the first horizon, the one that alarms; of the others the seconds follow: `probability300`. */
  probability: 'probability',
  normal: 'normal',
  abnormal: 'abnormal',
  failed: 'failed',
  low: 'low',
  medium: 'medium',
  high: 'high',
  coldStart: 'coldStart',
  model: 'model',
  trainedAt: 'trainedAt',
  missing: 'missing',
  at: 'at',
  uuid: 'uuid',
} as const;

/** The frame of applications inside guests: one row each, of one moment. */
export const APPS_FRAME = 'apps';

export const APP_FIELD = {
  host: 'host',
  domain: 'domain',
  app: 'app',
  state: 'state',
  fault: 'fault',
  /** When the fault began. */
  since: 'since',
  evidence: 'evidence',
  processes: 'processes',
  residentBytes: 'residentBytes',
  cpuSeconds: 'cpuSeconds',
  /** Text: connections that wait, by port. */
  backlog: 'backlog',
  declaredBy: 'declaredBy',
  incidentId: 'incidentId',
  uuid: 'uuid',
} as const;

/** The frame of processes in guests: one row each, of one moment. */
export const PROCESSES_FRAME = 'processes';

export const PROCESS_FIELD = {
  host: 'host',
  domain: 'domain',
  pid: 'pid',
  parentPid: 'parentPid',
  name: 'name',
  state: 'state',
  unit: 'unit',
  cpuSeconds: 'cpuSeconds',
  residentBytes: 'residentBytes',
  threads: 'threads',
  commandLine: 'commandLine',
  executable: 'executable',
  cgroup: 'cgroup',
  uid: 'uid',
  started: 'started',
  kernelThread: 'kernelThread',
  uuid: 'uuid',
} as const;

/** Names of metrics from which the panel works with Prometheus alone. */
export const METRIC = {
  domainFault: 'virtmedic_domain_fault',
  domainProbability: 'virtmedic_domain_failure_probability',
  hostProbability: 'virtmedic_host_failure_probability',
} as const;
