import { XMLParser } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { escapeXml, guestXml } from './guest-xml.ts';
import type { GuestOptions } from './guest-xml.ts';

const PLACEMENT = {
  uuid: '3e818158-30f8-4772-b90b-cfa81809e0a9', mac: '52:54:00:d5:00:32', cidr: '10.213.0.50/24', kernelPath: '/k', initramfsPath: '/i',
  diskPath: "/lab/it's & <disk>.qcow2", consolePath: '/c', agentPath: '/a', bridge: 'br0',
};
const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', parseAttributeValue: false });
const parse = (options: Partial<GuestOptions> = {}) => parser.parse(guestXml({ name: 'web', ...options }, PLACEMENT)).domain;

test('a plain guest: emulated, small, balloon statistics, no panic device, no watchdog', () => {
  const domain = parse();
  expect(domain).toMatchObject({ type: 'qemu', name: 'web', memory: { '#text': 128, unit: 'MiB' }, vcpu: 1, on_crash: 'preserve' });
  expect(domain.os.cmdline).toBe('console=ttyS0 quiet panic=0 ipv6.disable=1 lab.name=web lab.address=10.213.0.50/24 lab.watchdog=10');
  expect(domain.devices.memballoon).toEqual({ model: 'virtio', stats: { period: '2' } });
  expect(domain.devices.disk.source.file).toBe(PLACEMENT.diskPath);
  expect(domain.devices.interface).toMatchObject({ mac: { address: PLACEMENT.mac }, source: { bridge: 'br0' } });
  expect(domain.devices).not.toHaveProperty('panic');
  expect(domain.devices).not.toHaveProperty('watchdog');
  expect(domain).not.toHaveProperty('metadata');
});

test('every option shows', () => {
  const domain = parse({
    memoryMiB: 32, vcpus: 2, watchdog: 'pause', watchdogTimeoutSeconds: 5, panicDevice: true, onCrash: 'restart', balloonPeriodSeconds: 0,
    metadataXml: "<x:note xmlns:x='urn:x'>7</x:note>", devicesXml: "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
    diskDriver: { error_policy: 'stop', cache: 'writeback' }, kernelArguments: 'nokaslr',
  });
  expect(domain).toMatchObject({ memory: { '#text': 32 }, vcpu: 2, on_crash: 'restart', metadata: { 'x:note': { '#text': 7 } } });
  expect(domain.os.cmdline).toMatch(/lab\.watchdog=5 nokaslr$/);
  expect(domain.devices).toMatchObject({
    watchdog: { model: 'i6300esb', action: 'pause' }, panic: { model: 'isa' }, memballoon: { model: 'virtio' }, rng: { model: 'virtio' },
    disk: { driver: { name: 'qemu', type: 'qcow2', cache: 'writeback', error_policy: 'stop' } },
  });
  expect(domain.devices.memballoon).not.toHaveProperty('stats');
});

test('what a guest of the kernel matrix may want', () => {
  const domain = parse({
    cpu: 'Haswell', cpuFeatures: { la57: false, smap: true }, machine: 'q35', keyboard: false, pageTableLevels: 4, pageTableIsolation: true, cgroups: 1,
    system: 'debian', agent: true,
  });
  expect(domain.os.type).toMatchObject({ machine: 'q35' });
  expect(domain.cpu).toMatchObject({
    model: { '#text': 'Haswell' }, feature: [{ name: 'la57', policy: 'disable' }, { name: 'smap', policy: 'require' }],
  });
  expect(domain.os.cmdline).toContain('no5lvl pti=on systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1 systemd.hostname=web');
  expect(domain['qemu:commandline']['qemu:arg']).toEqual([{ value: '-machine' }, { value: 'i8042=off' }]);
  expect(domain.devices.serial).toMatchObject([
    { type: 'file', target: { port: '0' } }, { type: 'unix', source: { mode: 'bind', path: '/a' }, target: { port: '1' } },
  ]);
  expect(parse({ cpu: 'max' }).cpu).toMatchObject({ mode: 'maximum' });
});

test('text becomes text in XML', () => {
  expect(escapeXml(`a<b>&'"`)).toBe('a&lt;b&gt;&amp;&apos;&quot;');
});
