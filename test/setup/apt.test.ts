import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aptEnvironment, listsFetchedAtMs, listsOutdated, parseSimulation, parseSizes } from './apt.mjs';

describe('parseSimulation', () => {
  test('tells new, upgraded and removed packages apart', () => {
    const stdout = [
      'NOTE: This is only a simulation!',
      'Inst libvirt0 (9.0.0-4+deb12u2 Debian:12.12/oldstable [amd64])',
      'Inst systemd [252.36-1~deb12u1] (252.38-1~deb12u1 Debian:12.12/oldstable [amd64]) []',
      'Inst qemu-utils (1:7.2+dfsg-7+deb12u18+b3 Debian:12.12/oldstable [amd64])',
      'Remv dnsmasq [2.89-1]',
      'Conf libvirt0 (9.0.0-4+deb12u2 Debian:12.12/oldstable [amd64])',
    ].join('\n');
    expect(parseSimulation(stdout, '')).toEqual({
      added: [{ name: 'libvirt0', version: '9.0.0-4+deb12u2' }, { name: 'qemu-utils', version: '1:7.2+dfsg-7+deb12u18+b3' }],
      upgraded: ['systemd'],
      removed: ['dnsmasq'],
      unknown: [],
    });
  });

  test('names packages that the lists lack', () => {
    const stderr = "E: Unable to locate package libvirt-dev\nE: Package 'prometheus' has no installation candidate\n";
    expect(parseSimulation('', stderr).unknown).toEqual(['libvirt-dev', 'prometheus']);
  });
});

test('parseSizes reads bytes to fetch, and kibibytes on disk as bytes', () => {
  const text = 'Package: cpio\nInstalled-Size: 1199\nSize: 245000\n\nPackage: make\nInstalled-Size: 1601\nSize: 396000\n';
  expect(parseSizes(text).get('cpio')).toEqual({ downloadBytes: 245_000, installedBytes: 1199 * 1024 });
  expect([...parseSizes(text).keys()]).toEqual(['cpio', 'make']);
});

test.each([
  ['E: Failed to fetch http://deb.example/x.deb  404  Not Found [IP: 192.0.2.1 80]', true],
  ['E: Hash Sum mismatch', true],
  ["E: Could not resolve 'deb.example'", false],
])('listsOutdated(%j) is %j', (stderr, outdated) => {
  expect(listsOutdated(stderr)).toBe(outdated);
});

test('apt asks nothing and restarts nothing', () => {
  expect(aptEnvironment({ LC_ALL: 'de_DE.UTF-8' })).toMatchObject({ LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' });
});

describe('listsFetchedAtMs', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lists-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is null without lists, whatever else is there', () => {
    expect(listsFetchedAtMs(path.join(folder, 'absent'))).toBeNull();
    mkdirSync(path.join(folder, 'partial'));
    writeFileSync(path.join(folder, 'lock'), '');
    expect(listsFetchedAtMs(folder)).toBeNull();
  });

  test("is the time of the fetch, not the server's time that the lists carry", () => {
    mkdirSync(path.join(folder, 'partial'));
    const list = path.join(folder, 'deb.example_bookworm_main_binary-amd64_Packages.lz4');
    writeFileSync(list, '');
    utimesSync(list, 2_000_000_000, 2_000_000_000);
    utimesSync(path.join(folder, 'partial'), 1_000_000_000, 1_000_000_000);
    utimesSync(folder, 900_000_000, 900_000_000);
    expect(listsFetchedAtMs(folder)).toBe(1_000_000_000_000);
  });
});
