import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Guest, type Host, type Lab } from '../../../test/lab/lab.ts';
import * as libvirt from './index.ts';
import { nativeBinding, witness } from './testing/witness.ts';

/** The client beside libvirt's own library (python3-libvirt), virsh and the native binding, against one real libvirtd. */

let lab: Lab;
let host: Host;
let connection: libvirt.Connection;
let paused: Guest;
let stopped: Guest;
const { call } = { call: <A, R>(made: libvirt.Call<A, R>, args: A): Promise<R> => connection.call(made, args) };

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'interop' });
  host = lab.host(1);
  paused = lab.guest(host, { name: 'paused', memoryMiB: 32, vcpus: 2, metadataXml: "<x:app xmlns:x='http://example.org/app'>näme</x:app>" });
  stopped = lab.guest(host, { name: 'stopped', memoryMiB: 32, autostart: true });
  await paused.startPaused();
  await stopped.define();
  connection = await libvirt.openConnection({ uri: host.unixUri });
});

afterAll(async () => {
  await connection?.close();
  await lab?.down();
});

const byName = <T extends { name: string }>(items: T[]): T[] => items.toSorted((a, b) => a.name.localeCompare(b.name));
const refOf = async (guest: Guest): Promise<libvirt.DomainRef> => call(libvirt.lookupDomainByName, { name: guest.name });

describe('the host', () => {
  it('is the same to both', async () => {
    const theirs = await witness<Record<string, unknown> & { cpu: object; memory: object; cpu0: object; info: unknown[] }>('host', host.unixUri);
    expect({
      hostname: await call(libvirt.getHostname, {}),
      libVersion: await call(libvirt.getLibVersion, {}),
      version: await call(libvirt.getVersion, {}),
      type: await call(libvirt.getType, {}),
      uri: await call(libvirt.getUri, {}),
      capabilities: await call(libvirt.getCapabilities, {}),
    }).toEqual(Object.fromEntries(['hostname', 'libVersion', 'version', 'type', 'capabilities'].map((key) => [key, theirs[key]]).concat([['uri', 'qemu:///system']])));
    const info = await call(libvirt.getNodeInfo, {});
    const [model, memoryMib, cpus, , nodes, sockets, cores, threads] = theirs.info as [string, ...number[]];
    expect({ ...info, memoryKib: Math.floor(info.memoryKib / 1024), mhz: 0 }).toEqual({ model, memoryKib: memoryMib, cpus, mhz: 0, nodes, sockets, cores, threads });
    const fields = (stats: object): string[] => Object.keys(stats).sort();
    const cpu = await libvirt.getNodeCpuStats(connection);
    expect(fields(cpu)).toEqual(fields(theirs.cpu));
    expect(cpu['user']).toBeGreaterThanOrEqual((theirs.cpu as { user: number }).user);
    expect(fields(await libvirt.getNodeCpuStats(connection, { cpu: 0 }))).toEqual(fields(theirs.cpu0));
    const memory = await libvirt.getNodeMemoryStats(connection);
    expect(fields(memory)).toEqual(fields(theirs.memory));
    expect(memory['total']).toBe((theirs.memory as { total: number }).total);
    expect(Object.keys(await libvirt.getNodeMemoryStats(connection, { cell: 0 })).sort()).toEqual(['free', 'total']);
  });

  it('supports what virsh says', async () => {
    expect(await call(libvirt.supportsFeature, { feature: 10 })).toBe(true);
    expect(await host.virsh('hostname')).toContain(await call(libvirt.getHostname, {}));
  });
});

