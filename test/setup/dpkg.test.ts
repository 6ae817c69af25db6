import { describe, expect, test } from 'vitest';
import { compareInstalled, lockHolder, missingPackages, parseInstalled } from './dpkg.mjs';
import { WANTED_PACKAGES } from './packages.mjs';

describe('installed packages', () => {
  test('only complete installations count', () => {
    const installed = parseInstalled('installed cpio:amd64 2.13\nconfig-files make:amd64 4.3\nunpacked g++:amd64 4:12\nnot-installed x:all \n');
    expect([...installed]).toEqual([['cpio:amd64', '2.13']]);
  });

  test('another architecture does not stand in for the one needed', () => {
    const wanted = [{ name: 'cpio' }, { name: 'python3-libvirt' }, { name: 'make' }];
    const installed = new Map([['cpio:i386', '1'], ['python3-libvirt:all', '1'], ['make:amd64', '1']]);
    expect(missingPackages(wanted, installed)).toEqual([{ name: 'cpio' }]);
  });

  test('compareInstalled sees additions, upgrades and removals', () => {
    const before = new Map([['a:amd64', '1'], ['b:amd64', '1'], ['c:amd64', '1']]);
    const after = new Map([['a:amd64', '1'], ['b:amd64', '2'], ['d:all', '1']]);
    expect(compareInstalled(before, after)).toEqual({ added: ['d:all'], changed: ['b:amd64', 'c:amd64'] });
  });
});

test('lockHolder finds the writer of the lock file by its inode', () => {
  const locks = [
    '1: FLOCK  ADVISORY  WRITE 11 fe:00:1234 0 EOF',
    '2: POSIX  ADVISORY  READ 12 fe:00:1234 0 EOF',
    '2: -> POSIX  ADVISORY  WRITE 15 fe:00:12345 0 EOF',
    '3: POSIX  ADVISORY  WRITE 13 fe:00:1234 0 EOF',
  ].join('\n');
  expect(lockHolder(locks, 1234)).toBe(13);
  expect(lockHolder(locks, 99)).toBeNull();
});

test('every wanted package says why, once; none starts the machine’s own libvirt', () => {
  const names = WANTED_PACKAGES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(WANTED_PACKAGES.filter(({ reason }) => reason.trim() === '')).toEqual([]);
  expect(names).not.toContain('libvirt-daemon-system');
});
