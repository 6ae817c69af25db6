import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Monitor } from '../../memory/memory.ts';
import { ActionFailed, ActionRefused, messageOf } from '../action-error.ts';
import { connectGdb } from './client.ts';

/** QEMU's own gdb server has this name among its character devices. */
const LABEL = 'gdb';
const PREFIX = 'virtmedic-gdb-';

/** @param folder where QEMU may make sockets: libvirt's own folder of the domain, for example */
export function newSocketPath(folder: string): string {
  return join(folder, `${PREFIX}${randomBytes(6).toString('hex')}.sock`);
}

/** Where the domain's gdb server is: its file name as QEMU tells it; null: there is none. */
export async function findGdbserver(monitor: Monitor): Promise<string | null> {
  const devices = await monitor.execute('query-chardev');
  if (!Array.isArray(devices)) throw new ActionFailed('monitor-failed', 'QEMU does not list its character devices', { left: true });
  for (const device of devices as unknown[]) {
    const { label, filename } = (device ?? {}) as Record<string, unknown>;
    if (label === LABEL) return typeof filename === 'string' ? filename : '';
  }
  return null;
}

/**
 * Opens a gdb server for the domain at `path`.
 *
 * @throws ActionRefused `foreign-gdbserver`
 * @throws ActionFailed `monitor-failed`
 */
export async function openGdbserver(monitor: Monitor, path: string): Promise<void> {
  if (!/^\/[\x21-\x2b\x2d-\x7e]+$/.test(path)) throw new ActionFailed('monitor-failed', `the path ${JSON.stringify(path)} cannot be given to QEMU: no blanks, no commas`, { left: false });
  const there = await findGdbserver(monitor);
  if (there !== null) throw new ActionRefused('foreign-gdbserver', `a gdb server that is not ours is open (${there}): somebody debugs this guest; ask again when they have ended it (gdbserver none)`);
  const answer = await monitor.human(`gdbserver unix:${path},server=on,wait=off`);
  if ((await findGdbserver(monitor)) === null) throw new ActionFailed('monitor-failed', `QEMU did not open its gdb server: ${answer.trim().slice(0, 200)}`, { left: false });
}

/** Closes the domain's gdb server and removes its socket. The guest stays as it is, stopped too. */
export async function closeGdbserver(monitor: Monitor, path: string): Promise<void> {
  await monitor.human('gdbserver none');
  rmSync(path, { force: true });
}

/**
 * Lets a guest run on that a gdb server of ours may hold, whatever state it is in, and ends the server. Neither `cont` nor closing the
 * server frees a guest at a breakpoint: a new connection does that says it is done (`D;1`).
 *
 * @param path of the server that we had opened
 * @throws ActionFailed `gdb-failed`, `monitor-failed`
 */
export async function releaseGuest(monitor: Monitor, path: string, deadlineMs: number): Promise<'released' | 'not-ours'> {
  const there = await findGdbserver(monitor);
  if (there !== null && !there.includes(path) && !there.includes(join(dirname(path), PREFIX))) return 'not-ours';
  if (there !== null) await closeGdbserver(monitor, path);
  const fresh = newSocketPath(dirname(path));
  await openGdbserver(monitor, fresh);
  try {
    const client = await connectGdb(fresh, deadlineMs);
    try {
      await client.detach();
    } finally {
      client.close();
    }
  } finally {
    await closeGdbserver(monitor, fresh);
  }
  const status = await readStatus(monitor);
  if (status !== 'running') throw new ActionFailed('gdb-failed', `the domain is still not running but ${status}`, { left: true });
  return 'released';
}

async function readStatus(monitor: Monitor): Promise<string> {
  try {
    const { status } = (await monitor.execute('query-status')) as { status?: unknown };
    return String(status);
  } catch (error) {
    throw new ActionFailed('monitor-failed', `QEMU does not tell its state: ${messageOf(error)}`, { left: true, cause: error });
  }
}