describe('domains', () => {
  it.each([
    ['all', 0],
    ['active', libvirt.ListDomainsFlag.ACTIVE],
    ['inactive', libvirt.ListDomainsFlag.INACTIVE],
    ['autostart', libvirt.ListDomainsFlag.AUTOSTART],
    ['running: none', libvirt.ListDomainsFlag.RUNNING],
  ])('are listed alike: %s', async (_name, flags) => {
    expect(byName(await call(libvirt.listAllDomains, { flags }))).toEqual(byName(await witness<libvirt.DomainRef[]>('domains', host.unixUri, flags)));
  });

  it.each(['paused', 'stopped'])('look alike: %s', async (name) => {
    const guest = name === 'paused' ? paused : stopped;
    const domain = await call(libvirt.lookupDomainByUuid, { uuid: guest.uuid });
    const active = await call(libvirt.isDomainActive, { domain });
    const state = await call(libvirt.getDomainState, { domain });
    const info = await call(libvirt.getDomainInfo, { domain });
    const control = active ? await call(libvirt.getDomainControlInfo, { domain }) : null;
    const xml = (flags: number): Promise<string> => call(libvirt.getDomainXml, { domain, flags });
    const ours = {
      identity: await refOf(guest),
      state: [state.state, state.reason],
      info: [info.state, info.maxMemoryKib, info.memoryKib, info.vcpus],
      xml: await xml(0),
      secureXml: await xml(libvirt.XmlFlag.SECURE),
      inactiveXml: await xml(libvirt.XmlFlag.INACTIVE),
      active,
      persistent: await call(libvirt.isDomainPersistent, { domain }),
      managedSave: await call(libvirt.hasManagedSaveImage, { domain }),
      autostart: await call(libvirt.getDomainAutostart, { domain }),
      control: control && [control.state, control.details, control.stateTimeMilliseconds],
      diskErrors: active ? Object.fromEntries((await call(libvirt.getDomainDiskErrors, { domain })).map(({ disk, error }) => [disk, error])) : null,
      job: active ? (await call(libvirt.getDomainJobStats, { domain })).type : null,
    };
    const theirs = await witness<{ info: number[]; job: { type: number } | null; secureXml: string }>('domain', host.unixUri, guest.uuid);
    expect(ours).toEqual({ ...theirs, info: theirs.info.slice(0, 4), job: theirs.job && theirs.job.type });
    expect(`${await host.virsh('dumpxml', '--security-info', name)}\n`.trim()).toBe(ours.secureXml.trim());
    expect(await host.virsh('domstate', '--reason', name)).toContain(name === 'paused' ? 'paused (user)' : 'shut off (unknown)');
    expect([libvirt.stateName(state.state), libvirt.reasonName(state.state, state.reason)]).toEqual(name === 'paused' ? ['PAUSED', 'USER'] : ['SHUTOFF', 'UNKNOWN']);
  });

  it('have metadata of a namespace, or none', async () => {
    const namespace = 'http://example.org/app';
    const ours = await call(libvirt.getDomainMetadata, { domain: await refOf(paused), namespace });
    expect(ours).toContain('näme');
    expect(ours.trim()).toBe((await host.virsh('metadata', 'paused', '--uri', namespace)).toString().trim());
    const none = call(libvirt.getDomainMetadata, { domain: await refOf(stopped), namespace });
    await expect(none).rejects.toMatchObject({ code: libvirt.ErrorCode.NO_DOMAIN_METADATA });
  });

  it('keep their umlauts', async () => {
    expect(await call(libvirt.getDomainXml, { domain: await refOf(paused) })).toContain('näme');
  });
});

describe('statistics', () => {
  /** Fields that stand still while the guest does. */
  const still = (params: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(params).filter(([field]) => !/^(cpu|vcpu\.\d+)\.|^balloon\.(rss|last)|^net\.\d+\.[rt]x/.test(field)));

  it.each([0, libvirt.StatsGroup.STATE | libvirt.StatsGroup.BLOCK, libvirt.StatsGroup.INTERFACE])('are the same to both: groups %i', async (groups) => {
    const theirs = await witness<libvirt.StatsRecord[]>('stats', host.unixUri, groups, 0);
    const ours = await call(libvirt.getAllDomainStats, { groups });
    const comparable = (records: libvirt.StatsRecord[]): unknown => byName(records.map(({ domain, params }) => ({ ...domain, params: still(params) })));
    expect(comparable(ours)).toEqual(comparable(theirs));
    const fields = (records: libvirt.StatsRecord[]): unknown => byName(records.map(({ domain, params }) => ({ name: domain.name, fields: Object.keys(params).sort() })));
    expect(fields(ours)).toEqual(fields(theirs));
  });

  it('can be had of one domain, and of the active ones', async () => {
    const domain = await refOf(paused);
    const one = await call(libvirt.getAllDomainStats, { domains: [domain], groups: libvirt.StatsGroup.STATE, flags: libvirt.StatsFlag.NOWAIT });
    expect(one).toEqual([{ domain, params: { 'state.state': 3, 'state.reason': 1 } }]);
    const active = await call(libvirt.getAllDomainStats, { groups: libvirt.StatsGroup.STATE, flags: libvirt.StatsFlag.ACTIVE });
    expect(active.map((record) => record.domain.name)).toEqual(['paused']);
    const enforce = call(libvirt.getAllDomainStats, { groups: 2 ** 30, flags: libvirt.StatsFlag.ENFORCE_STATS | libvirt.StatsFlag.ACTIVE });
    await expect(enforce).rejects.toMatchObject({ codeName: 'ARGUMENT_UNSUPPORTED' });
  });
});

