/** What failed, what was done, whether it worked and how long it took. */
import { alerts, heartbeat, lastWebhook, paused, suppressed } from './alertPath.ts';
import { appCount } from './apps.ts';
import { dashboard } from './dashboard.ts';
import {
  domainProbability,
  horizonVariable,
  hostProbability,
  lastTraining,
  likelyDomains,
  likelyHosts,
  models,
  ROW_TITLE,
  trainings,
} from './forecast.ts';
import { history } from './history.ts';
import { layOut } from './layout.ts';
import { LINK_ALL, LINK_CONTROL, toDomain, toHost } from './links.ts';
import { UID, type Dashboard } from './model.ts';
import {
  bars,
  byName,
  byQuery,
  FILLED_CELL,
  fixed,
  from,
  GAUGE_CELL,
  reduced,
  rising,
  SHARE,
  stat,
  tableOf,
  timeSeries,
  without,
  yesNo,
  type PanelParts,
} from './panels.ts';
import { api, now, range, table } from './queries.ts';

/** Two exporters may watch one host; it counts once. */
const HOSTS = 'max by (host) (virtmedic_host_up)';
const RUNNING = 'max by (host, domain) (virtmedic_domain_state == bool 1)';
const DESIRED = 'max by (host, domain) (virtmedic_domain_desired_running)';
const COUNTED_ROWS = 1000;

export function overview(): Dashboard {
  return dashboard({
    uid: UID.overview,
    title: 'virtmedic overview',
    description: 'What failed, what virtmedic did about it, whether it worked and how long it took.',
    variables: [horizonVariable('virtmedic_domain_failure_probability')],
    marks: null,
    links: [LINK_CONTROL, LINK_ALL],
    panels: layOut([
      {
        height: 4,
        panels: [
          [4, hosts()],
          [4, domains()],
          [4, appCount()],
          [4, incidents()],
          [5, outcomes()],
          [3, duration()],
        ],
      },
      {
        height: 15,
        panels: [
          [
            24,
            history({
              title: 'Recovery history',
              description:
                'One bar for each recovery, from the fault to its end, one lane for each domain and application; the table below tells what was done. Select a bar or a row for its steps. Behind a lane: the forecast probability of failure from 10 % on, where a forecast exists.',
              filter: {},
              probability: `${domainProbability()} >= 0.1`,
            }),
          ],
        ],
      },
      {
        title: 'Now',
        lines: [
          {
            height: 8,
            panels: [
              [14, faultsNow()],
              [10, notRunning()],
            ],
          },
          {
            height: 8,
            panels: [
              [14, hostList()],
              [10, actions()],
            ],
          },
        ],
      },
      {
        title: ROW_TITLE,
        lines: [
          {
            height: 9,
            panels: [
              [12, likelyDomains()],
              [12, likelyHosts()],
            ],
          },
          {
            height: 5,
            panels: [
              [10, models()],
              [4, lastTraining()],
              [10, trainings()],
            ],
          },
        ],
      },
      {
        title: 'Alert path, and what is held',
        lines: [
          {
            height: 7,
            panels: [
              [4, lastWebhook()],
              [4, heartbeat()],
              [6, alerts()],
              [4, paused()],
              [6, suppressed()],
            ],
          },
        ],
      },
      {
        title: 'Where the time goes',
        lines: [
          {
            height: 7,
            panels: [
              [12, phases()],
              [12, queue()],
            ],
          },
        ],
      },
    ]),
  });
}

function hosts(): PanelParts {
  return stat({
    title: 'Hosts',
    description:
      'Hosts whose libvirt answers, of all that virtmedic watches. A host that is not heard is unknown: nothing is done to its domains.',
    unit: 'none',
    targets: [
      now('A', `sum(${HOSTS})`, 'up'),
      now('B', `count(${HOSTS})`, 'total'),
      now('C', `count(${HOSTS} == 0) > 0`, 'not heard'),
    ],
    overrides: [byName('up', { color: fixed('green') }), byName('not heard', { color: fixed('red') })],
  });
}

