import { describe, expect, it } from 'vitest';
import { createView, type DomainSighting } from '../view.ts';
import { watchableDomains } from './hold.ts';

const UUID = '00000000-0000-4000-8000-000000000001';

/** Domains of two hosts by what each host shows; hosts that are named show it, but are not heard any more. */
function domains(sightings: readonly Partial<DomainSighting>[], silent: readonly string[] = []) {
  const view = createView();
  view.setHosts(['h1', 'h2'].map((name) => ({ name, uri: 'qemu:///system' })));
  for (const host of ['h1', 'h2']) {
    const ofHost = sightings.filter((sighting) => sighting.host === host);
    view.listed(host, ofHost.map((one) => ({ uuid: UUID, name: 'vm', host, state: 'running', reason: 'booted', sinceMs: 0, persistent: true, autostart: false, ...one })), 0);
    if (silent.includes(host)) view.setHostState(host, 'unreachable', 'gone');
  }
  return watchableDomains(view).map(({ host, hold }) => [host, hold?.reason ?? null]);
}

describe('watchable domains', () => {
  it.each([
    ['runs', [{ host: 'h1' }], [], ['h1', null]],
    ['is held by a person', [{ host: 'h1', state: 'paused', reason: 'user' }], [], ['h1', 'paused']],
    ['is suspended', [{ host: 'h1', state: 'pmsuspended', reason: 'disk' }], [], ['h1', 'paused']],
    ['is shut off', [{ host: 'h1', state: 'shutoff', reason: 'crashed' }], [], ['h1', 'not-running']],
    ['has panicked', [{ host: 'h1', state: 'crashed', reason: 'panicked' }], [], ['h1', 'not-running']],
    ['arrives', [{ host: 'h2', state: 'paused', reason: 'migration' }], [], ['h2', 'migrating']],
    ['runs while it is sent', [{ host: 'h1' }, { host: 'h2', state: 'paused', reason: 'migration' }], [], ['h1', null]],
    ['has arrived', [{ host: 'h1', state: 'shutoff', reason: 'migrated' }, { host: 'h2' }], [], ['h2', null]],
    ['is on a host that is not heard', [{ host: 'h1' }], ['h1'], ['h1', 'host-unreachable']],
    ['may run on a host that is not heard', [{ host: 'h1', state: 'shutoff', reason: 'migrated' }, { host: 'h2' }], ['h2'], ['h2', 'host-unreachable']],
    ['runs here, whatever a silent host had', [{ host: 'h1' }, { host: 'h2' }], ['h2'], ['h1', null]],
  ] as const)('one that %s', (_, sightings, silent, expected) => {
    expect(domains(sightings, silent)).toEqual([expected]);
  });
});
