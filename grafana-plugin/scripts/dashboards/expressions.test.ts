/** What the expressions give, by Prometheus's own engine, on series that are written here. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dashboardFiles } from './generate.ts';
import type { Panel } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'expressions-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two exporters watch kvm1; kvm2 is not heard; web-1 is down, db-1 was stopped by a person. */
const SERIES = [
  'virtmedic_host_up{host="kvm1",instance="a"} 1x30',
  'virtmedic_host_up{host="kvm1",instance="b"} 1x30',
  'virtmedic_host_up{host="kvm2",instance="a"} 0x30',
  ...['a', 'b'].flatMap((instance) => [
    `virtmedic_domain_state{host="kvm1",domain="web-1",instance="${instance}"} 3x30`,
    `virtmedic_domain_state{host="kvm1",domain="web-2",instance="${instance}"} 1x30`,
    `virtmedic_domain_state{host="kvm1",domain="db-1",instance="${instance}"} 3x30`,
    `virtmedic_domain_desired_running{host="kvm1",domain="web-1",instance="${instance}"} 1x30`,
    `virtmedic_domain_desired_running{host="kvm1",domain="web-2",instance="${instance}"} 1x30`,
    `virtmedic_domain_desired_running{host="kvm1",domain="db-1",instance="${instance}"} 0x30`,
  ]),
  'virtmedic_incidents{fault="domain_crashed",state="executing"} 1x30',
  'virtmedic_incidents{fault="domain_hung",state="escalated"} 2x30',
  'virtmedic_incidents{fault="domain_hung",state="suppressed"} 5x30',
  'virtmedic_webhook_last_received_timestamp_seconds{instance="a"} 540x30',
  'virtmedic_webhook_last_received_timestamp_seconds{instance="b"} 0x30',
  'virtmedic_host_cpu_seconds_total{host="kvm1",mode="user"} 0+15x30',
  'virtmedic_host_cpu_seconds_total{host="kvm1",mode="idle"} 0+45x30',
  'virtmedic_host_memory_bytes{host="kvm1",kind="total"} 100x30',
  'virtmedic_host_memory_bytes{host="kvm1",kind="free"} 30x30',
  'virtmedic_host_memory_bytes{host="kvm1",kind="buffers"} 10x30',
  'virtmedic_host_memory_bytes{host="kvm1",kind="cached"} 20x30',
  'virtmedic_recovery_phase_seconds_sum{phase="execute"} 0 0 0 0 0 0 12x20',
  'virtmedic_recovery_phase_seconds_count{phase="execute"} 0 0 0 0 0 0 4x20',
  'virtmedic_recovery_phase_seconds_count{phase="verify"} 0x30',
  'libvirt_domain_info_cpu_time_seconds_total{host="kvm1",domain="web-2"} 0+30x30',
  'libvirt_domain_info_virtual_cpus{host="kvm1",domain="web-2"} 2x30',
  'libvirt_domain_block_stats_read_time_seconds_total{host="kvm1",domain="web-2",target_device="vda"} 0+6x30',
  'libvirt_domain_block_stats_read_requests_total{host="kvm1",domain="web-2",target_device="vda"} 0+60x30',
  'libvirt_domain_interface_stats_receive_errors_total{host="kvm1",domain="web-2",target_device="vnet0"} 0+60x30',
  'libvirt_domain_interface_stats_receive_drops_total{host="kvm1",domain="web-2",target_device="vnet0"} 0+120x30',
];