function domains(): PanelParts {
  return stat({
    title: 'Domains',
    description:
      'Domains (VMs) that run, and those that are wanted running. "down" appears only while a wanted one does not run.',
    unit: 'none',
    targets: [
      now('A', `sum(${RUNNING})`, 'running'),
      now('B', `sum(${DESIRED})`, 'desired'),
      now('C', `count((${DESIRED} == 1) unless on (host, domain) (${RUNNING} == 1)) > 0`, 'down'),
    ],
    overrides: [byName('running', { color: fixed('green') }), byName('down', { color: fixed('red') })],
  });
}

function incidents(): PanelParts {
  return stat({
    title: 'Open incidents',
    description:
      'Troubles that virtmedic works on or waits with, and those that it has given up: an escalated incident is left alone until a person acts.',
    unit: 'none',
    targets: [
      now('A', 'sum(virtmedic_incidents{state=~"open|executing|verifying"})', 'in progress'),
      now('B', 'sum(virtmedic_incidents{state="escalated"})', 'need you'),
    ],
    overrides: [
      byName('in progress', { thresholds: from(1, 'orange') }),
      byName('need you', { thresholds: from(1, 'red') }),
    ],
  });
}

function outcomes(): PanelParts {
  const counted = (refId: string, outcome: string) => api(refId, { kind: 'recoveries', outcome, limit: COUNTED_ROWS });
  return stat({
    title: 'Recoveries in this range',
    description:
      'How recoveries ended. Failed: no rung of the ladder helped. Escalated: left to a person. Counted up to 1000 of each.',
    unit: 'none',
    targets: [counted('A', 'recovered'), counted('B', 'failed'), counted('C', 'escalated')],
    ...reduced('attempts', 'count'),
    overrides: [
      byQuery('A', { displayName: 'recovered', color: fixed('green') }),
      byQuery('B', { displayName: 'failed', thresholds: from(1, 'red') }),
      byQuery('C', { displayName: 'escalated', thresholds: from(1, 'orange') }),
    ],
  });
}

function duration(): PanelParts {
  return stat({
    title: 'Median recovery time',
    description: 'From the fault to the verified end, of those that recovered in this range: half of them were faster.',
    unit: 'ms',
    targets: [api('A', { kind: 'recoveries', outcome: 'recovered', limit: COUNTED_ROWS })],
    defaults: { noValue: 'none yet', displayName: 'median' },
    ...reduced('durationMs', 'p50', { textMode: 'value' }),
  });
}

function faultsNow(): PanelParts {
  return tableOf({
    title: 'Faults now',
    description:
      'Incidents that are open: where, what is wrong, since when, and why virtmedic waits where it does. Empty: all is well.',
    unit: 'none',
    targets: [api('A', { kind: 'incidents', limit: 200, live: true })],
    defaults: { noValue: 'none' },
    transformations: [without(NOT_SHOWN)],
    overrides: [
      byName('time', { unit: 'dateTimeFromNow', displayName: 'since' }),
      byName('host', { links: [toHost('${__data.fields.host}')] }),
      byName('domain', { links: [toDomain('${__data.fields.host}', '${__data.fields.domain}')] }),
    ],
  });
}

/** All of the frame but time, host, domain, app, fault, state, text, attempts. */
const NOT_SHOWN = [
  ...['id', 'timeEnd', 'uuid', 'outcome', 'actions', 'durationMs', 'detectMs', 'decideMs', 'executeMs', 'verifyMs'],
  ...['alert', 'fromHost', 'toHost', 'acknowledgedBy', 'probability'],
];

function columns(names: string[]) {
  return { id: 'filterFieldsByName', options: { include: { names } } };
}

function notRunning(): PanelParts {
  return tableOf({
    title: 'Wanted running, but not running',
    description: 'Domains that should run and do not, with their state. Empty: every wanted domain runs.',
    unit: 'none',
    targets: [
      table(
        'A',
        'max by (host, domain) (virtmedic_domain_state != 1) and on (host, domain) (max by (host, domain) (virtmedic_domain_desired_running) == 1)'
      ),
    ],
    defaults: { noValue: 'none' },
    transformations: [columns(['host', 'domain', 'Value'])],
    overrides: [
      byName('Value', { displayName: 'state', mappings: STATE_WORDS, 'custom.cellOptions': FILLED_CELL }),
      byName('host', { links: [toHost('${__data.fields.host}')] }),
      byName('domain', { links: [toDomain('${__data.fields.host}', '${__data.fields.domain}')] }),
    ],
  });
}

