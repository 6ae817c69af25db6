import { mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createQemuFinder } from './qemu-finder.ts';
import type { QemuFinder } from './qemu-finder.ts';
import { createFakeProc, OTHER_UUID, qemuCommandLine, UUID } from './testing/fake-proc.ts';
import type { FakeProc, FakeProcess } from './testing/fake-proc.ts';
import { OWN_UID } from './testing/harness.ts';

let folder: string;
let proc: FakeProc;
let nowMs: number;
let finder: QemuFinder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-finder-'));
  proc = await createFakeProc(folder);
  nowMs = 0;
  finder = createQemuFinder({ procFolder: proc.folder, qemuUids: new Set([OWN_UID]), programUids: new Set([OWN_UID]), nowMs: () => nowMs });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const web: FakeProcess = { commandLine: qemuCommandLine(UUID, 'web') };

describe('search for QEMU', () => {
  it('finds it by UUID, with its name, pid and start time', async () => {
    await proc.add(20, { ...web, startTicks: 77, name: 'q (e) m) u' });
    await proc.add(30, { commandLine: qemuCommandLine(OTHER_UUID, 'db') });
    const qemu = await finder.find(UUID);
    expect(qemu).toEqual({ uuid: UUID, name: 'web', pid: 20, startTicks: 77 });
    expect(finder.isSame(qemu)).toBe(true);
    expect((await finder.list()).map(({ name }) => name).sort()).toEqual(['db', 'web']);
  });

  it.each<[string, Partial<FakeProcess>]>([
    ['of another user', { uids: [OWN_UID + 1, OWN_UID, OWN_UID, OWN_UID] }],
    ['that may become another user', { uids: [OWN_UID, OWN_UID, OWN_UID + 1, OWN_UID] }],
    ['that is another program', { program: 'bash' }],
    ['that only ends like one', { program: 'my-qemu-system-x86_64' }],
    ['whose program others can change', { programMode: 0o777 }],
    ['whose program its group can change', { programMode: 0o775 }],
    ['without a UUID', { commandLine: ['qemu-system-x86_64', '-S'] }],
    ['with two of them', { commandLine: ['qemu', '-uuid', OTHER_UUID, '-uuid', UUID] }],
    ['with two of them, the other way round', { commandLine: ['qemu', '-uuid', UUID, '-uuid', OTHER_UUID] }],
    ['with two of them, written differently', { commandLine: ['qemu', '--uuid', OTHER_UUID, '-uuid', UUID] }],
    ['that says it elsewhere', { commandLine: ['qemu', '-name', `guest=x,-uuid ${UUID}`] }],
    ['whose command line ends before it', { commandLine: ['qemu', '-uuid'] }],
    ['without a command line', { commandLine: [] }],
  ])('does not take one %s', async (_what, changes) => {
    await proc.add(20, { ...web, ...changes });
    await expect(finder.find(UUID)).rejects.toMatchObject({ reason: 'domain-not-found' });
  });

  it('takes the programs of other distributions and machines, and one that was updated since', async () => {
    const programs = ['qemu-kvm', 'qemu-system-aarch64', 'qemu-system-x86_64 (deleted)'];
    for (const [index, program] of programs.entries()) await proc.add(20 + index, { program, commandLine: qemuCommandLine(`${index}${UUID.slice(1)}`, program) });
    expect((await finder.list()).length).toBe(3);
  });

  it('does nothing about two that say that they are the same', async () => {
    await proc.add(20, web);
    await proc.add(30, web);
    await expect(finder.find(UUID)).rejects.toMatchObject({ reason: 'domain-ambiguous', message: expect.stringMatching(/processes \d+ and \d+ both say/) });
    expect(await finder.list()).toEqual([]);
    await proc.remove(30);
    expect((await finder.find(UUID)).pid).toBe(20);
  });

  it('notices that a pid is another process now', async () => {
    await proc.add(20, { ...web, startTicks: 1 });
    const qemu = await finder.find(UUID);
    await proc.remove(20);
    expect(finder.isSame(qemu)).toBe(false);
    await rm(join(proc.folder, 'programs-20'), { recursive: true });
    await proc.add(20, { ...web, startTicks: 2 });
    expect(finder.isSame(qemu)).toBe(false);
    nowMs = 1000;
    expect((await finder.find(UUID)).startTicks).toBe(2);
  });

  it.each<[string, () => Promise<void>]>([
    ['another program', async () => (await unlink(join(proc.folder, '20', 'exe')), symlink(process.execPath, join(proc.folder, '20', 'exe')))],
    ['another file of that name', async () => (await writeFile(join(proc.folder, 'another'), '', { mode: 0o755 }), rename(join(proc.folder, 'another'), join(proc.folder, 'programs-20', 'qemu-system-x86_64')))],
    ['another user', () => writeFile(join(proc.folder, '20', 'status'), `Uid:\t${OWN_UID}\t${OWN_UID + 1}\t${OWN_UID}\t${OWN_UID}\n`)],
  ])('notices that a process with its pid and its start time is %s now', async (_what, change) => {
    await proc.add(20, web);
    const qemu = await finder.find(UUID);
    await change();
    expect(finder.isSame(qemu)).toBe(false);
    await expect(finder.find(UUID)).rejects.toMatchObject({ reason: 'domain-not-found' });
    expect(await finder.list()).toEqual([]);
  });

  it('takes no more than a tenth of the time, however long it takes', async () => {
    let stepMs = 300;
    const slow = createQemuFinder({ procFolder: proc.folder, qemuUids: new Set([OWN_UID]), programUids: new Set([OWN_UID]), nowMs: () => (nowMs += stepMs) });
    expect(await slow.list()).toEqual([]);
    stepMs = 0;
    await proc.add(20, web);
    nowMs += 2999;
    await expect(slow.find(UUID)).rejects.toMatchObject({ reason: 'domain-not-found' });
    nowMs += 2;
    expect((await slow.find(UUID)).pid).toBe(20);
  });

  it('finds one that has just started, though not at every question', async () => {
    await expect(finder.find(UUID)).rejects.toMatchObject({ reason: 'domain-not-found' });
    await proc.add(20, web);
    await expect(finder.find(UUID)).rejects.toMatchObject({ reason: 'domain-not-found' });
    nowMs = 201;
    expect((await finder.find(UUID)).pid).toBe(20);
  });

  it.each([
    ['web', 'web'],
    ['guest=web', 'web'],
    ['guest=a,,b,debug-threads=on', 'a,b'],
    ['debug-threads=on,guest=late', 'late'],
    ['process=x', ''],
    ['guest=a=b', 'a=b'],
    ['', ''],
  ])('reads -name %s as %s', async (value, name) => {
    await proc.add(20, { commandLine: ['qemu', '-uuid', UUID, '-name', value] });
    expect((await finder.find(UUID)).name).toBe(name);
  });
});