const FORECASTS = [
  ...['a', 'b'].flatMap((instance) => [
    `virtmedic_domain_failure_probability{host="kvm1",domain="web-2",horizon="60",instance="${instance}"} 0.5x30`,
    `virtmedic_domain_failure_probability{host="kvm1",domain="web-2",horizon="300",instance="${instance}"} 0.9x30`,
    `virtmedic_host_failure_probability{host="kvm1",horizon="60",instance="${instance}"} 0.125x30`,
    `virtmedic_host_failure_probability{host="kvm1",horizon="300",instance="${instance}"} 0.25x30`,
  ]),
  // Six others: the first was high for a while, the last is lower than all of the five.
  ...[0, 1, 2, 3].map(
    (n) => `virtmedic_domain_failure_probability{host="kvm1",domain="vm-${n}",horizon="60"} 0.${4 - n}x30`
  ),
  'virtmedic_domain_failure_probability{host="kvm1",domain="spiky",horizon="60"} 0 0.75 0.01x30',
  'virtmedic_domain_failure_probability{host="kvm1",domain="calm",horizon="60"} 0.02x30',
  'virtmedic_domain_health_probability{host="kvm1",domain="web-2",health="normal"} 0.75x30',
  'virtmedic_domain_health_probability{host="kvm1",domain="web-2",health="failed"} 0.25x30',
  'virtmedic_domain_load_probability{host="kvm1",domain="web-2",load="high"} 1x30',
  'virtmedic_hmm_targets{model="prior"} 3x30',
  'virtmedic_hmm_targets{model="own"} 0x30',
  'virtmedic_hmm_last_training_timestamp_seconds 540x30',
  'virtmedic_hmm_trainings_total{result="kept_new"} 0+1x30',
  'virtmedic_hmm_trainings_total{result="kept_last"} 0x30',
];

/** Of web-2, whose cache is not up; the other exporter saw it too. */
const APPS = [
  ...['a', 'b'].map(
    (instance) => `virtmedic_app_up{host="kvm1",domain="web-2",app="nginx",instance="${instance}"} 1x30`
  ),
  'virtmedic_app_up{host="kvm1",domain="web-2",app="cache"} 0x30',
  'virtmedic_app_up{host="kvm1",domain="db-1",app="postgres"} 1x30',
  ...['a', 'b'].map(
    (instance) =>
      `virtmedic_app_fault{host="kvm1",domain="web-2",app="cache",fault="app_down",instance="${instance}"} 1x30`
  ),
  'virtmedic_app_processes{host="kvm1",domain="web-2",app="nginx"} 5x30',
  'virtmedic_app_resident_memory_bytes{host="kvm1",domain="web-2",app="nginx"} 4096x30',
  'virtmedic_app_cpu_seconds_total{host="kvm1",domain="web-2",app="nginx"} 0+30x30',
  'virtmedic_app_accept_backlog{host="kvm1",domain="web-2",app="nginx",port="80"} 3x30',
  'virtmedic_app_accept_backlog{host="kvm1",domain="web-2",app="nginx",port="443"} 0x30',
];

/** Of web-2, seen by two exporters, one of them a little later. */
const GUEST = [
  ...['a', 'b'].flatMap((instance, n) => [
    `virtmedic_guest_filesystem_size_bytes{host="kvm1",domain="web-2",mountpoint="/",fstype="ext4",instance="${instance}"} 1000x30`,
    `virtmedic_guest_filesystem_avail_bytes{host="kvm1",domain="web-2",mountpoint="/",fstype="ext4",instance="${instance}"} ${250 + n}x30`,
  ]),
  'virtmedic_guest_filesystem_size_bytes{host="kvm1",domain="web-2",mountpoint="/none",fstype="tmpfs"} 0x30',
  'virtmedic_guest_filesystem_avail_bytes{host="kvm1",domain="web-2",mountpoint="/none",fstype="tmpfs"} 0x30',
  'virtmedic_guest_memory_bytes{host="kvm1",domain="web-2",kind="total"} 4096x30',
  'virtmedic_guest_memory_bytes{host="kvm1",domain="web-2",kind="available"} 2048x30',
  'virtmedic_guest_load5{host="kvm1",domain="web-2"} 0.5x30',
];

type Samples = Array<{ labels: string; value: number }>;
const none: Samples = [];
const one = (value: number, labels = '{}'): Samples => [{ labels, value }];

const WITHIN_MINUTE = { 'web-2': 0.5, 'vm-0': 0.4, 'vm-1': 0.3, 'vm-2': 0.2, 'vm-3': 0.1, calm: 0.02, spiky: 0.01 };
const ofDomain =
  (labels: string) =>
  ([domain, value]: [string, number | undefined]): Samples =>
    value === undefined ? none : one(value, `{${labels}domain="${domain}"}`);
