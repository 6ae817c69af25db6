import { expect, test } from 'vitest';
import { libvirtdConf, qemuConf } from './libvirt-config.ts';

const HOST = { address: '10.213.0.3', hostUuid: '3e818158-30f8-4772-b90b-cfa81809e0a9' };

test('libvirtd listens on the host\'s own address only, under its own identity', () => {
  const lines = libvirtdConf(HOST).split('\n');
  expect(lines).toContain('listen_addr = "10.213.0.3"');
  expect(lines).toContain(`host_uuid = "${HOST.hostUuid}"`);
  expect(lines).toContain('listen_tls = 0');
});

test('QEMU gets nothing that would act on the machine', () => {
  const lines = qemuConf(HOST).split('\n');
  for (const line of ['security_driver = "none"', 'namespaces = [ ]', 'cgroup_controllers = [ ]', 'dynamic_ownership = 0', 'migration_host = "10.213.0.3"']) {
    expect(lines).toContain(line);
  }
});

test('more lines come last, where they win', () => {
  expect(libvirtdConf({ ...HOST, extraLibvirtd: ['max_client_requests = 20'] }).trimEnd().endsWith('max_client_requests = 20')).toBe(true);
  expect(qemuConf({ ...HOST, extraQemu: ['lock_manager = "lockd"'] }).trimEnd().endsWith('lock_manager = "lockd"')).toBe(true);
});
