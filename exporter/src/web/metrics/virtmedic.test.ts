import { describe, expect, it } from 'vitest';
import { createView, type DomainSighting, type ViewStore } from '../../perception/view.ts';
import { createLabelCache } from './label-cache.ts';
import { writeDomains, writeHosts, writeScrape, type DomainFacts } from './virtmedic.ts';
import { createWriter } from './writer.ts';

const seen = (uuid: string, host: string, state: DomainSighting['state'], name = uuid): DomainSighting => ({
  uuid, name, host, state, reason: 'booted', sinceMs: 1, persistent: true, autostart: false,
});
const fact = (uuid: string, host: string, changes: Partial<DomainFacts> = {}): DomainFacts => ({ uuid, name: uuid, host, desired: 'running', fault: null, ...changes });

function viewOf(a: DomainSighting[], b: DomainSighting[]): ViewStore {
  const view = createView();
  view.setHosts([{ name: 'a', uri: 'x' }, { name: 'b', uri: 'y' }]);
  view.listed('a', a, 1);
  view.listed('b', b, 1);
  return view;
}

function domains(view: ViewStore, facts: DomainFacts[]): string[] {
  const writer = createWriter();
  writeDomains(writer, createLabelCache(), view, facts);
  return writer.finish().toString().trimEnd().split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('writeDomains', () => {
  it('writes identity, state, desired state and fault', () => {
    expect(domains(viewOf([seen('vm', 'a', 'shutoff')], []), [fact('vm', 'a', { fault: 'domain_crashed' })])).toEqual([
      'virtmedic_domain_info{host="a",domain="vm",uuid="vm"} 1',
      'virtmedic_domain_state{host="a",domain="vm"} 3',
      'virtmedic_domain_desired_running{host="a",domain="vm"} 1',
      'virtmedic_domain_fault{host="a",domain="vm",fault="domain_crashed"} 1',
    ]);
  });

  it.each([
    ['running', 1], ['paused', 2], ['shutoff', 3], ['crashed', 4], ['pmsuspended', 5],
  ] as const)('writes %s as %i', (state, code) => {
    expect(domains(viewOf([seen('vm', 'a', state)], []), [])).toContain(`virtmedic_domain_state{host="a",domain="vm"} ${code}`);
  });

  it('keeps a desired domain that is absent under its last host; one that is not desired goes', () => {
    const lines = domains(viewOf([], []), [fact('gone', 'a'), fact('unwanted', 'b', { desired: 'stopped' })]);
    expect(lines.filter((line) => line.includes('_state'))).toEqual(['virtmedic_domain_state{host="a",domain="gone"} 0']);
  });

  it('writes unknown for the domains of a host that is not heard', () => {
    const view = viewOf([seen('vm', 'a', 'running')], []);
    view.setHostState('a', 'unreachable', 'x');
    expect(domains(view, [])).toContain('virtmedic_domain_state{host="a",domain="vm"} 6');
  });

  it('writes a domain once, where it is, after a migration', () => {
    const lines = domains(viewOf([seen('vm', 'a', 'shutoff')], [seen('vm', 'b', 'running')]), [fact('vm', 'b')]);
    expect(lines.filter((line) => line.includes('_state'))).toEqual(['virtmedic_domain_state{host="b",domain="vm"} 1']);
  });

  it('tells which domains are where they were seen', () => {
    const view = viewOf([seen('here', 'a', 'shutoff'), seen('held', 'a', 'paused')], [seen('lost', 'b', 'running')]);
    view.setHostState('b', 'unreachable', 'x');
    const rows = writeDomains(createWriter(), createLabelCache(), view, [fact('gone', 'a')]);
    expect(rows.map(({ uuid, names }) => [uuid, names])).toEqual([['here', { host: 'a', domain: 'here' }], ['held', { host: 'a', domain: 'held' }]]);
  });

  it('never writes one series twice: the domain that is there counts before an absent one of the same name', () => {
    const lines = domains(viewOf([seen('new', 'a', 'running', 'vm')], []), [fact('old', 'a', { name: 'vm' }), fact('new', 'a', { name: 'vm' })]);
    expect(lines.filter((line) => line.includes('_state'))).toEqual(['virtmedic_domain_state{host="a",domain="vm"} 1']);
    expect(new Set(lines.map((line) => line.replace(/ .*/, ''))).size).toBe(lines.length);
  });

  it('writes hostile names harmlessly', () => {
    expect(domains(viewOf([seen('u', 'a', 'running', 'x"} 1\nevil 2')], []), [])).toContain('virtmedic_domain_state{host="a",domain="x\\"} 1\\nevil 2"} 1');
  });
});

describe('writeHosts', () => {
  it('writes what is heard, what libvirt says of the host, and the devices of this machine', () => {
    const view = viewOf([], []);
    view.setHostState('b', 'unreachable', 'x');
    const writer = createWriter();
    const sample = { host: 'a', up: true, domains: [], pools: [], cpu: { user: 1.5e9, kernel: 2e9, odd: 1 }, memory: { total: 4 } };
    writeHosts(writer, createLabelCache(), view, [sample], { host: 'a', network: [{ device: 'eth0', in: 1, out: 2 }], disks: [{ device: 'sda', in: 3, out: 4 }] });
    expect(writer.finish().toString().split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'virtmedic_host_up{host="a"} 1',
      'virtmedic_host_up{host="b"} 0',
      'virtmedic_host_cpu_seconds_total{host="a",mode="user"} 1.5',
      'virtmedic_host_cpu_seconds_total{host="a",mode="system"} 2',
      'virtmedic_host_memory_bytes{host="a",kind="total"} 4096',
      'virtmedic_host_network_bytes_total{host="a",device="eth0",direction="receive"} 1',
      'virtmedic_host_network_bytes_total{host="a",device="eth0",direction="transmit"} 2',
      'virtmedic_host_disk_bytes_total{host="a",device="sda",direction="read"} 3',
      'virtmedic_host_disk_bytes_total{host="a",device="sda",direction="write"} 4',
    ]);
  });
});

it('writes what the scrape itself took', () => {
  const writer = createWriter();
  const host = { up: true, pools: [], cpu: null, memory: null };
  const domain = { ref: { name: 'vm', uuid: 'u', id: 1 }, state: 1, active: true, info: null, params: null, timedOut: true, definition: null };
  writeScrape(writer, createLabelCache(), 0.5, [{ ...host, host: 'a', domains: [domain] }, { ...host, host: 'b', domains: [] }]);
  expect(writer.finish().toString().split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
    'virtmedic_scrape_duration_seconds 0.5',
    'virtmedic_scrape_timed_out_domains{host="a"} 1',
    'virtmedic_scrape_timed_out_domains{host="b"} 0',
  ]);
});