/** Of the shorter horizon alone. */
const OVER_TENTH = ['web-2",instance="a', 'web-2",instance="b', 'vm-0', 'vm-1', 'vm-2', 'vm-3'].flatMap((domain, n) =>
  one(
    [0.5, 0.5, 0.4, 0.3, 0.2, 0.1][n] ?? NaN,
    `virtmedic_domain_failure_probability{host="kvm1",horizon="60",domain="${domain}"}`
  )
);

/** Dashboard, panel, query -> what it gives after ten minutes. */
const EXPECTED: Array<[file: string, title: string, refId: string, samples: Samples]> = [
  ['overview.json', 'Hosts', 'A', one(1)],
  ['overview.json', 'Hosts', 'B', one(2)],
  ['overview.json', 'Hosts', 'C', one(1)],
  ['overview.json', 'Domains', 'A', one(1)],
  ['overview.json', 'Domains', 'B', one(2)],
  ['overview.json', 'Domains', 'C', one(1)],
  ['overview.json', 'Open incidents', 'A', one(1)],
  ['overview.json', 'Open incidents', 'B', one(2)],
  ['overview.json', 'Wanted running, but not running', 'A', one(3, '{host="kvm1",domain="web-1"}')],
  ['overview.json', 'Last webhook', 'A', one(60)],
  ['overview.json', 'Heartbeat', 'A', one(1)],
  ['overview.json', 'Mean time of each phase', 'A', one(3, '{phase="execute"}')],
  ['overview.json', 'Applications', 'A', one(2)],
  ['overview.json', 'Applications', 'B', one(3)],
  ['overview.json', 'Applications', 'C', one(1)],
  ['host.json', 'Connection', 'A', one(1)],
  ['host.json', 'Domains', 'A', one(1)],
  ['host.json', 'Faults now', 'A', one(0)],
  ['host.json', 'CPU in use', 'A', one(0.25)],
  ['host.json', 'Memory in use', 'A', one(0.4)],
  ['host.json', 'CPU', 'A', [...one(0.25, '{mode="user"}'), ...one(0.75, '{mode="idle"}')]],
  ['domain.json', 'State', 'A', one(1)],
  ['domain.json', 'Fault now', 'A', none],
  ['overview.json', 'Recovery history', 'B', OVER_TENTH],
  [
    'overview.json',
    'Domains most likely to fail',
    'A',
    Object.entries(WITHIN_MINUTE).flatMap(ofDomain('host="kvm1",')),
  ],
  [
    'host.json',
    'Failure probability of its domains',
    'A',
    Object.entries({ ...WITHIN_MINUTE, calm: undefined, 'vm-3': undefined }).flatMap(ofDomain('')),
  ],
  ['overview.json', 'Hosts most likely to fail', 'A', one(0.125, '{host="kvm1"}')],
  ['overview.json', 'Hosts', 'F', one(0.125, '{host="kvm1"}')],
  ['overview.json', 'Targets by model', 'A', [...one(3, '{model="prior"}'), ...one(0, '{model="own"}')]],
  ['overview.json', 'Last training', 'A', one(60)],
  ['overview.json', 'Trainings in this range', 'A', one(10, '{result="kept_new"}')],
  ['host.json', 'Failure forecast', 'A', one(0.125)],
  [
    'host.json',
    'Failure probability of the host',
    'A',
    [...one(0.125, '{horizon="60"}'), ...one(0.25, '{horizon="300"}')],
  ],
  ['domain.json', 'Failure forecast', 'A', one(0.5)],
  ['domain.json', 'Failure probability', 'A', [...one(0.5, '{horizon="60"}'), ...one(0.9, '{horizon="300"}')]],
  ['domain.json', 'Health', 'A', [...one(0.75, '{health="normal"}'), ...one(0.25, '{health="failed"}')]],
  ['domain.json', 'Load', 'A', one(1, '{load="high"}')],
  ['domain.json', 'Applications over time', 'A', [...one(1, '{app="nginx"}'), ...one(0, '{app="cache"}')]],
  ['domain.json', 'Processes of applications', 'A', one(5, '{app="nginx"}')],
  ['domain.json', 'Memory of applications', 'A', one(4096, '{app="nginx"}')],
  ['domain.json', 'CPU of applications', 'A', one(0.5, '{app="nginx"}')],
  [
    'domain.json',
    'Connections waiting',
    'A',
    [...one(3, '{app="nginx",port="80"}'), ...one(0, '{app="nginx",port="443"}')],
  ],
  ['domain.json', 'File systems in use', 'A', one(0.75, '{mountpoint="/"}')],
  ['domain.json', 'Memory by its own kernel', 'A', one(4096)],
  ['domain.json', 'Memory by its own kernel', 'B', one(2048)],
  ['domain.json', 'Memory by its own kernel', 'C', none],
  ['domain.json', 'Load average', 'B', one(0.5)],
  ['domain.json', 'CPU', 'A', one(0.25)],
  ['domain.json', 'Disk latency', 'A', one(0.1, '{target_device="vda"}')],
  ['domain.json', 'Packets lost', 'A', one(3, '{target_device="vnet0"}')],
];

