import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QemuProcess } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';

const ROOT_GID = 0;
/** QEMU's user makes sockets in it; by the sticky group they are of root's group, which may connect without any capability. */
const MODE = 0o2770;
const PERMISSIONS = 0o7777;

/**
 * The folder in which a domain's QEMU may open its gdb server, made where it is missing: one for each user that runs QEMU, of that user, in a folder
 * that is root's.
 *
 * @param runFolder trusted, and nobody else's to write to
 * @throws Refusal `domain-changed` where the process has gone, `no-safe-site` where the folder cannot be had
 */
export function gdbFolderFor(runFolder: string, qemu: QemuProcess, procFolder = '/proc'): string {
  const uid = effectiveUid(procFolder, qemu);
  const folder = join(runFolder, `gdb-${uid}`);
  try {
    make(folder, uid);
    const about = lstatSync(folder);
    if (!about.isDirectory() || about.uid !== uid || about.gid !== ROOT_GID || (about.mode & PERMISSIONS) !== MODE) throw new Error('it is not as it was made; remove it');
  } catch (error) {
    throw new Refusal('no-safe-site', `${folder}, where QEMU would open its gdb server: ${(error as Error).message}`, { cause: error });
  }
  return folder;
}

function make(folder: string, uid: number): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  // In this order: who does not own it any more may not change its mode.
  chownSync(folder, -1, ROOT_GID);
  chmodSync(folder, MODE);
  chownSync(folder, uid, ROOT_GID);
}

function effectiveUid(procFolder: string, { pid, uuid }: QemuProcess): number {
  try {
    const found = /^Uid:\t\d+\t(\d+)\t/m.exec(readFileSync(join(procFolder, String(pid), 'status'), 'latin1'));
    if (found !== null) return Number(found[1]);
  } catch {
    // Gone: told below.
  }
  throw new Refusal('domain-changed', `the QEMU of ${uuid} has ended; ask again`);
}
