/** Series of file systems inside guests, as node_exporter has them of a machine's own. What is not known has no series: it is never 0. */
import type { GuestFileSystem } from '../../guest/liveness/file-system-use.ts';
import type { AppsView, GuestStatus } from '../../perception/apps/view.ts';
import { latestOfEach } from './latest-guests.ts';
import { CHILD, childLabels, type LabelCache } from './label-cache.ts';
import { family, type Family, type Labels, type Writer } from './writer.ts';

const OF = 'of a file system that is mounted in the guest';
const CACHED = 'Only of ext4 and tmpfs. Cached: read out of the latest look into the guest, at most five seconds before it.';
const SIZE = family('virtmedic_guest_filesystem_size_bytes', 'gauge', `Size ${OF}, in bytes. ${CACHED}`);
const FREE = family('virtmedic_guest_filesystem_free_bytes', 'gauge', `Free space ${OF}, in bytes, what is kept for root too. ${CACHED}`);
const AVAILABLE = family('virtmedic_guest_filesystem_avail_bytes', 'gauge', `Free space ${OF}, in bytes, for everybody. ${CACHED}`);
const FILES = family('virtmedic_guest_filesystem_files', 'gauge', `Inodes ${OF}. No series where their number is not fixed. ${CACHED}`);
const FILES_FREE = family('virtmedic_guest_filesystem_files_free', 'gauge', `Free inodes ${OF}. No series where their number is not fixed. ${CACHED}`);
const READ_ONLY = family('virtmedic_guest_filesystem_readonly', 'gauge', `Whether the file system is mounted read-only: 1, else 0. Of every type that can fill up. ${CACHED.replace('Only of ext4 and tmpfs. ', '')}`);

/** What a guest mounts is its own word, and each mount is a series for as long as Prometheus keeps it. */
const MOST_FILE_SYSTEMS = 32;
/** The place of one that is mounted no more goes to another only then. */
const PLACE_MS = 3_600_000;
/**
 * Left out: mounts of containers, and of what is no place to keep files, as node_exporter leaves them out
 * (https://github.com/prometheus/node_exporter, collector/filesystem_linux.go); images that are full from the start.
 */
const NO_PLACE = /^\/(?:dev|proc|sys|run\/credentials\/.+|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+|var\/lib\/kubelet\/.+)(?:$|\/)/;
const IMAGES: ReadonlySet<string> = new Set(['iso9660', 'squashfs', 'erofs', 'cramfs', 'udf']);

/** When each file system of a guest was seen last, monotonic milliseconds. */
type Places = Map<string, number>;

interface Row {
  labels: Labels;
  found: GuestFileSystem;
}

export interface FileSystemSeries {
  write(writer: Writer, cache: LabelCache, view: Pick<AppsView, 'guests'>): void;
}

/** Keeps from scrape to scrape which file systems have a series. @param nowMs monotonic */
export function createFileSystemSeries(nowMs: () => number = () => performance.now()): FileSystemSeries {
  let places = new Map<string, Places>();
  return {
    write(writer, cache, view) {
      const atMs = nowMs();
      const next = new Map<string, Places>();
      const rows = latestOfEach(view.guests()).flatMap((guest) => {
        const own = places.get(guest.uuid) ?? new Map<string, number>();
        next.set(guest.uuid, own);
        return shown(guest, own, atMs).map((found): Row => ({ found, labels: labelsOf(cache, guest, found) }));
      });
      places = next;
      writeRows(writer, rows);
    },
  };
}

/** Of two that are mounted at one place, the later one is seen in the guest. */
function shown({ resources }: GuestStatus, places: Places, atMs: number): GuestFileSystem[] {
  for (const [key, seenMs] of places) if (atMs - seenMs >= PLACE_MS) places.delete(key);
  const byMountpoint = new Map((resources?.fileSystems ?? []).map((found) => [found.mountpoint, found]));
  const kept = [...byMountpoint.values()].filter(({ mountpoint, type }) => !NO_PLACE.test(mountpoint) && !IMAGES.has(type));
  // What is kept on a disk goes before what is kept in memory.
  const ordered = [...kept.filter(({ type }) => type !== 'tmpfs'), ...kept.filter(({ type }) => type === 'tmpfs')];
  return ordered.filter((found) => {
    const key = keyOf(found);
    if (!places.has(key) && places.size >= MOST_FILE_SYSTEMS) return false;
    places.set(key, atMs);
    return true;
  });
}

function keyOf({ mountpoint, type }: GuestFileSystem): string {
  return `${type}\n${mountpoint}`;
}

function labelsOf(cache: LabelCache, { host, domain }: GuestStatus, found: GuestFileSystem): Labels {
  const guest = cache.get(`guest/${host}/${domain}`, () => ({ host, domain }));
  return childLabels(guest, CHILD.fileSystem, keyOf(found), () => ({ host, domain, mountpoint: found.mountpoint, fstype: found.type }));
}

function writeRows(writer: Writer, rows: readonly Row[]): void {
  const each = (of: Family, value: (found: GuestFileSystem) => number | null): void => {
    writer.begin(of);
    for (const { labels, found } of rows) {
      const known = value(found);
      if (known !== null) writer.sample(labels, known);
    }
  };
  each(SIZE, ({ use }) => use?.totalBytes ?? null);
  each(FREE, ({ use }) => use?.freeBytes ?? null);
  each(AVAILABLE, ({ use }) => use?.availableBytes ?? null);
  each(FILES, ({ use }) => use?.files ?? null);
  each(FILES_FREE, ({ use }) => use?.freeFiles ?? null);
  each(READ_ONLY, ({ readOnly }) => (readOnly ? 1 : 0));
}
