import type { Kernel } from '../kernel/kernel.ts';
import type { GuestFileSystem } from '../liveness/file-system-use.ts';
import { createFileSystemReader, type FileSystemReader } from '../liveness/file-systems.ts';
import { orNull } from './or-null.ts';

/** Room does not change as fast as guests are looked at, and a guest with many mounts, or with made-up ones, makes nobody wait more often. */
const AGE_MS = 5000;
const MOST_MILLISECONDS = 200;
const MOST_FILE_SYSTEMS = 256;
const MOST_CHARACTERS = 256;

/**
 * Reads a guest's file systems for looks: the function answers what was read at most five seconds ago. Null: they cannot be read, or could not
 * the last time.
 *
 * @param nowMs monotonic
 */
export function createFileSystemLook(kernel: Kernel, nowMs: () => number, maxMilliseconds = MOST_MILLISECONDS): () => GuestFileSystem[] | null {
  const reader = orNull(() => createFileSystemReader(kernel, { maxMilliseconds }));
  let latest: { atMs: number; found: GuestFileSystem[] | null } | null = null;
  return () => {
    if (reader === null) return null;
    if (latest === null || nowMs() - latest.atMs >= AGE_MS) latest = { atMs: nowMs(), found: orNull(() => bounded(reader)) };
    return latest.found;
  };
}

function bounded(reader: FileSystemReader): GuestFileSystem[] {
  const short = (text: string): string => text.slice(0, MOST_CHARACTERS);
  return reader
    .read()
    .slice(0, MOST_FILE_SYSTEMS)
    .map((found) => ({ ...found, mountpoint: short(found.mountpoint), device: short(found.device), type: short(found.type) }));
}