function expression(file: string, title: string, refId: string): string {
  const panels: Panel[] = dashboardFiles().get(file)?.panels ?? [];
  const targets = panels.filter((panel) => panel.title === title).flatMap((panel) => panel.targets ?? []);
  const expr = targets.find((target) => target.refId === refId)?.expr;
  if (typeof expr !== 'string') {
    throw new Error(`${file}: ${title} has no query ${refId}`);
  }
  return expr
    .replaceAll(/\$__rate_interval|\$__range/g, '10m')
    .replaceAll('$horizon', '60')
    .replaceAll('$host', 'kvm1')
    .replaceAll('$domain', 'web-2');
}

function evaluate(queries: Array<{ expr: string; samples: Samples }>): string {
  const path = join(folder, 'test.json');
  const promql = queries.map(({ expr, samples }) => ({ expr, eval_time: '10m', exp_samples: samples }));
  const input = [...SERIES, ...FORECASTS, ...APPS, ...GUEST]
    .map((line) => /^(\S+) (.+)$/.exec(line) ?? [])
    .map(([, series, values]) => ({ series, values }));
  writeFileSync(
    path,
    JSON.stringify({
      evaluation_interval: '1m',
      tests: [{ interval: '1m', input_series: input, promql_expr_test: promql }],
    })
  );
  try {
    execFileSync('promtool', ['test', 'rules', path], { encoding: 'utf8', stdio: 'pipe', timeout: 30_000 });
    return '';
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? `${error.message}\n${String(error.stderr)}` : String(error);
  }
}

test.each(EXPECTED)('%s: %s %s', (file, title, refId, samples) => {
  expect(evaluate([{ expr: expression(file, title, refId), samples }])).toBe('');
});

test('every expression can be evaluated, also those whose labels have to fit', () => {
  const all = [...dashboardFiles()].flatMap(([file, { panels }]) =>
    panels
      .flatMap((panel) => [panel, ...(panel.panels ?? [])])
      .flatMap((panel) =>
        (panel.targets ?? [])
          .filter(({ expr }) => expr !== undefined)
          .map(({ refId }) => [file, panel.title, refId] as const)
      )
  );
  const top = all.filter(([file, title, refId]) =>
    dashboardFiles()
      .get(file)
      ?.panels.some((panel) => panel.title === title && panel.targets?.some((target) => target.refId === refId))
  );
  expect(top.length).toBeGreaterThan(40);
  // `and vector(0) == 1`: only errors are left to be found.
  expect(
    evaluate(
      top.map(([file, title, refId]) => ({
        expr: `(${expression(file, title, refId)}) and on () (vector(0) == 1)`,
        samples: none,
      }))
    )
  ).toBe('');
});

test('a wrong number is found', () => {
  expect(evaluate([{ expr: expression('overview.json', 'Hosts', 'A'), samples: one(7) }])).toContain('got:');
});