const STATE_WORDS = [
  {
    type: 'value',
    options: {
      0: { text: 'absent', color: 'red', index: 0 },
      2: { text: 'paused', color: 'orange', index: 1 },
      3: { text: 'shut off', color: 'orange', index: 2 },
      4: { text: 'crashed', color: 'red', index: 3 },
      5: { text: 'suspended', color: 'purple', index: 4 },
      6: { text: 'unknown', color: 'text', index: 5 },
    },
  },
];

function hostList(): PanelParts {
  const cpu =
    '1 - sum by (host) (rate(virtmedic_host_cpu_seconds_total{mode=~"idle|iowait"}[$__rate_interval])) / sum by (host) (rate(virtmedic_host_cpu_seconds_total[$__rate_interval]))';
  const memory =
    '1 - sum by (host) (virtmedic_host_memory_bytes{kind=~"free|buffers|cached"}) / sum by (host) (virtmedic_host_memory_bytes{kind="total"})';
  const share = {
    ...SHARE,
    'custom.cellOptions': GAUGE_CELL,
    thresholds: rising(0.8, 0.95),
    color: { mode: 'thresholds' },
  };
  return tableOf({
    title: 'Hosts',
    description:
      'Each host with its connection, running and wanted domains, load and failure forecast. Select a name for its dashboard.',
    unit: 'none',
    targets: [
      table('A', HOSTS),
      table('B', 'sum by (host) (max by (host, domain) (virtmedic_domain_state == bool 1))'),
      table('C', 'sum by (host) (max by (host, domain) (virtmedic_domain_desired_running))'),
      table('D', cpu),
      table('E', memory),
      table('F', `max by (host) (${hostProbability()})`),
    ],
    transformations: [
      { id: 'merge', options: {} },
      columns(['host', 'Value #A', 'Value #B', 'Value #C', 'Value #D', 'Value #E', 'Value #F']),
    ],
    overrides: [
      byName('host', { links: [toHost('${__data.fields.host}')] }),
      byName('Value #A', {
        displayName: 'connection',
        mappings: yesNo({ text: 'up', color: 'green' }, { text: 'not heard', color: 'red' }),
        'custom.cellOptions': FILLED_CELL,
      }),
      byName('Value #B', { displayName: 'running' }),
      byName('Value #C', { displayName: 'desired' }),
      byName('Value #D', { displayName: 'CPU', ...share }),
      byName('Value #E', { displayName: 'memory', ...share }),
      byName('Value #F', { displayName: 'failure forecast', ...share, thresholds: rising(0.4, 0.8) }),
    ],
  });
}

function actions(): PanelParts {
  return bars({
    title: 'Actions in this range',
    description:
      'What virtmedic did, with the result of each attempt. A failed attempt is followed by the next rung of its ladder.',
    unit: 'none',
    targets: [
      now(
        'A',
        'round(sum by (action, result) (increase(virtmedic_attempts_total[$__range]))) > 0',
        '{{action}}: {{result}}'
      ),
    ],
    defaults: { noValue: 'none' },
  });
}

function phases(): PanelParts {
  return bars({
    title: 'Mean time of each phase',
    description:
      'Detect: from the fault to its record. Decide: until the first action, with the wait for the alert. Execute: the actions. Verify: until it is proven to run.',
    unit: 's',
    targets: [
      now(
        'A',
        'sum by (phase) (increase(virtmedic_recovery_phase_seconds_sum[$__range])) / (sum by (phase) (increase(virtmedic_recovery_phase_seconds_count[$__range])) > 0)',
        '{{phase}}'
      ),
    ],
    defaults: { noValue: 'no recovery in this range' },
  });
}

function queue(): PanelParts {
  return timeSeries({
    title: "virtmedic's own load",
    description:
      'Events that wait to be handled, and the time that collecting for a scrape takes. Both should stay small.',
    unit: 'none',
    targets: [
      range('A', 'max(virtmedic_event_queue_length)', 'events waiting'),
      range('B', 'max(virtmedic_scrape_duration_seconds)', 'scrape'),
    ],
    overrides: [byName('scrape', { unit: 's', 'custom.axisPlacement': 'right' })],
  });
}
