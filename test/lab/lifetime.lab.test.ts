import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { identify, isAlive } from './process-info.ts';
import { startLab } from './lab.ts';
import { NO_TRACES, tracesOf } from './traces.ts';
import { waitUntil } from './wait-until.ts';

const LAB = join(import.meta.dirname, 'lab.ts');

interface Owner {
  /** The lab's. */
  id: string;
  end: Promise<{ status: number | null; signal: string | null }>;
  signal(name: NodeJS.Signals): void;
}

/** A program of its own that starts a lab with one host, prints the lab's id and goes on with `then`. */
async function labOwner(then: string): Promise<Owner> {
  const program = `
    import { startLab } from ${JSON.stringify(LAB)};
    const lab = await startLab({ hosts: 1, name: 'owned' });
    console.log(lab.id);
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  const end = once(child, 'exit').then(([status, signal]) => ({ status: status as number | null, signal: signal as string | null }));
  const first = await Promise.race([once(child.stdout, 'data').then(([data]) => String(data).trim()), end]);
  if (typeof first !== 'string') throw new Error(`the owner ended early: ${JSON.stringify(first)}`);
  return { id: first, end, signal: (name) => void child.kill(name) };
}

const STAY = 'setInterval(() => {}, 1 << 30);';

test('nothing is left after down, and everything carries the id before', async () => {
  const lab = await startLab({ hosts: 2 });
  const guest = lab.guest(lab.host(1), { name: 'g', memoryMiB: 32 });
  await guest.startPaused();
  const processes = lab.hosts.flatMap((host) => host.pids()).map(identify);
  const before = await tracesOf(lab.id);
  expect(before.namespaces).toEqual([`vml-${lab.id}-h1`, `vml-${lab.id}-h2`, `vml-${lab.id}-sw`]);
  expect(before.interfaces).toEqual([`vml-${lab.id}`]);
  expect(before.processes.some((line) => line.endsWith('qemu-system-x86_64'))).toBe(true);
  expect(processes.length).toBeGreaterThan(6);
  await lab.down();
  await lab.down();
  expect(await tracesOf(lab.id)).toEqual(NO_TRACES);
  expect(processes.filter((process) => process !== undefined && isAlive(process))).toEqual([]);
});

test.each([
  ['returns', '', { status: 0, signal: null }],
  ['exits', 'process.exit(7);', { status: 7, signal: null }],
  ['throws', 'throw new Error("unexpected");', { status: 1, signal: null }],
])('nothing is left when the owner just %s', async (_how, then, expected) => {
  const owner = await labOwner(then);
  expect(await owner.end).toEqual(expected);
  expect(await tracesOf(owner.id)).toEqual(NO_TRACES);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('nothing is left after %s, and the owner dies of it', async (signal) => {
  const owner = await labOwner(STAY);
  owner.signal(signal);
  expect(await owner.end).toEqual({ status: null, signal });
  expect(await tracesOf(owner.id)).toEqual(NO_TRACES);
});

test('one of two labs loses its owner to SIGKILL: its hosts end, the next start removes the rest, the other lab is not touched', async () => {
  const other = await startLab({ hosts: 1, name: 'other' });
  try {
    const guest = other.guest(other.host(1), { name: 'web' });
    await guest.start();
    const booted = await guest.waitHttp();
    const owner = await labOwner(`await lab.guest(lab.host(1), { name: 'web' }).start(); ${STAY}`);
    const hasQemu = async () => (await tracesOf(owner.id)).processes.some((line) => line.endsWith('qemu-system-x86_64'));
    await waitUntil('QEMU of the doomed lab', hasQemu, { deadlineMs: 60_000 });
    const others = await tracesOf(other.id);
    expect(others.interfaces).not.toEqual((await tracesOf(owner.id)).interfaces);

    owner.signal('SIGKILL');
    await owner.end;
    await waitUntil('the end of its hosts', async () => (await tracesOf(owner.id)).processes.length === 0, { deadlineMs: 60_000 });

    const messages: string[] = [];
    const next = await startLab({ hosts: 1, onProgress: (message) => messages.push(message) });
    try {
      // By this start, or by that of another program in between.
      expect(await tracesOf(owner.id)).toEqual(NO_TRACES);
      expect(messages.filter((message) => message.includes(other.id))).toEqual([]);
      expect(new Set([next.subnet, other.subnet]).size).toBe(2);
    } finally {
      await next.down();
    }
    expect(await tracesOf(other.id)).toEqual(others);
    expect((await guest.status()).bootId).toBe(booted.bootId);
  } finally {
    await other.down();
  }
});

test('a start that fails says why and leaves nothing', async () => {
  const logs = mkdtempSync(join(tmpdir(), 'lab-logs-'));
  try {
    const error = await startLab({ hosts: 1, libvirtdConf: ['max_clients = "many"'], keepLogs: logs }).catch((caught: unknown) => caught);
    expect(String(error)).toMatch(/max_clients/);
    const { id } = JSON.parse(readFileSync(join(logs, 'state.json'), 'utf8')) as { id: string };
    expect(existsSync(join(logs, 'h1/init.log'))).toBe(true);
    expect(await tracesOf(id)).toEqual(NO_TRACES);
    await expect(startLab({ hosts: 41 })).rejects.toThrow('hosts: 41: allowed are 1 to 40');
    await expect(startLab({ hosts: 1, name: 'No Name' })).rejects.toThrow(/lab "No Name": allowed are/);
  } finally {
    rmSync(logs, { recursive: true, force: true });
  }
});
