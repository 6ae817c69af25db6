/** Apps and guests as the supervision shows them, for tests. */
import type { GuestProcess } from '../../guest/processes/process.ts';
import { declared } from '../../perception/apps/testing/declared.ts';
import type { AppStatus, AppsView, GuestStatus } from '../../perception/apps/view.ts';
import { NO_APPS } from '../../perception/apps/view.ts';

export const APP_UUID = '11111111-2222-4333-8444-555555555555';

export function sampleApp({ port, ...more }: Partial<AppStatus> & { port?: number } = {}): AppStatus {
  return {
    host: 'h1',
    uuid: APP_UUID,
    domain: 'web-1',
    app: declared(port === undefined ? {} : { port }),
    declaredBy: 'configuration',
    verdict: { state: 'up', fault: null, sinceMs: null, basis: null, evidence: [], figures: { processes: 2, residentBytes: 8192, cpuNanoseconds: 1e9, cpuTotalNanoseconds: 1e9, backlogs: [] } },
    atMs: 1,
    ...more,
  };
}

export function sampleGuest(more: Partial<GuestStatus> = {}): GuestStatus {
  return { host: 'h1', uuid: APP_UUID, domain: 'web-1', reading: 'ok', reason: null, text: null, lastListAtMs: 1, processes: 2, liveness: null, resources: null, health: { panicked: null, frozen: null }, ...more };
}

/** A view that shows these, and lists processes as `processes` says. */
export function viewOfApps(apps: readonly AppStatus[], guests: readonly GuestStatus[] = [], processes: AppsView['processes'] = NO_APPS.processes): AppsView {
  const of: AppsView['of'] = (uuid) => apps.filter((status) => status.uuid === uuid);
  return {
    all: () => apps,
    of,
    app: (uuid, name) => of(uuid).find(({ app }) => app.name === name) ?? null,
    answeredAtMs: () => null,
    guests: () => guests,
    guest: (uuid) => guests.find((guest) => guest.uuid === uuid) ?? null,
    processes,
  };
}

export function sampleProcess(more: Partial<GuestProcess> = {}): GuestProcess {
  return {
    pid: 100,
    parentPid: 1,
    name: 'nginx',
    state: 'S',
    threads: 1,
    threadStates: { S: 1 },
    startTimeNanoseconds: 20e9,
    userNanoseconds: 3e9,
    systemNanoseconds: 1e9,
    voluntarySwitches: 5,
    involuntarySwitches: 1,
    residentBytes: 10_485_760,
    commandLine: ['nginx', '-g', 'daemon off;'],
    commandLineCut: false,
    executable: '/usr/sbin/nginx',
    executableDeleted: false,
    uid: 0,
    effectiveUid: 0,
    cgroup: '/system.slice/nginx.service',
    unit: 'nginx.service',
    userUnit: null,
    namespacePids: [100],
    kernelThread: false,
    ...more,
  };
}
