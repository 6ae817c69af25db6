import { describe, expect, it } from 'vitest';
import { createView, type DomainSighting, type ViewStore } from './view.ts';

const UUID = '11111111-1111-4111-8111-111111111111';
const HOSTS = [
  { name: 'a', uri: 'qemu:///a' },
  { name: 'b', uri: 'qemu:///b' },
];

function on(host: string, state: DomainSighting['state'], reason: string, sinceMs = 1): DomainSighting {
  return { uuid: UUID, name: 'vm', host, state, reason, sinceMs, persistent: true, autostart: false };
}

/** A view of two hosts, each of which has listed what is given. */
function viewOf(a: DomainSighting[], b: DomainSighting[]): ViewStore {
  const view = createView();
  view.setHosts(HOSTS);
  view.listed('a', a, 10);
  view.listed('b', b, 10);
  return view;
}

function listBoth(view: ViewStore, a: DomainSighting[], b: DomainSighting[]): void {
  for (const [host, sightings] of [['a', a], ['b', b]] as const) {
    view.listingBegan(host);
    view.listed(host, sightings, 20);
  }
}

describe('unknown', () => {
  it('holds before every host was listed', () => {
    const view = createView();
    view.setHosts(HOSTS);
    expect(view.observed(UUID, 'b')).toEqual({ kind: 'unknown', host: 'b' });
    view.listed('b', [], 10);
    expect(view.observed(UUID, 'b')).toEqual({ kind: 'unknown', host: 'a' });
    view.listed('a', [], 10);
    expect(view.observed(UUID, 'b').kind).toBe('absent');
  });

  it('is what a silent host makes of its domains', () => {
    const view = viewOf([on('a', 'running', 'booted')], []);
    view.setHostState('a', 'unreachable', 'no answer');
    expect(view.observed(UUID, null)).toEqual({ kind: 'unknown', host: 'a' });
  });

  it('is not dispelled by a stopped definition elsewhere', () => {
    const view = viewOf([on('a', 'shutoff', 'migrated')], [on('b', 'running', 'migrated')]);
    view.setHostState('b', 'unreachable', 'no answer');
    expect(view.observed(UUID, 'b')).toEqual({ kind: 'unknown', host: 'b' });
    expect(view.observed(UUID, null)).toEqual({ kind: 'unknown', host: 'b' });
  });

  it('is what a definition that was migrated away is while any host is silent', () => {
    const view = createView();
    view.setHosts(HOSTS);
    view.listed('a', [on('a', 'shutoff', 'migrated')], 10);
    expect(view.observed(UUID, 'a')).toEqual({ kind: 'unknown', host: 'b' });
  });

  it('does not hide a domain that another host shows running', () => {
    const view = viewOf([on('a', 'running', 'booted')], [on('b', 'running', 'migrated')]);
    view.setHostState('a', 'unreachable', 'no answer');
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'present', host: 'b', state: 'running' });
  });
});

describe('absent', () => {
  it('counts complete listings of every host', () => {
    const view = viewOf([on('a', 'running', 'booted')], []);
    view.listed('a', [], 20);
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'absent', lastHost: 'a', completeListings: 0 });
    listBoth(view, [], []);
    expect(view.observed(UUID, 'a')).toMatchObject({ completeListings: 1 });
    view.listed('a', [], 30);
    view.listed('a', [], 40);
    expect(view.observed(UUID, 'a')).toMatchObject({ completeListings: 1 });
    view.listed('b', [], 40);
    expect(view.observed(UUID, 'a')).toMatchObject({ completeListings: 2 });
  });

  it('does not count a listing that had begun before', () => {
    const view = viewOf([on('a', 'shutoff', 'destroyed')], []);
    view.listingBegan('a');
    view.remove('a', UUID, true);
    view.listed('a', [], 20);
    view.listed('b', [], 20);
    expect(view.observed(UUID, 'a')).toMatchObject({ completeListings: 0 });
    listBoth(view, [], []);
    expect(view.observed(UUID, 'a')).toMatchObject({ completeListings: 1 });
  });

  it('begins anew when a host was not heard', () => {
    const view = viewOf([], []);
    view.observed(UUID, 'a');
    listBoth(view, [], []);
    expect(view.observed(UUID, 'a')).toMatchObject({ completeListings: 1 });
    view.setHostState('b', 'unreachable', 'no answer');
    expect(view.observed(UUID, 'a')).toEqual({ kind: 'unknown', host: 'b' });
    view.listed('b', [], 30);
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'absent', completeListings: 0 });
  });

  it('begins anew when it was seen in between', () => {
    const view = viewOf([], []);
    view.observed(UUID, 'a');
    listBoth(view, [], []);
    view.put(on('a', 'running', 'booted'));
    view.remove('a', UUID, false);
    expect(view.observed(UUID, 'a')).toMatchObject({ completeListings: 0 });
  });
});

