/** One host: its connection, load, storage, domains and recoveries. */
import { dashboard, labelVariable } from './dashboard.ts';
import {
  domainProbability,
  horizonVariable,
  hostProbability,
  latest,
  likelyDomainsOverTime,
  probabilityNow,
  probabilityOverTime,
  ROW_TITLE,
} from './forecast.ts';
import { history } from './history.ts';
import { layOut } from './layout.ts';
import { LINK_ALL, LINK_CONTROL, LINK_OVERVIEW, toDomain } from './links.ts';
import { UID, type Dashboard } from './model.ts';
import {
  bars,
  byName,
  FILLED_CELL,
  from,
  GAUGE_CELL,
  rising,
  SHARE,
  STATE_MAPPINGS,
  stat,
  tableOf,
  timeSeries,
  yesNo,
  type PanelParts,
} from './panels.ts';
import { now, range, table } from './queries.ts';

const HERE = 'host="$host"';
const RUNNING = `max by (domain) (virtmedic_domain_state{${HERE}} == bool 1)`;

export const HOST_VARIABLE = labelVariable('host', 'Host', 'A host that virtmedic watches.', 'virtmedic_host_up');

export function host(): Dashboard {
  return dashboard({
    uid: UID.host,
    title: 'virtmedic host',
    description: 'One host: its connection, load, storage, domains and recoveries.',
    variables: [HOST_VARIABLE, horizonVariable(`virtmedic_host_failure_probability{${HERE}}`)],
    marks: { host: '$host' },
    links: [LINK_OVERVIEW, LINK_CONTROL, LINK_ALL],
    panels: layOut([
      {
        height: 4,
        panels: [
          [4, connection()],
          [4, domainCount()],
          [4, faults()],
          [4, probabilityNow(hostProbability(HERE))],
          [4, cpuNow()],
          [4, memoryNow()],
        ],
      },
      {
        height: 12,
        panels: [
          [
            24,
            history({
              title: 'Recovery history of $host',
              description:
                'Recoveries of the host and of its domains, a lane for each. Select a bar or a row for its steps.',
              filter: { host: '$host' },
              probability: `${hostProbability(HERE)} or ${domainProbability(HERE)}`,
            }),
          ],
        ],
      },
      { height: 9, panels: [[24, domainList()]] },
      {
        title: ROW_TITLE,
        lines: [
          {
            height: 8,
            panels: [
              [
                12,
                probabilityOverTime(
                  'Failure probability of the host',
                  'host',
                  `virtmedic_host_failure_probability{${HERE}}`
                ),
              ],
              [12, likelyDomainsOverTime(HERE)],
            ],
          },
          { height: 8, panels: [[24, latest()]] },
        ],
      },
      {
        title: 'Load',
        lines: [
          {
            height: 8,
            panels: [
              [12, cpu()],
              [12, memory()],
            ],
          },
          {
            height: 8,
            panels: [
              [12, network()],
              [12, disk()],
            ],
          },
        ],
      },
      {
        title: 'Storage pools',
        lines: [
          {
            height: 7,
            panels: [
              [12, poolsUsed()],
              [12, pools()],
            ],
          },
        ],
      },
    ]),
  });
}

function connection(): PanelParts {
  return stat({
    title: 'Connection',
    description:
      'Whether libvirt on this host answers. While it does not, the state of its domains is unknown and none of them is touched.',
    unit: 'none',
    targets: [now('A', `max(virtmedic_host_up{${HERE}})`, 'connection')],
    defaults: { mappings: yesNo({ text: 'up', color: 'green' }, { text: 'not heard', color: 'red' }) },
    options: { textMode: 'value' },
  });
}

function domainCount(): PanelParts {
  return stat({
    title: 'Domains',
    description: 'Domains of this host that run, and those that are wanted running.',
    unit: 'none',
    targets: [
      now('A', `sum(${RUNNING})`, 'running'),
      now('B', `sum(max by (domain) (virtmedic_domain_desired_running{${HERE}}))`, 'desired'),
    ],
  });
}

