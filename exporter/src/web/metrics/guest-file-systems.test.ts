import { describe, expect, it } from 'vitest';
import type { GuestFileSystem } from '../../guest/liveness/file-system-use.ts';
import type { GuestStatus } from '../../perception/apps/view.ts';
import { sampleGuest } from '../testing/sample-apps.ts';
import { createFileSystemSeries } from './guest-file-systems.ts';
import { createLabelCache } from './label-cache.ts';
import { createWriter } from './writer.ts';

const HOUR_MS = 3_600_000;
const USE = { totalBytes: 1000, freeBytes: 300, availableBytes: 200, files: 50, freeFiles: 40 };
const mounted = (mountpoint: string, more: Partial<GuestFileSystem> = {}): GuestFileSystem => ({ mountpoint, device: '/dev/vda', type: 'ext4', readOnly: false, use: USE, unknown: null, ...more });
const tmpfs = (mountpoint: string) => mounted(mountpoint, { device: 'tmpfs', type: 'tmpfs', use: { ...USE, files: null, freeFiles: null } });
const guestWith = (fileSystems: GuestFileSystem[] | null, more: Partial<GuestStatus> = {}) => sampleGuest({ resources: { load: null, memory: null, fileSystems }, ...more });

function scraper() {
  const clock = { nowMs: 0 };
  const series = createFileSystemSeries(() => clock.nowMs);
  const cache = createLabelCache();
  const text = (...guests: GuestStatus[]): string[] => {
    const writer = createWriter();
    series.write(writer, cache, { guests: () => guests });
    cache.sweep();
    return writer.finish().toString().trimEnd().split('\n');
  };
  return {
    clock,
    text,
    scrape: (...guests: GuestStatus[]) => text(...guests).filter((line) => line !== '' && !line.startsWith('#')),
    /** Mountpoints that have a series. */
    places: (...guests: GuestStatus[]) => text(...guests).flatMap((line) => /_readonly\{.*mountpoint="([^"]*)"/.exec(line)?.[1] ?? []),
  };
}

describe('series of file systems in a guest', () => {
  it('are all there where the use is known', () => {
    const labels = '{host="h1",domain="web-1",mountpoint="/",fstype="ext4"}';
    expect(scraper().scrape(guestWith([mounted('/')]))).toEqual([
      `virtmedic_guest_filesystem_size_bytes${labels} 1000`,
      `virtmedic_guest_filesystem_free_bytes${labels} 300`,
      `virtmedic_guest_filesystem_avail_bytes${labels} 200`,
      `virtmedic_guest_filesystem_files${labels} 50`,
      `virtmedic_guest_filesystem_files_free${labels} 40`,
      `virtmedic_guest_filesystem_readonly${labels} 0`,
    ]);
  });

  it('are left out where something is not known, and never 0', () => {
    const { scrape } = scraper();
    expect(scrape(guestWith([mounted('/data', { type: 'xfs', readOnly: true, use: null, unknown: 'type-not-supported' })]))).toEqual([
      'virtmedic_guest_filesystem_readonly{host="h1",domain="web-1",mountpoint="/data",fstype="xfs"} 1',
    ]);
    expect(scrape(guestWith([tmpfs('/run')])).map((line) => line.split('{')[0])).toEqual(['size_bytes', 'free_bytes', 'avail_bytes', 'readonly'].map((name) => `virtmedic_guest_filesystem_${name}`));
    expect(scrape(guestWith(null), sampleGuest({ domain: 'x', uuid: 'x' }))).toEqual([]);
  });

  it('leave out containers, devices and images', () => {
    const all = ['/', '/developers', '/dev/shm', '/proc/x', '/run', '/run/credentials/a.service', '/var/lib/docker', '/var/lib/docker/overlay2/a/merged', '/var/lib/kubelet/pods/1/volume'].map((path) => mounted(path));
    expect(scraper().places(guestWith([...all, mounted('/media', { type: 'iso9660', use: null, unknown: 'type-not-supported' })]))).toEqual(['/', '/developers', '/run', '/var/lib/docker']);
  });

  it('are written once where two are mounted at one place: the later one', () => {
    expect(scraper().scrape(guestWith([mounted('/mnt'), tmpfs('/mnt')])).filter((line) => line.includes('size'))).toEqual(['virtmedic_guest_filesystem_size_bytes{host="h1",domain="web-1",mountpoint="/mnt",fstype="tmpfs"} 1000']);
  });

  it('are written once where two domains have one name on one host: of the one that was read last', () => {
    const old = guestWith([mounted('/old')], { uuid: 'u-old', lastListAtMs: 5 });
    const now = guestWith([mounted('/new')], { uuid: 'u-new', lastListAtMs: 9 });
    for (const guests of [[old, now], [now, old]]) expect(scraper().places(...guests)).toEqual(['/new']);
  });

  it('are of at most 32 file systems in an hour, whatever a guest mounts; disks go first', () => {
    const { places, clock } = scraper();
    const many = (prefix: string) => Array.from({ length: 100 }, (_, index) => tmpfs(`/${prefix}${index}`));
    const first = places(guestWith([...many('a'), mounted('/')]));
    expect([first.length, first[0]]).toEqual([32, '/']);
    clock.nowMs = HOUR_MS - 1;
    expect(places(guestWith([...many('b'), mounted('/')]))).toEqual(['/']);
    clock.nowMs = HOUR_MS;
    const later = places(guestWith([...many('b'), mounted('/')]));
    expect([later.length, later[1]]).toEqual([32, '/b0']);
  });

  it('escape what a guest calls its mounts', () => {
    expect(scraper().scrape(guestWith([mounted('/a"} 1\nb\\')]))[0]).toBe('virtmedic_guest_filesystem_size_bytes{host="h1",domain="web-1",mountpoint="/a\\"} 1\\nb\\\\",fstype="ext4"} 1000');
  });

  it('say in their help that they are cached', () => {
    const help = scraper().text(guestWith([mounted('/')])).filter((line) => line.startsWith('# HELP'));
    expect(help).toHaveLength(6);
    for (const line of help) expect(line).toContain('Cached: read out of the latest look');
  });
});
