/** One domain (VM): its state, load and recoveries. */
import { APPS_TITLE, appsOfDomain } from './apps.ts';
import { dashboard, labelVariable } from './dashboard.ts';
import {
  domainProbability,
  health,
  horizonVariable,
  load,
  probabilityNow,
  probabilityOverTime,
  ROW_TITLE,
} from './forecast.ts';
import { GUEST_TITLE, guestOfDomain } from './guest.ts';
import { history } from './history.ts';
import { HOST_VARIABLE } from './host.ts';
import { layOut } from './layout.ts';
import { LINK_ALL, LINK_CONTROL, LINK_HOST, LINK_OVERVIEW } from './links.ts';
import { UID, type Dashboard } from './model.ts';
import { from, panel, reduced, rising, STATE_MAPPINGS, stat, timeSeries, yesNo, type PanelParts } from './panels.ts';
import { api, now, range } from './queries.ts';

const HERE = 'host="$host",domain="$domain"';
const rate = (metric: string) => `rate(${metric}{${HERE}}[$__rate_interval])`;
const each = (metric: string) => `max by (target_device) (${rate(metric)})`;

export function domain(): Dashboard {
  return dashboard({
    uid: UID.domain,
    title: 'virtmedic domain',
    description: 'One domain (VM): its state, applications, load and recoveries.',
    variables: [
      HOST_VARIABLE,
      labelVariable('domain', 'Domain', 'A domain of the host.', 'virtmedic_domain_state{host="$host"}'),
      horizonVariable(`virtmedic_domain_failure_probability{${HERE}}`),
    ],
    marks: { host: '$host', domain: '$domain' },
    links: [LINK_OVERVIEW, LINK_HOST, LINK_CONTROL, LINK_ALL],
    panels: layOut([
      {
        height: 4,
        panels: [
          [4, state()],
          [4, desired()],
          [4, faultNow()],
          [4, probabilityNow(domainProbability(HERE))],
          [4, recoveries()],
          [4, lastDuration()],
        ],
      },
      { height: 5, panels: [[24, stateOverTime()]] },
      {
        height: 11,
        panels: [
          [
            24,
            history({
              title: 'Recovery history of $domain',
              description:
                'Every recovery of this domain and of its applications, with its phases; select one for its steps. Behind the lane: the forecast probability of failure, where one exists.',
              filter: { host: '$host', domain: '$domain' },
              probability: domainProbability(HERE),
              options: { laneHeight: 40, pageSize: 5 },
            }),
          ],
        ],
      },
      { title: APPS_TITLE, lines: appsOfDomain(HERE) },
      { title: GUEST_TITLE, lines: guestOfDomain(HERE) },
      {
        title: ROW_TITLE,
        lines: [
          {
            height: 8,
            panels: [
              [
                8,
                probabilityOverTime('Failure probability', 'domain', `virtmedic_domain_failure_probability{${HERE}}`),
              ],
              [8, health(HERE)],
              [8, load(HERE)],
            ],
          },
        ],
      },
      {
        title: 'CPU and memory',
        lines: [
          {
            height: 8,
            panels: [
              [8, cpu()],
              [8, steal()],
              [8, memory()],
            ],
          },
        ],
      },
      {
        title: 'Disks',
        lines: [
          {
            height: 8,
            panels: [
              [8, blockBytes()],
              [8, blockRequests()],
              [8, blockLatency()],
            ],
          },
        ],
      },
      {
        title: 'Network',
        lines: [
          {
            height: 8,
            panels: [
              [12, interfaceBytes()],
              [12, interfaceErrors()],
            ],
          },
        ],
      },
    ]),
  });
}

function state(): PanelParts {
  return stat({
    title: 'State',
    description: 'State of the domain now, as libvirt tells it. Absent: wanted running, but on no host.',
    unit: 'none',
    targets: [now('A', `max(virtmedic_domain_state{${HERE}})`, 'state')],
    defaults: { mappings: STATE_MAPPINGS },
    options: { textMode: 'value' },
  });
}

function desired(): PanelParts {
  return stat({
    title: 'Wanted',
    description: 'Whether the domain is wanted running. virtmedic acts only on what is wanted running.',
    unit: 'none',
    targets: [now('A', `max(virtmedic_domain_desired_running{${HERE}})`, 'wanted')],
    defaults: {
      mappings: yesNo({ text: 'running', color: 'text' }, { text: 'stopped', color: 'text' }),
      noValue: 'not known',
    },
    options: { textMode: 'value' },
  });
}

function faultNow(): PanelParts {
  return stat({
    title: 'Fault now',
    description: 'The fault that is present now; none while all is well.',
    unit: 'none',
    targets: [now('A', `max by (fault) (virtmedic_domain_fault{${HERE}})`, '{{fault}}')],
    defaults: { noValue: 'none', thresholds: from(1, 'red', 'green') },
    options: { textMode: 'name' },
  });
}

const MOST_COUNTED = 1000;
const ended = (outcome?: string) =>
  api('A', { kind: 'recoveries', host: '$host', domain: '$domain', ...(outcome && { outcome }), limit: MOST_COUNTED });

function recoveries(): PanelParts {
  return stat({
    title: 'Recoveries in this range',
    description: 'Recoveries of this domain, however they ended, up to 1000.',
    unit: 'none',
    targets: [ended()],
    ...reduced('attempts', 'count', { textMode: 'value' }),
  });
}