function faults(): PanelParts {
  return stat({
    title: 'Faults now',
    description: 'Domains of this host with a fault that is present, and those whose QEMU monitor does not answer.',
    unit: 'none',
    targets: [
      now('A', `count(max by (domain, fault) (virtmedic_domain_fault{${HERE}})) or vector(0)`, 'faults'),
      now('B', `max(virtmedic_scrape_timed_out_domains{${HERE}})`, 'not answering'),
    ],
    defaults: { thresholds: from(1, 'red', 'green') },
  });
}

const CPU_SHARE = `sum by (mode) (rate(virtmedic_host_cpu_seconds_total{${HERE}}[$__rate_interval])) / ignoring (mode) group_left () sum(rate(virtmedic_host_cpu_seconds_total{${HERE}}[$__rate_interval]))`;
const MEMORY_USED = `1 - sum(virtmedic_host_memory_bytes{${HERE},kind=~"free|buffers|cached"}) / sum(virtmedic_host_memory_bytes{${HERE},kind="total"})`;

function cpuNow(): PanelParts {
  return stat({
    title: 'CPU in use',
    description: 'Share of all CPUs that is not idle.',
    unit: 'percentunit',
    targets: [
      range(
        'A',
        `1 - sum(rate(virtmedic_host_cpu_seconds_total{${HERE},mode=~"idle|iowait"}[$__rate_interval])) / sum(rate(virtmedic_host_cpu_seconds_total{${HERE}}[$__rate_interval]))`,
        'CPU'
      ),
    ],
    defaults: { min: 0, max: 1, thresholds: rising(0.8, 0.95) },
    options: { graphMode: 'area', textMode: 'value' },
  });
}

function memoryNow(): PanelParts {
  return stat({
    title: 'Memory in use',
    description: 'Share of memory that is neither free nor cache.',
    unit: 'percentunit',
    targets: [range('A', MEMORY_USED, 'memory')],
    defaults: { min: 0, max: 1, thresholds: rising(0.85, 0.95) },
    options: { graphMode: 'area', textMode: 'value' },
  });
}

const GAUGE = { ...SHARE, 'custom.cellOptions': GAUGE_CELL, color: { mode: 'thresholds' } };

function domainList(): PanelParts {
  const of = (metric: string) => `max by (domain) (${metric}{${HERE}})`;
  return tableOf({
    title: 'Domains',
    description:
      'Each domain of this host: its state, whether it is wanted running, its load, its failure forecast. Select a name for its dashboard.',
    unit: 'none',
    targets: [
      table('A', of('virtmedic_domain_state')),
      table('B', of('virtmedic_domain_desired_running')),
      table(
        'C',
        `max by (domain) (rate(libvirt_domain_info_cpu_time_seconds_total{${HERE}}[$__rate_interval])) / (${of('libvirt_domain_info_virtual_cpus')} > 0)`
      ),
      table('D', of('libvirt_domain_info_memory_usage_bytes')),
      table(
        'E',
        `sum by (domain) (rate(libvirt_domain_block_stats_read_bytes_total{${HERE}}[$__rate_interval]) + rate(libvirt_domain_block_stats_write_bytes_total{${HERE}}[$__rate_interval]))`
      ),
      table(
        'F',
        `sum by (domain) (rate(libvirt_domain_interface_stats_receive_bytes_total{${HERE}}[$__rate_interval]) + rate(libvirt_domain_interface_stats_transmit_bytes_total{${HERE}}[$__rate_interval]))`
      ),
      table('G', `max by (domain) (${domainProbability(HERE)})`),
    ],
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'filterFieldsByName',
        options: {
          include: {
            names: ['domain', 'Value #A', 'Value #B', 'Value #C', 'Value #D', 'Value #E', 'Value #F', 'Value #G'],
          },
        },
      },
    ],
    overrides: [
      byName('domain', { links: [toDomain('${host}', '${__data.fields.domain}')] }),
      byName('Value #A', { displayName: 'state', mappings: STATE_MAPPINGS, 'custom.cellOptions': FILLED_CELL }),
      byName('Value #B', {
        displayName: 'desired',
        mappings: yesNo({ text: 'running', color: 'text' }, { text: 'stopped', color: 'text' }),
      }),
      byName('Value #C', { displayName: 'CPU', ...GAUGE, thresholds: rising(0.8, 0.95) }),
      byName('Value #D', { displayName: 'memory', unit: 'bytes' }),
      byName('Value #E', { displayName: 'disk', unit: 'Bps' }),
      byName('Value #F', { displayName: 'network', unit: 'Bps' }),
      byName('Value #G', { displayName: 'failure forecast', ...GAUGE, thresholds: rising(0.4, 0.8) }),
    ],
  });
}

