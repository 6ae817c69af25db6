/** Panels about applications inside guests, and about what else runs there. */
import type { Line } from './layout.ts';
import {
  byName,
  FILLED_CELL,
  fixed,
  panel,
  stat,
  tableOf,
  timeSeries,
  without,
  yesNo,
  type PanelParts,
} from './panels.ts';
import { api, now, range } from './queries.ts';

export const APPS_TITLE = 'Applications';

/** Two exporters may watch one application; it counts once. */
const UP = 'max by (host, domain, app) (virtmedic_app_up)';
const NO_APP = { noValue: 'no application is declared' };
/** Of a table it stands in every cell that is empty, not where there is no row. */
const EMPTY_CELL = { noValue: '–' };
const WITHOUT_LOOK = 'Interrupted while nothing is known, as while the guest is paused or cannot be looked into.';

export function appCount(): PanelParts {
  return stat({
    title: APPS_TITLE,
    description:
      'Applications inside guests that are up, of all of which it is known; one of which nothing is known is in neither. "faulty" appears only while one is down, hung or degraded.',
    unit: 'none',
    targets: [
      now('A', `sum(${UP})`, 'up'),
      now('B', `count(${UP})`, 'known'),
      now('C', 'count(max by (host, domain, app) (virtmedic_app_fault)) > 0', 'faulty'),
    ],
    defaults: { noValue: 'none' },
    overrides: [byName('up', { color: fixed('green') }), byName('faulty', { color: fixed('red') })],
  });
}

/** The lines of a domain's applications; `labels` select it. */
export function appsOfDomain(labels: string): Line[] {
  return [
    {
      height: 7,
      panels: [
        [12, upOverTime(labels)],
        [12, appsNow()],
      ],
    },
    {
      height: 8,
      panels: [
        [6, processCount(labels)],
        [6, memory(labels)],
        [6, cpu(labels)],
        [6, backlog(labels)],
      ],
    },
    { height: 10, panels: [[24, processes()]] },
  ];
}

function upOverTime(labels: string): PanelParts {
  return panel('state-timeline', {
    title: 'Applications over time',
    description: `Whether each application of this domain runs and serves; one that is degraded does. ${WITHOUT_LOOK}`,
    unit: 'none',
    targets: [range('A', `max by (app) (virtmedic_app_up{${labels}})`, '{{app}}')],
    defaults: {
      ...NO_APP,
      mappings: yesNo({ text: 'up', color: 'green' }, { text: 'not up', color: 'red' }),
      custom: { fillOpacity: 70, lineWidth: 0 },
    },
    options: {
      alignValue: 'left',
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      mergeValues: true,
      rowHeight: 0.9,
      showValue: 'auto',
      tooltip: { mode: 'single', sort: 'none' },
    },
  });
}

/** Of the frame but these: app, state, fault, since, evidence, processes, memory. */
const APP_NOT_SHOWN = ['host', 'domain', 'cpuSeconds', 'backlog', 'declaredBy', 'incidentId', 'uuid'];

function appsNow(): PanelParts {
  return tableOf({
    title: 'Applications now',
    description:
      'Each application of this domain with what is concluded about it and what proves it. unknown is never a fault: nothing is done on it.',
    unit: 'none',
    targets: [api('A', { kind: 'apps', host: '$host', domain: '$domain' })],
    defaults: EMPTY_CELL,
    transformations: [without(APP_NOT_SHOWN)],
    overrides: [
      byName('state', { mappings: APP_STATES, 'custom.cellOptions': FILLED_CELL }),
      byName('fault', { mappings: APP_FAULTS, 'custom.cellOptions': FILLED_CELL }),
    ],
  });
}

const value = (texts: Record<string, string>) => [
  {
    type: 'value',
    options: Object.fromEntries(Object.entries(texts).map(([text, color], index) => [text, { text, color, index }])),
  },
];
const APP_STATES = value({
  up: 'green',
  starting: 'blue',
  off: 'text',
  doubtful: 'orange',
  faulty: 'red',
  unknown: 'text',
  muted: 'purple',
});
const APP_FAULTS = value({ app_down: 'red', app_hung: 'orange', app_degraded: 'yellow' });

function processCount(labels: string): PanelParts {
  return timeSeries({
    title: 'Processes of applications',
    description: `Processes that count as each application; zombies do not. ${WITHOUT_LOOK}`,
    unit: 'none',
    targets: [range('A', `max by (app) (virtmedic_app_processes{${labels}})`, '{{app}}')],
    defaults: { ...NO_APP, min: 0, decimals: 0 },
  });
}

function memory(labels: string): PanelParts {
  return timeSeries({
    title: 'Memory of applications',
    description:
      'Resident memory of all processes of each application together. Memory that they share counts for each of them.',
    unit: 'bytes',
    targets: [range('A', `max by (app) (virtmedic_app_resident_memory_bytes{${labels}})`, '{{app}}')],
    defaults: { ...NO_APP, min: 0 },
  });
}

function cpu(labels: string): PanelParts {
  return timeSeries({
    title: 'CPU of applications',
    description: 'CPU time that each application uses; 100 % is one virtual CPU. One that hangs may use none.',
    unit: 'percentunit',
    targets: [
      range('A', `max by (app) (rate(virtmedic_app_cpu_seconds_total{${labels}}[$__rate_interval]))`, '{{app}}'),
    ],
    defaults: { ...NO_APP, min: 0 },
  });
}

function backlog(labels: string): PanelParts {
  return timeSeries({
    title: 'Connections waiting',
    description:
      'Connections that wait to be accepted, by application and port. One that only grows is the sign of an application that hangs.',
    unit: 'none',
    targets: [range('A', `max by (app, port) (virtmedic_app_accept_backlog{${labels}})`, '{{app}} :{{port}}')],
    defaults: { ...NO_APP, min: 0, decimals: 0 },
  });
}

/** Of the frame but these: pid, name, state, unit, CPU, memory, threads, command line. */
const PROCESS_NOT_SHOWN = [
  'host',
  'domain',
  'parentPid',
  'executable',
  'cgroup',
  'uid',
  'started',
  'kernelThread',
  'uuid',
];

function processes(): PanelParts {
  return tableOf({
    title: 'Processes in the guest',
    description:
      "What runs in the guest now, read out of its memory from outside at each refresh; kernel threads aside. Needs the guest helper on the domain's machine.",
    unit: 'none',
    targets: [api('A', { kind: 'processes', host: '$host', domain: '$domain' })],
    defaults: EMPTY_CELL,
    transformations: [without(PROCESS_NOT_SHOWN)],
    overrides: [byName('state', { mappings: PROCESS_STATES, 'custom.cellOptions': FILLED_CELL })],
  });
}

/** As the letters of ps. */
const PROCESS_STATES = [
  {
    type: 'value',
    options: {
      D: { text: 'D waits for a device', color: 'orange', index: 0 },
      T: { text: 'T stopped', color: 'red', index: 1 },
      Z: { text: 'Z ended', color: 'purple', index: 2 },
    },
  },
];
