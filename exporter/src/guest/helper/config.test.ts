import { describe, expect, it } from 'vitest';
import { parseHelperConfig } from './config.ts';
import { UUID } from './testing/fake-proc.ts';

function complaints(value: unknown): string[] {
  const { config, findings } = parseHelperConfig(value);
  expect(config === null).toBe(findings.length > 0);
  return findings.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('configuration of the helper', () => {
  it('has defaults, and opts nothing in by itself', () => {
    expect(parseHelperConfig({ peers: ['virtmedic'] })).toEqual({
      findings: [],
      config: { runFolder: '/run/virtmedic-helper', stateFolder: '/var/lib/virtmedic-helper', peers: ['virtmedic'], qemuUsers: null, libvirtUri: 'qemu:///system', domains: [] },
    });
  });

  it('takes every option', () => {
    const given = { runFolder: '/run/h', stateFolder: '/var/h', peers: [990, 'a'], qemuUsers: ['root'], libvirtUri: 'qemu+unix:///system?socket=/run/l/s', domains: [{ match: { uuid: UUID, name: 'web-*' }, read: true, write: true }, { match: { name: '*' } }] };
    expect(parseHelperConfig(given).config).toEqual({ ...given, domains: [given.domains[0], { match: { name: '*' }, read: false, write: false }] });
  });

  it('tells of everything that is wrong, each with its place', () => {
    const given = {
      runFolder: 'run',
      peers: [-1],
      qemuUsers: [],
      domains: [{ match: {}, read: true }, { match: { uuid: 'ABC' } }, { match: { name: 'a' }, write: true }, { match: { name: 'a' }, reads: true }, 7],
      domain: [],
    };
    expect(complaints(given)).toEqual([
      'runFolder: expected an absolute path of at most 80 characters without blanks, found "run"',
      'peers.0: expected the name or the number of a user, found -1',
      'qemuUsers: expected a list of 1 to 16, found a list',
      'domains.0.match: expected uuid, name or both; name: "*" means every domain',
      'domains.1.match.uuid: expected a UUID in lower case, found "ABC"',
      'domains.2.write: writing needs read: true too, since nothing is written to a guest that was not looked at',
      'domains.3.reads: there is no such option; known are match, read, write, sysrq',
      'domains.4: expected an object, found 7',
      'domain: there is no such option; known are runFolder, stateFolder, peers, qemuUsers, libvirtUri, pauseBudgetMs, domains',
    ]);
  });

  it.each([null, [], 'x', 4])('refuses %j as a whole', (value) => {
    expect(complaints(value)).toEqual([expect.stringContaining('expected an object')]);
  });

  it.each(['qemu+tcp://host/system', 'qemu://host/system', 'qemu+ssh:///system', 'xen:///system', 'qemu:///system?a b'])('speaks with no libvirt by %s', (libvirtUri) => {
    expect(complaints({ peers: [1], libvirtUri })).toEqual([expect.stringContaining('libvirtUri: expected a URI of libvirt on this machine')]);
  });

  it('has options for acting, each with its condition', () => {
    const domains = [{ match: { name: '*' }, read: true, write: true, sysrq: true }];
    expect(parseHelperConfig({ peers: [1], pauseBudgetMs: 250, domains }).config).toMatchObject({ pauseBudgetMs: 250, domains });
    expect(complaints({ peers: [1], pauseBudgetMs: 0, domains: [{ ...domains[0], write: false }] })).toEqual([
      'pauseBudgetMs: expected a whole number from 1 to 10000, found 0',
      'domains.0.sysrq: the serial console needs write: true too',
    ]);
  });

  it('needs to know who may ask', () => {
    expect(complaints({})).toEqual(['peers: expected a list of 1 to 8, found nothing']);
  });

  it.each(['', 'a b', '../x', 'a:b', 'x'.repeat(33), true, 4_294_967_295, 1.5])('refuses %j as a user', (user) => {
    expect(complaints({ peers: [user] })).toEqual([expect.stringContaining('peers.0: expected the name or the number of a user')]);
  });
});
