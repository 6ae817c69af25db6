/** Items as virtmedic gives them, for tests. */
import type { App, Domain, Forecast, GuestProcess, Host, Recovery } from './types';

export const T0 = Date.UTC(2026, 0, 31, 12);

export function sampleRecovery(changed: Partial<Recovery> = {}): Recovery {
  return {
    id: 'r1',
    target: { kind: 'domain', uuid: '6f1c2a9e-0000-4000-8000-000000000001', name: 'web-1', host: 'h1' },
    fault: 'domain_crashed',
    state: 'closed',
    faultAtMs: T0,
    openedAtMs: T0 + 250,
    releasedAtMs: T0 + 1000,
    releasedBy: 'alert',
    hold: null,
    closedAtMs: T0 + 8000,
    outcome: 'recovered',
    outcomeReason: null,
    outcomeText: 'started again',
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    alerts: [{ fingerprint: 'f', startsAtMs: T0, name: 'DomainCrashed' }],
    timings: { detectMs: 250, decideMs: 1750, executeMs: 1000, verifyMs: 5000, totalMs: 8000 },
    attempts: [
      {
        action: 'start',
        host: 'h1',
        result: 'failed',
        executingAtMs: T0 + 2000,
        verifyingAtMs: null,
        endedAtMs: T0 + 2500,
      },
      {
        action: 'restart',
        host: 'h1',
        result: 'succeeded',
        executingAtMs: T0 + 2500,
        verifyingAtMs: T0 + 3000,
        endedAtMs: T0 + 8000,
      },
    ],
    fromHost: 'h1',
    toHost: 'h1',
    failureProbability: 0.25,
    ...changed,
  };
}

export function openIncident(changed: Partial<Recovery> = {}): Recovery {
  return sampleRecovery({
    state: 'open',
    closedAtMs: null,
    outcome: null,
    outcomeText: null,
    hold: { reason: 'waiting_for_alert', why: 'waits for its alert', retryAtMs: null },
    timings: { detectMs: 250, decideMs: null, executeMs: null, verifyMs: null, totalMs: null },
    attempts: [],
    ...changed,
  });
}

export function sampleHost(changed: Partial<Host> = {}): Host {
  return {
    name: 'h1',
    uri: 'qemu:///system',
    state: 'up',
    heardAtMs: T0,
    error: null,
    domains: 3,
    running: 2,
    forecast: null,
    ...changed,
  };
}

export function sampleDomain(changed: Partial<Domain> = {}): Domain {
  return {
    uuid: '6f1c2a9e-0000-4000-8000-000000000001',
    name: 'web-1',
    host: 'h1',
    state: 'running',
    reason: 'booted',
    sinceMs: T0,
    managed: true,
    dryRun: false,
    restartPolicy: 'on-failure',
    trigger: 'alert',
    desired: 'running',
    incidentId: null,
    forecast: null,
    apps: [],
    guest: null,
    ...changed,
  };
}

export function sampleApp(changed: Partial<App> = {}): App {
  return {
    name: 'nginx',
    declaredBy: 'configuration',
    state: 'up',
    fault: null,
    sinceMs: null,
    evidence: [],
    processes: 3,
    residentBytes: 12_000_000,
    cpuSeconds: 4.5,
    backlogs: [{ port: 80, backlog: 0 }],
    incidentId: null,
    ...changed,
  };
}

export function sampleProcess(changed: Partial<GuestProcess> = {}): GuestProcess {
  return {
    pid: 412,
    parentPid: 1,
    name: 'nginx',
    state: 'S',
    threads: 1,
    startedAtMs: T0,
    cpuSeconds: 1.5,
    residentBytes: 4_000_000,
    commandLine: 'nginx: master process /usr/sbin/nginx',
    executable: '/usr/sbin/nginx',
    uid: 0,
    cgroup: '/system.slice/nginx.service',
    unit: 'nginx.service',
    kernelThread: false,
    ...changed,
  };
}

/** The same process as the API sends it. */
export function sentProcess(changed: Record<string, unknown> = {}): Record<string, unknown> {
  const { startedAtMs: _startedAtMs, ...same } = sampleProcess();
  return { ...same, userUnit: null, argumentCount: 2, startSeconds: 9.5, ...changed };
}

/** Answer of a look into a guest that has been up for a minute. */
export function sentProcesses(processes: unknown[]): Record<string, unknown> {
  return { uuid: 'u', atMs: T0 + 50_500, uptimeSeconds: 60, argumentsShown: true, processes };
}

/** Of a domain that is running out of memory. */
export function sampleForecast(changed: Partial<Forecast> = {}): Forecast {
  return {
    atMs: T0,
    failureProbability: [
      { horizonSeconds: 60, probability: 0.83 },
      { horizonSeconds: 300, probability: 0.97 },
    ],
    health: { normal: 0.2, abnormal: 0.75, failed: 0.05 },
    load: { low: 0.1, medium: 0.3, high: 0.6 },
    coldStart: false,
    missing: [],
    failing: true,
    failingSinceMs: T0 - 30_000,
    model: { source: 'own', trainedAtMs: T0 - 3_600_000 },
    ...changed,
  };
}