function lastDuration(): PanelParts {
  return stat({
    title: 'Median recovery time',
    description: 'From the fault to the verified end, of those that recovered in this range.',
    unit: 'ms',
    targets: [ended('recovered')],
    defaults: { noValue: 'none yet' },
    ...reduced('durationMs', 'p50', { textMode: 'value' }),
  });
}

function stateOverTime(): PanelParts {
  return panel('state-timeline', {
    title: 'State over time',
    description: 'State of the domain. Recoveries are marked above the charts.',
    unit: 'none',
    targets: [range('A', `max(virtmedic_domain_state{${HERE}})`, '$domain')],
    defaults: { mappings: STATE_MAPPINGS, custom: { fillOpacity: 70, lineWidth: 0 } },
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

function cpu(): PanelParts {
  return timeSeries({
    title: 'CPU',
    description: 'Share of its virtual CPUs that the domain uses.',
    unit: 'percentunit',
    targets: [
      range(
        'A',
        `max(${rate('libvirt_domain_info_cpu_time_seconds_total')}) / (max(libvirt_domain_info_virtual_cpus{${HERE}}) > 0)`,
        'CPU'
      ),
    ],
    defaults: { min: 0, thresholds: rising(0.8, 0.95) },
  });
}

function steal(): PanelParts {
  return timeSeries({
    title: 'CPU it had to wait for',
    description:
      'Delay: a virtual CPU was ready, but the host was busy (steal time). Wait: it waited for I/O. Seconds in each second, all virtual CPUs together.',
    unit: 'percentunit',
    targets: [
      range('A', `sum(max by (vcpu) (${rate('libvirt_domain_vcpu_delay_seconds_total')}))`, 'delay'),
      range('B', `sum(max by (vcpu) (${rate('libvirt_domain_vcpu_wait_seconds_total')}))`, 'wait'),
    ],
    defaults: { min: 0 },
  });
}

function memory(): PanelParts {
  const of = (metric: string) => `max(libvirt_domain_${metric}{${HERE}})`;
  return timeSeries({
    title: 'Memory',
    description:
      'What the domain has, what QEMU holds of the host, and what the guest could give away. The last comes from its balloon driver, if it has one.',
    unit: 'bytes',
    targets: [
      range('A', of('info_memory_usage_bytes'), 'assigned'),
      range('B', of('memory_stats_rss_bytes'), 'resident on the host'),
      range('C', of('memory_stats_usable_bytes'), 'usable in the guest'),
      range('D', of('memory_stats_unused_bytes'), 'unused in the guest'),
    ],
    defaults: { min: 0 },
  });
}

function blockBytes(): PanelParts {
  return timeSeries({
    title: 'Disk throughput',
    description: 'Bytes read and written on each disk.',
    unit: 'Bps',
    targets: [
      range('A', each('libvirt_domain_block_stats_read_bytes_total'), '{{target_device}} read'),
      range('B', each('libvirt_domain_block_stats_write_bytes_total'), '{{target_device}} write'),
    ],
    defaults: { min: 0 },
  });
}

function blockRequests(): PanelParts {
  return timeSeries({
    title: 'Disk requests',
    description: 'Requests on each disk. A guest that hangs makes none, but neither does an idle one.',
    unit: 'iops',
    targets: [
      range('A', each('libvirt_domain_block_stats_read_requests_total'), '{{target_device}} read'),
      range('B', each('libvirt_domain_block_stats_write_requests_total'), '{{target_device}} write'),
      range('C', each('libvirt_domain_block_stats_flush_requests_total'), '{{target_device}} flush'),
    ],
    defaults: { min: 0 },
  });
}

function blockLatency(): PanelParts {
  const mean = (kind: string) =>
    `${each(`libvirt_domain_block_stats_${kind}_time_seconds_total`)} / (${each(`libvirt_domain_block_stats_${kind}_requests_total`)} > 0)`;
  return timeSeries({
    title: 'Disk latency',
    description: 'Mean time of a request on each disk.',
    unit: 's',
    targets: [range('A', mean('read'), '{{target_device}} read'), range('B', mean('write'), '{{target_device}} write')],
    defaults: { min: 0 },
  });
}

function interfaceBytes(): PanelParts {
  return timeSeries({
    title: 'Network throughput',
    description: 'Bytes received and transmitted on each interface.',
    unit: 'Bps',
    targets: [
      range('A', each('libvirt_domain_interface_stats_receive_bytes_total'), '{{target_device}} receive'),
      range('B', each('libvirt_domain_interface_stats_transmit_bytes_total'), '{{target_device}} transmit'),
    ],
    defaults: { min: 0 },
  });
}

function interfaceErrors(): PanelParts {
  const lost = (direction: string) =>
    `max by (target_device) (${rate(`libvirt_domain_interface_stats_${direction}_errors_total`)} + ${rate(`libvirt_domain_interface_stats_${direction}_drops_total`)})`;
  return timeSeries({
    title: 'Packets lost',
    description: 'Errors and drops on each interface. Should stay at zero.',
    unit: 'pps',
    targets: [
      range('A', lost('receive'), '{{target_device}} receive'),
      range('B', lost('transmit'), '{{target_device}} transmit'),
    ],
    defaults: { min: 0 },
  });
}