describe('errors', () => {
  it('have the same code, domain, level and text', async () => {
    const [down, up] = [await refOf(stopped), await refOf(paused)];
    const attempts: Record<string, () => Promise<unknown>> = {
      noName: () => call(libvirt.lookupDomainByName, { name: 'absent' }),
      noUuid: () => call(libvirt.lookupDomainByUuid, { uuid: '00000000-0000-4000-8000-000000000000' }),
      noXml: () => call(libvirt.defineDomain, { xml: '<domain' }),
      wrongXml: () => call(libvirt.defineDomain, { xml: '<network/>' }),
      wrongDomain: () => call(libvirt.defineDomain, { xml: "<domain type='qemu'><name>a</name></domain>" }),
      noSuspend: () => call(libvirt.suspendDomain, { domain: down }),
      noDestroy: () => call(libvirt.destroyDomain, { domain: down }),
      noStart: () => call(libvirt.startDomain, { domain: up }),
      noFlag: () => call(libvirt.startDomain, { domain: down, flags: 1 << 20 }),
    };
    const theirs = await witness<Record<string, object>>('errors', host.unixUri);
    for (const [name, attempt] of Object.entries(attempts)) {
      const error = await attempt().then(() => null, (thrown: unknown) => thrown);
      expect(error, name).toBeInstanceOf(libvirt.LibvirtError);
      const { code, domain, level, text, details } = error as libvirt.LibvirtError;
      expect({ code, domain, level, text, str1: details.str1, str2: details.str2, int1: details.int1 }, name).toEqual(theirs[name]);
    }
  });

  it('of a read-only connection, by flag or by socket', async () => {
    const readonlySocket = host.unixUri.replace(/sock$/, 'sock-ro');
    for (const options of [{ uri: host.unixUri, readonly: true }, { uri: readonlySocket, readonly: true }]) {
      const limited = await libvirt.openConnection(options);
      const domain = await limited.call(libvirt.lookupDomainByName, { name: 'stopped' });
      await expect(limited.call(libvirt.startDomain, { domain })).rejects.toMatchObject({ codeName: 'OPERATION_DENIED', levelName: 'ERROR' });
      await expect(limited.call(libvirt.getDomainXml, { domain, flags: libvirt.XmlFlag.SECURE })).rejects.toMatchObject({ codeName: 'OPERATION_DENIED' });
      await limited.close();
    }
  });

  it('of a driver that the daemon does not have', async () => {
    const opening = libvirt.openConnection({ uri: host.unixUri.replace('qemu+unix:///system', 'lxc+unix:///system') });
    await expect(opening).rejects.toMatchObject({ name: 'LibvirtError', call: 'connectOpen' });
  });
});

describe('storage pools', () => {
  it('are the same to both', async () => {
    await host.virsh('pool-define-as', 'images', 'dir', '--target', '/var/lib/libvirt/images');
    await host.virsh('pool-define-as', 'other', 'dir', '--target', '/var/lib/libvirt/boot');
    await host.virsh('pool-start', 'images');
    const ours = [];
    for (const pool of await call(libvirt.listAllStoragePools, {})) {
      const info = await call(libvirt.getStoragePoolInfo, { pool });
      const active = await call(libvirt.isStoragePoolActive, { pool });
      ours.push({ ...pool, state: info.state, capacity: info.capacityBytes, sum: info.allocationBytes + info.availableBytes, active });
    }
    const theirs = await witness<{ name: string; uuid: string; info: [number, number, number, number]; active: boolean }[]>('pools', host.unixUri);
    const expected = theirs.map(({ info: [state, capacity, allocation, available], ...pool }) => ({ ...pool, state, capacity, sum: allocation + available }));
    expect(byName(ours)).toEqual(byName(expected));
    expect(byName(ours).map(({ state }) => state)).toEqual([libvirt.StoragePoolState.RUNNING, libvirt.StoragePoolState.INACTIVE]);
    const active = await call(libvirt.listAllStoragePools, { flags: libvirt.ListStoragePoolsFlag.ACTIVE });
    expect(active.map(({ name }) => name)).toEqual(['images']);
  });
});

describe('the native binding', () => {
  it('sees the same', async ({ skip }) => {
    const binding = await nativeBinding();
    if (typeof binding === 'string') {
      console.warn(binding);
      return skip(binding);
    }
    const hypervisor = new binding.Hypervisor({ uri: host.unixUri });
    await hypervisor.connectOpen();
    try {
      const theirs = await Promise.all((await hypervisor.connectListAllDomains()).map(async (domain) => ({
        name: await domain.getName(), uuid: await domain.getUUIDString(), xml: await domain.getXMLDesc(),
      })));
      const ours = await Promise.all((await call(libvirt.listAllDomains, {})).map(async (domain) => ({
        name: domain.name, uuid: domain.uuid, xml: await call(libvirt.getDomainXml, { domain }),
      })));
      expect(byName(ours)).toEqual(byName(theirs));
      expect(await hypervisor.connectGetHostname()).toBe(await call(libvirt.getHostname, {}));
      const info = await call(libvirt.getNodeInfo, {});
      expect(await hypervisor.nodeGetInfo()).toMatchObject({ model: info.model, cpus: info.cpus, cores: info.cores, threads: info.threads });
      const message = (promise: Promise<unknown>): Promise<string> => promise.then(() => '', (error: Error) => error.message);
      expect(await message(hypervisor.domainLookupByName('absent'))).toBe(await message(call(libvirt.lookupDomainByName, { name: 'absent' })));
    } finally {
      await hypervisor.connectClose();
    }
  });
});