const STACKED = { custom: { fillOpacity: 40, lineWidth: 0, stacking: { mode: 'normal', group: 'A' } } };

function cpu(): PanelParts {
  return timeSeries({
    title: 'CPU',
    description: 'Share of CPU time by mode, all CPUs together.',
    unit: 'percentunit',
    targets: [range('A', CPU_SHARE, '{{mode}}')],
    defaults: { min: 0, max: 1, ...STACKED },
    overrides: [byName('idle', { color: { mode: 'fixed', fixedColor: 'super-light-blue' } })],
  });
}

function memory(): PanelParts {
  return timeSeries({
    title: 'Memory',
    description: 'Memory of the host by kind. "total" is what the host has.',
    unit: 'bytes',
    targets: [range('A', `max by (kind) (virtmedic_host_memory_bytes{${HERE}})`, '{{kind}}')],
    defaults: { min: 0 },
  });
}

function network(): PanelParts {
  return timeSeries({
    title: 'Network',
    description:
      'Bytes that pass the network devices. Only for the host on which virtmedic itself runs: libvirt has no such counters.',
    unit: 'Bps',
    targets: [
      range(
        'A',
        `max by (device, direction) (rate(virtmedic_host_network_bytes_total{${HERE}}[$__rate_interval]))`,
        '{{device}} {{direction}}'
      ),
    ],
    defaults: { min: 0, noValue: 'only for the host on which virtmedic runs' },
  });
}

function disk(): PanelParts {
  return timeSeries({
    title: 'Disks',
    description:
      'Bytes read and written. Only for the host on which virtmedic itself runs: libvirt has no such counters.',
    unit: 'Bps',
    targets: [
      range(
        'A',
        `max by (device, direction) (rate(virtmedic_host_disk_bytes_total{${HERE}}[$__rate_interval]))`,
        '{{device}} {{direction}}'
      ),
    ],
    defaults: { min: 0, noValue: 'only for the host on which virtmedic runs' },
  });
}

function poolsUsed(): PanelParts {
  return bars({
    title: 'Storage pools in use',
    description: 'Share of each storage pool that is allocated. A full pool pauses every guest that writes to it.',
    unit: 'percentunit',
    targets: [
      now(
        'A',
        `max by (storage_pool) (libvirt_storage_pool_allocation_bytes{${HERE}}) / (max by (storage_pool) (libvirt_storage_pool_capacity_bytes{${HERE}}) > 0)`,
        '{{storage_pool}}'
      ),
    ],
    defaults: { max: 1, noValue: 'no pool', thresholds: rising(0.8, 0.9) },
  });
}

function pools(): PanelParts {
  return tableOf({
    title: 'Storage pools',
    description: 'State, size and free space of each storage pool.',
    unit: 'bytes',
    targets: [
      table('A', `max by (storage_pool) (libvirt_storage_pool_state{${HERE}})`),
      table('B', `max by (storage_pool) (libvirt_storage_pool_capacity_bytes{${HERE}})`),
      table('C', `max by (storage_pool) (libvirt_storage_pool_available_bytes{${HERE}})`),
    ],
    defaults: { noValue: 'no pool' },
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'filterFieldsByName',
        options: { include: { names: ['storage_pool', 'Value #A', 'Value #B', 'Value #C'] } },
      },
    ],
    overrides: [
      byName('storage_pool', { displayName: 'pool' }),
      byName('Value #A', {
        displayName: 'state',
        unit: 'none',
        mappings: POOL_STATES,
        'custom.cellOptions': FILLED_CELL,
      }),
      byName('Value #B', { displayName: 'size' }),
      byName('Value #C', { displayName: 'free' }),
    ],
  });
}

const POOL_STATES = [
  {
    type: 'value',
    options: {
      0: { text: 'inactive', color: 'text', index: 0 },
      1: { text: 'being built', color: 'blue', index: 1 },
      2: { text: 'running', color: 'green', index: 2 },
      3: { text: 'degraded', color: 'orange', index: 3 },
      4: { text: 'inaccessible', color: 'red', index: 4 },
    },
  },
];
