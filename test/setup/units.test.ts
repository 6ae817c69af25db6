import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { broughtLinks, startLinks } from './units.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'units-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function link(place: string, target: string): void {
  mkdirSync(path.join(root, path.dirname(place)), { recursive: true });
  symlinkSync(target, path.join(root, place));
}

test('finds what systemd and SysV start, and nothing else', () => {
  link('/etc/systemd/system/multi-user.target.wants/prometheus.service', '/lib/systemd/system/prometheus.service');
  link('/etc/systemd/system/getty.target.wants/getty@tty1.service', '/lib/systemd/system/getty@.service');
  link('/etc/systemd/system/masked.service', '/dev/null');
  link('/etc/systemd/user/default.target.wants/x.socket', '/usr/lib/systemd/user/x.socket');
  link('/etc/rc2.d/S01prometheus', '../init.d/prometheus');
  link('/etc/rc2.d/K01cron', '../init.d/cron');
  link('/etc/rc6.d/S01reboot', '../init.d/reboot');
  writeFileSync(path.join(root, 'etc/systemd/system/own.service'), '[Service]\n');
  expect(startLinks(root)).toEqual(expect.arrayContaining([
    { kind: 'system', link: '/etc/systemd/system/multi-user.target.wants/prometheus.service', unit: 'prometheus.service' },
    { kind: 'system', link: '/etc/systemd/system/getty.target.wants/getty@tty1.service', unit: 'getty@.service' },
    { kind: 'user', link: '/etc/systemd/user/default.target.wants/x.socket', unit: 'x.socket' },
    { kind: 'sysv', link: '/etc/rc2.d/S01prometheus', unit: 'prometheus' },
  ]));
  expect(startLinks(root)).toHaveLength(4);
});

test('a machine without systemd and SysV has none', () => {
  expect(startLinks(root)).toEqual([]);
});

test('only new links of new packages count as brought', () => {
  link('/etc/systemd/system/multi-user.target.wants/own.service', '/etc/systemd/system/own.service');
  link('/etc/rc2.d/S01cron', '../init.d/cron');
  const before = startLinks(root).map((item) => item.link);
  link('/etc/systemd/system/multi-user.target.wants/prometheus.service', '/lib/systemd/system/prometheus.service');
  link('/etc/systemd/system/multi-user.target.wants/elsewhere.service', '/lib/systemd/system/elsewhere.service');
  link('/etc/rc2.d/S02prometheus', '../init.d/prometheus');
  const newFiles = [
    '/lib/systemd/system/prometheus.service', '/etc/init.d/prometheus', '/usr/share/doc/elsewhere.service',
    '/lib/systemd/system/own.service', '/etc/init.d/cron',
  ];
  expect(broughtLinks(before, startLinks(root), newFiles).map((item) => item.link)).toEqual([
    '/etc/systemd/system/multi-user.target.wants/prometheus.service', '/etc/rc2.d/S02prometheus',
  ]);
});