describe('undefined', () => {
  const stop = { atMs: 15, reason: 'destroyed' as const };

  it('is seen on the last host after a stop', () => {
    const view = viewOf([on('a', 'running', 'booted')], []);
    view.stopped('a', UUID, stop);
    view.put(on('a', 'shutoff', 'destroyed'));
    view.remove('a', UUID, true);
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'absent', undefinedSeen: true, lastStop: stop });
  });

  it('is not, when a listing alone shows it gone', () => {
    const view = viewOf([on('a', 'shutoff', 'destroyed')], []);
    view.listed('a', [], 20);
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'absent', undefinedSeen: false });
  });

  it('is not, after it was migrated away', () => {
    const view = viewOf([on('a', 'running', 'booted')], []);
    view.stopped('a', UUID, { atMs: 15, reason: 'migrated' });
    view.put(on('a', 'shutoff', 'migrated'));
    view.remove('a', UUID, true);
    expect(view.observed(UUID, 'a')).toMatchObject({ undefinedSeen: false });
  });

  it('is not, on a host where it did not run last', () => {
    const view = viewOf([on('a', 'shutoff', 'shutdown')], [on('b', 'running', 'booted')]);
    view.remove('a', UUID, true);
    view.remove('b', UUID, false);
    expect(view.observed(UUID, 'b')).toMatchObject({ undefinedSeen: false, lastHost: 'b' });
  });

  it('outlives a restart through what the store knows, and ends when the domain is seen', () => {
    const view = createView();
    view.setHosts(HOSTS);
    view.seed(UUID, { host: 'a', undefinedAtMs: 5 });
    listBoth(view, [], []);
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'absent', undefinedSeen: true, completeListings: 0 });
    view.put(on('a', 'shutoff', 'unknown'));
    view.remove('a', UUID, false);
    expect(view.observed(UUID, 'a')).toMatchObject({ undefinedSeen: false });
  });
});

describe('migration', () => {
  it('is located at the source until the destination runs, never duplicated', () => {
    const view = viewOf([on('a', 'running', 'booted')], []);
    view.put(on('b', 'paused', 'migration'));
    listBoth(view, [on('a', 'running', 'booted')], [on('b', 'paused', 'migration')]);
    listBoth(view, [on('a', 'running', 'booted')], [on('b', 'paused', 'migration')]);
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'present', host: 'a', state: 'running' });
    view.put(on('a', 'paused', 'migration'));
    view.put(on('b', 'running', 'migrated'));
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'present', host: 'b', state: 'running' });
    view.stopped('a', UUID, { atMs: 15, reason: 'migrated' });
    view.put(on('a', 'shutoff', 'migrated'));
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'present', host: 'b', lastStop: null });
  });

  it('leaves the domain at the destination also when it has stopped there', () => {
    const view = viewOf([on('a', 'shutoff', 'migrated')], [on('b', 'running', 'migrated')]);
    view.put(on('b', 'shutoff', 'crashed', 5));
    expect(view.observed(UUID, 'a')).toMatchObject({ host: 'b', reason: 'crashed', lastStop: { reason: 'crashed' } });
  });
});

describe('duplicated', () => {
  const both = [[on('a', 'running', 'booted')], [on('b', 'running', 'booted')]] as const;

  it('needs two listings of each host', () => {
    const view = viewOf([...both[0]], [...both[1]]);
    expect(view.observed(UUID, 'a').kind).toBe('present');
    listBoth(view, [...both[0]], [...both[1]]);
    listBoth(view, [...both[0]], [...both[1]]);
    expect(view.observed(UUID, 'a')).toEqual({ kind: 'duplicated', hosts: ['a', 'b'] });
  });

  it('is forgotten when one of the two is not heard or stops', () => {
    const view = viewOf([...both[0]], [...both[1]]);
    listBoth(view, [...both[0]], [...both[1]]);
    listBoth(view, [...both[0]], [...both[1]]);
    view.put(on('b', 'shutoff', 'destroyed'));
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'present', host: 'a' });
    view.put(on('b', 'running', 'booted'));
    expect(view.observed(UUID, 'a')).toMatchObject({ kind: 'present' });
  });
});

describe('stop', () => {
  it('is told by an event rather than by the reason that a listing shows later', () => {
    const view = viewOf([on('a', 'running', 'booted')], []);
    view.stopped('a', UUID, { atMs: 15, reason: 'failed' });
    view.put(on('a', 'shutoff', 'failed', 15));
    view.listed('a', [on('a', 'shutoff', 'crashed', 15)], 20);
    expect(view.observed(UUID, 'a')).toMatchObject({ reason: 'crashed', lastStop: { atMs: 15, reason: 'failed' } });
  });

  it('is known from the reason where the event was missed', () => {
    const view = viewOf([on('a', 'running', 'booted')], []);
    view.listed('a', [on('a', 'shutoff', 'crashed', 20)], 20);
    expect(view.observed(UUID, 'a')).toMatchObject({ lastStop: { atMs: 20, reason: 'crashed' } });
    view.listed('a', [on('a', 'running', 'booted', 30)], 30);
    view.listed('a', [on('a', 'shutoff', 'destroyed', 40)], 40);
    expect(view.observed(UUID, 'a')).toMatchObject({ lastStop: { atMs: 40, reason: 'destroyed' } });
  });
});

it('drops a host that is no longer watched, with its sightings', () => {
  const view = viewOf([on('a', 'running', 'booted')], []);
  view.setHosts([HOSTS[1] as (typeof HOSTS)[number]]);
  expect(view.sightings()).toEqual([]);
  expect(view.hosts().map(({ name }) => name)).toEqual(['b']);
});

it('shows the health of active domains only', () => {
  const view = createView(() => ({ health: 'hung', evidence: ['watchdog'] }));
  view.setHosts(HOSTS);
  listBoth(view, [on('a', 'running', 'booted')], []);
  expect(view.observed(UUID, 'a')).toMatchObject({ health: 'hung', evidence: ['watchdog'] });
  view.put(on('a', 'shutoff', 'destroyed'));
  expect(view.observed(UUID, 'a')).toMatchObject({ health: 'healthy', evidence: [] });
});
