/** Series of apps inside guests. What is not known has no series: it is never 0. */
import type { AppStatus, AppsView } from '../../perception/apps/view.ts';
import type { AppVerdict } from '../../perception/apps/verdict.ts';
import { knownFigures } from '../known-figures.ts';
import { countCpu } from './cpu-total.ts';
import type { CpuTotal } from './cpu-total.ts';
import { CHILD, childLabels, type LabelCache } from './label-cache.ts';
import { family, type Labels, type Writer } from './writer.ts';

const CACHED = 'Cached: of the latest look into the guest.';
const UP = family(
  'virtmedic_app_up',
  'gauge',
  'Whether the app runs in the guest and serves, also where something else is not as it should be: 1, else 0. No series: not known, or being worked on. Cached: of the latest look into the guest and the latest probes.',
);
const PROCESSES = family('virtmedic_app_processes', 'gauge', `Processes of the app. ${CACHED}`);
const MEMORY = family('virtmedic_app_resident_memory_bytes', 'gauge', `Resident memory of all processes of the app, in bytes; what they share counts for each. ${CACHED}`);
const CPU = family(
  'virtmedic_app_cpu_seconds_total',
  'counter',
  `CPU time of the app's processes, in seconds. What was seen of processes that ended stays counted. ${CACHED}`,
);
const BACKLOG = family(
  'virtmedic_app_accept_backlog',
  'gauge',
  `Connections that wait to be accepted on a TCP port of the app, in the longest queue of the port; of at most 16 ports of an app. ${CACHED}`,
);
const FAULT = family('virtmedic_app_fault', 'gauge', 'Always 1; a fault of the app that is present. Cached: of the latest look into the guest and the latest probes.');

/** Which ports an app listens on is the guest's word, and each is a series for as long as Prometheus keeps it. */
const MOST_PORTS = 16;

interface AppState {
  cpu: CpuTotal | null;
  /** Ports that have a series. */
  ports: Set<number>;
}

interface Row extends AppState {
  status: AppStatus;
  labels: Labels;
  names: { host: string; domain: string; app: string };
  /** Figures that are complete and proven. */
  figures: AppVerdict['figures'];
}

export interface AppSeries {
  write(writer: Writer, cache: LabelCache, view: Pick<AppsView, 'all'>): void;
}

/** Keeps what counters need from scrape to scrape, of the apps that there are. */
export function createAppSeries(): AppSeries {
  let states = new Map<string, AppState>();

  return {
    write(writer, cache, view) {
      const next = new Map<string, AppState>();
      const rows = onceEach(view.all()).map(({ key, status }): Row => {
        const { host, uuid, domain, app, verdict } = status;
        const names = { host, domain, app: app.name };
        const stateKey = `${uuid}/${app.name}`;
        const before = states.get(stateKey) ?? { cpu: null, ports: new Set() };
        const figures = provenFigures(verdict);
        const cpuNanoseconds = figures?.cpuTotalNanoseconds ?? null;
        const state = { cpu: cpuNanoseconds === null ? before.cpu : countCpu(before.cpu, cpuNanoseconds), ports: before.ports };
        next.set(stateKey, state);
        return { ...state, status, names, labels: cache.get(key, () => names), figures };
      });
      states = next;
      writeRows(writer, rows);
    },
  };
}

function writeRows(writer: Writer, rows: readonly Row[]): void {
  const each = (of: typeof UP, value: (row: Row) => number | null): void => {
    writer.begin(of);
    for (const row of rows) {
      const known = value(row);
      if (known !== null) writer.sample(row.labels, known);
    }
  };
  each(UP, ({ status }) => isUp(status.verdict));
  each(PROCESSES, ({ figures }) => figures?.processes ?? null);
  each(MEMORY, ({ figures }) => figures?.residentBytes ?? null);
  each(CPU, ({ figures, cpu }) => (figures === null || figures.cpuTotalNanoseconds === null || cpu === null ? null : cpu.totalNanoseconds / 1e9));
  writer.begin(BACKLOG);
  for (const row of rows) writeBacklogs(writer, row);
  writer.begin(FAULT);
  for (const { status, labels, names } of rows) {
    const { fault } = status.verdict;
    if (fault !== null) writer.sample(childLabels(labels, CHILD.fault, fault, () => ({ ...names, fault })), 1);
  }
}

function writeBacklogs(writer: Writer, { figures, labels, names, ports, status }: Row): void {
  for (const { port, backlog } of figures?.backlogs ?? []) {
    if (status.app.port !== undefined && port !== status.app.port) continue;
    if (!ports.has(port)) {
      if (ports.size >= MOST_PORTS) continue;
      ports.add(port);
    }
    writer.sample(childLabels(labels, CHILD.port, port, () => ({ ...names, port: `${port}` })), backlog);
  }
}

/** Domains of one name on one host would be one series: the one that was looked at last counts. */
function onceEach(statuses: readonly AppStatus[]): { key: string; status: AppStatus }[] {
  const latest = new Map<string, AppStatus>();
  for (const status of statuses) {
    const key = `app/${status.host}/${status.domain}/${status.app.name}`;
    if ((latest.get(key)?.atMs ?? -Infinity) <= status.atMs) latest.set(key, status);
  }
  return [...latest].map(([key, status]) => ({ key, status }));
}

/** One list without the app proves nothing yet: neither 1 nor 0. */
function isUp({ state, fault }: AppVerdict): 1 | 0 | null {
  switch (state) {
    case 'up':
      return 1;
    case 'faulty':
      return fault === 'app_degraded' ? 1 : 0;
    case 'starting':
    case 'off':
      return 0;
    case 'doubtful':
    case 'unknown':
    case 'muted':
      return null;
  }
}

/** A 0 that is proven. */
function provenFigures(verdict: AppVerdict): AppVerdict['figures'] {
  return verdict.state === 'doubtful' ? null : knownFigures(verdict);
}
