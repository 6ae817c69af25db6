import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHelperClient } from './client.ts';
import { startHelper } from './helper.ts';
import { createQemuFinder } from './qemu-finder.ts';
import { startTicksOf } from './qemu-identity.ts';
import { createFakeProc, OTHER_UUID, qemuCommandLine, UUID } from './testing/fake-proc.ts';

const run = promisify(execFile);
const script = (name: string): string => fileURLToPath(new URL(`./testing/${name}`, import.meta.url));

/** Users that need no entry in /etc/passwd. */
const PEER = 61_001;
const STRANGER = 61_002;
const QEMU = '/usr/bin/qemu-system-x86_64';
const LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };

let folder: string;
const ends: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-helper-'));
  await chmod(folder, 0o755);
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

async function asUser(uid: number, action: string, ...given: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(process.execPath, [script('as-user.ts'), String(uid), action, ...given], { env: { ...process.env, OWN_FOLDER: join(folder, 'own') }, timeout: 60_000 });
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function started(): Promise<string> {
  const runFolder = join(folder, 'run');
  const helper = await startHelper({ config: { runFolder, stateFolder: join(folder, 'state'), peers: [PEER], qemuUsers: [0], libvirtUri: 'qemu:///system', domains: [] }, handlers: {}, log: LOG });
  ends.push(() => helper.stop());
  return runFolder;
}

describe('users', () => {
  it('are let in by who they are', async () => {
    const runFolder = await started();
    expect(await asUser(PEER, 'domains', runFolder)).toEqual({ domains: [] });
    expect(await asUser(STRANGER, 'domains', runFolder)).toMatchObject({ error: 'helper-unreachable' });
    expect(await asUser(STRANGER, 'connect', join(runFolder, `peer-${PEER}.sock`))).toMatchObject({ error: 'EACCES' });
    // The peer itself can't ask in the name of a user that has no socket.
    await expect(createHelperClient({ runFolder }).call('ping', {})).rejects.toMatchObject({ reason: 'helper-unreachable' });
  });

  it('prove nothing with a connection of somebody else, whatever they link, rename or plant', async () => {
    const runFolder = await started();
    await mkdir(join(folder, 'own'));
    await chown(join(folder, 'own'), STRANGER, STRANGER);
    const { tried, answers } = await asUser(STRANGER, 'prove', runFolder, String(PEER));
    const protectsHardLinks = (await readFile('/proc/sys/fs/protected_hardlinks', 'latin1')).trim() !== '0';
    expect(tried).toEqual({
      read: 'EACCES',
      client: 'EACCES',
      list: 'EACCES',
      remove: 'EACCES',
      replace: 'EACCES',
      plant: 'EACCES',
      plantLink: 'EACCES',
      open: 'EPERM',
      hardLink: protectsHardLinks ? 'EPERM' : 'done',
      readHardLink: protectsHardLinks ? 'ENOENT' : 'EACCES',
    });
    expect(answers).toEqual([{ refused: { reason: 'peer-not-proved', text: expect.any(String) as string, effect: 'none' } }]);
    expect(await asUser(PEER, 'domains', runFolder)).toEqual({ domains: [] });
  });

  it('get nothing from a socket that its owner opened up, and everything once it is closed again', async () => {
    const runFolder = await started();
    const socket = join(runFolder, `peer-${PEER}.sock`);
    await asUser(PEER, 'chmod', socket, '666');
    expect(await asUser(STRANGER, 'connect', socket)).toEqual({ bytes: 0 });
    expect(await asUser(PEER, 'domains', runFolder)).toMatchObject({ error: 'helper-lost' });
    await asUser(PEER, 'chmod', socket, '600');
    expect(await asUser(PEER, 'domains', runFolder)).toEqual({ domains: [] });
  });

  it('trust no folder that is another user\'s', async () => {
    const runFolder = join(folder, 'fake');
    await mkdir(runFolder);
    await chown(runFolder, STRANGER, STRANGER);
    expect(await asUser(PEER, 'domains', runFolder)).toMatchObject({ error: 'helper-untrusted', text: expect.stringContaining(`belongs to user ${STRANGER}; chown it to root`) as string });
    await expect(startHelper({ config: { runFolder, stateFolder: join(folder, 'state'), peers: [PEER], qemuUsers: [0], libvirtUri: 'qemu:///system', domains: [] }, handlers: {}, log: LOG })).rejects.toMatchObject({ reason: 'unsafe-path' });
  });
});

describe('a folder where every user may write', () => {
  it('leads nowhere over somebody else\'s symbolic link, and nothing is made or changed behind it', async () => {
    const shared = join(folder, 'shared');
    const target = join(folder, 'target');
    await mkdir(shared);
    await chmod(shared, 0o1777);
    await mkdir(target, { mode: 0o755 });
    await asUser(STRANGER, 'symlink', target, join(shared, 'link'));
    const config = { stateFolder: join(folder, 'state'), peers: [PEER], qemuUsers: [0], libvirtUri: 'qemu:///system', domains: [] };
    const starting = (runFolder: string) => startHelper({ config: { ...config, runFolder }, handlers: {}, log: LOG });
    await expect(starting(join(shared, 'link', 'run'))).rejects.toMatchObject({ reason: 'unsafe-path', message: expect.stringContaining(`link is a symbolic link of user ${STRANGER}; remove it`) as string });
    await expect(starting(join(shared, 'link'))).rejects.toMatchObject({ reason: 'unsafe-path' });
    expect(await readdir(target)).toEqual([]);
    await expect(createHelperClient({ runFolder: join(shared, 'link') }).call('ping', {})).rejects.toMatchObject({ reason: 'helper-untrusted' });
  });
});

describe('a full disk', () => {
  it('lets nothing be done with a generation that cannot be kept, and nobody new in', async () => {
    const inOwnMounts = `mount -t tmpfs -o size=1m none "$0" && exec "$1" "$2" "$0"`;
    const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', 'bash', '-ec', inOwnMounts, folder, process.execPath, script('full-disk.ts')], { timeout: 60_000 });
    expect(JSON.parse(stdout)).toEqual({
      first: 'done',
      whileFull: 'generation-not-kept',
      actedWhileFull: 1,
      sameWhileFull: 'done',
      newcomerWhileFull: 'challenge-not-kept',
      afterwards: 'done',
      stale: 'stale-generation',
      newcomerAfterwards: 'done',
      counted: 1,
    });
  });
});

describe('no file left to open', () => {
  it('lets nothing be done and nobody in, and is over when there are some again', async () => {
    const proc = await createFakeProc(folder);
    await proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    const helper = await listening(proc.folder);
    const [known, newcomer] = [createHelperClient({ runFolder: join(folder, 'run') }), createHelperClient({ runFolder: join(folder, 'run') })];
    ends.push(() => (known.close(), newcomer.close()));
    const start = (generation: number) => known.call('start-process', { domain: UUID, generation, command: ['/bin/true'] });
    const limit = (files: number) => run('prlimit', ['--pid', String(helper.pid), `--nofile=${files}:4096`]);
    await start(1);
    const used = new Set(await readdir(`/proc/${helper.pid}/fd`));
    let free = 0;
    while (used.has(String(free))) free += 1;
    await limit(free);
    await expect(start(2)).rejects.toMatchObject({ isRefusal: true, reason: expect.stringMatching(/^(domain-changed|domain-not-found|generation-not-kept)$/) as string });
    for (let time = 0; time < 12; time++) await expect(newcomer.call('ping', {})).rejects.toMatchObject({ isRefusal: true });
    expect(await readdir(join(folder, 'state', 'generations'))).toEqual([UUID]);
    await limit(4096);
    await expect.poll(() => newcomer.call('ping', {}).then(({ protocol }) => protocol, String), { timeout: 30_000 }).toBe(1);
    await expect.poll(() => start(2).then(() => 'done', String), { timeout: 30_000 }).toBe('done');
    await expect(start(1)).rejects.toMatchObject({ reason: 'stale-generation' });
  });
});

describe('kill -9', () => {
  it('at any moment loses no generation that was answered for, and the next helper starts', async () => {
    const proc = await createFakeProc(folder);
    await proc.add(20, { commandLine: qemuCommandLine(UUID, 'web') });
    const client = createHelperClient({ runFolder: join(folder, 'run') });
    ends.push(() => client.close());
    let sent = 0;
    let answered = 0;
    for (let turn = 0; turn < 5; turn++) {
      const helper = await listening(proc.folder);
      const start = (generation: number) => client.call('start-process', { domain: UUID, generation, command: ['/bin/true'] });
      if (answered > 1) await expect(start(answered - 1)).rejects.toMatchObject({ reason: 'stale-generation' });
      const ended = once(helper, 'exit');
      const asking = (async () => {
        while (helper.exitCode === null && helper.signalCode === null) {
          sent += 1;
          const generation = sent;
          // Its rate refuses most of them, after the generation of one in a while was kept.
          await start(generation).then(() => (answered = generation), () => undefined);
        }
      })();
      setTimeout(() => helper.kill('SIGKILL'), 50 + 60 * turn);
      await ended;
      await asking;
    }
    const kept = Number(await readFile(join(folder, 'state', 'generations', UUID), 'latin1'));
    expect(answered).toBeGreaterThan(0);
    expect(kept).toBeGreaterThanOrEqual(answered);
    expect(kept).toBeLessThanOrEqual(sent);
    await listening(proc.folder);
    expect((await readdir(join(folder, 'run'))).filter((name) => name.startsWith('challenge-'))).toEqual([]);
  });
});

async function listening(procFolder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script('acting-helper.ts'), folder], { env: { ...process.env, PROC_FOLDER: procFolder }, stdio: ['ignore', 'pipe', 'inherit'] });
  ends.push(() => child.kill('SIGKILL'));
  const [text] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [Buffer | number];
  if (String(text) !== 'listening\n') throw new Error(`the helper ended with ${String(text)}`);
  return child;
}

describe('the folder of gdb servers', () => {
  it('lets a QEMU of another user make its socket, and the helper connect with two capabilities', async () => {
    const listening = `process.umask(0o002); process.stdin.once('data', () => require('node:net').createServer().listen(process.argv[1] + '/gdb.sock', () => console.log('listening')))`;
    const runFolder = join(folder, 'run');
    await mkdir(runFolder, { mode: 0o711 });
    const user = spawn('setpriv', ['--reuid', String(STRANGER), '--regid', String(STRANGER), '--clear-groups', process.execPath, '-e', listening, join(runFolder, `gdb-${STRANGER}`)], { stdio: ['pipe', 'pipe', 'inherit'] });
    ends.push(() => user.kill('SIGKILL'));
    const withTwo = ['--bounding-set', '-all,+sys_ptrace,+chown', '--no-new-privs', process.execPath];
    const making = `const { gdbFolderFor } = await import(${JSON.stringify(new URL('gdb-folder.ts', import.meta.url).href)});
      const make = () => gdbFolderFor(process.argv[1], { uuid: '', name: '', pid: Number(process.argv[2]), startTicks: 0 }); make(); console.log(make());`;
    await expect.poll(async () => (await readFile(`/proc/${user.pid}/status`, 'latin1')).includes(`Uid:\t${STRANGER}`)).toBe(true);
    const { stdout } = await run('setpriv', [...withTwo, '--input-type=module', '-e', making, runFolder, String(user.pid)]);
    expect(stdout.trim()).toBe(join(runFolder, `gdb-${STRANGER}`));
    user.stdin.write('go');
    const [text] = (await once(user.stdout, 'data')) as [Buffer];
    expect(String(text)).toBe('listening\n');
    const connecting = `require('node:net').connect(process.argv[1] + '/gdb.sock', () => { console.log('connected'); process.exit(0) })`;
    expect((await run('setpriv', [...withTwo, '-e', connecting, stdout.trim()])).stdout).toBe('connected\n');
    const removing = `require('node:fs').rmSync(process.argv[1] + '/gdb.sock')`;
    await run('setpriv', [...withTwo, '-e', removing, stdout.trim()]);
    // Nobody else has anything there, and one that is not as it was made is not used.
    await expect(run('setpriv', ['--reuid', String(PEER), '--regid', String(PEER), '--clear-groups', 'ls', stdout.trim()])).rejects.toThrow(/Permission denied/);
    await chmod(stdout.trim(), 0o777);
    await expect(run('setpriv', [...withTwo, '--input-type=module', '-e', making, runFolder, String(user.pid)])).rejects.toThrow(/not as it was made; remove it/);
  });
});

describe('a real QEMU', () => {
  const finderFor = (...uids: number[]) => createQemuFinder({ procFolder: '/proc', qemuUids: new Set(uids), programUids: new Set([0]) });

  async function qemu(uuid: string, { uid = 0, program = QEMU }: { uid?: number; program?: string } = {}): Promise<ChildProcess> {
    const machine = ['-machine', 'none', '-nodefaults', '-display', 'none', '-monitor', 'none', '-m', '1', '-S'];
    const child = spawn(program, [...machine, '-name', 'guest=lab,debug-threads=on', '-uuid', uuid], { stdio: 'ignore', uid, gid: uid, cwd: '/' });
    ends.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await once(child, 'spawn');
    return child;
  }

  it('is found, and known to be gone', async () => {
    const child = await qemu(OTHER_UUID);
    const finder = finderFor(0);
    const found = await finder.find(OTHER_UUID);
    expect(found).toMatchObject({ uuid: OTHER_UUID, name: 'lab', pid: child.pid });
    expect(finder.isSame(found)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(finder.isSame(found)).toBe(false);
    await expect(finder.find(OTHER_UUID)).rejects.toMatchObject({ reason: 'domain-not-found' });
  });

  it('is none any more once it became another program, with its pid and its start time', async () => {
    const program = join(folder, 'qemu-system-x86_64');
    await copyFile('/bin/bash', program);
    await chmod(program, 0o755);
    const child = spawn(program, ['-c', 'read && exec sleep 600', '-uuid', OTHER_UUID], { stdio: ['pipe', 'ignore', 'ignore'], uid: STRANGER, gid: STRANGER, cwd: '/' });
    ends.push(() => child.kill('SIGKILL'));
    const finder = finderFor(STRANGER);
    await expect.poll(() => finder.find(OTHER_UUID).then(({ pid }) => pid, String), { timeout: 30_000 }).toBe(child.pid);
    const found = await finder.find(OTHER_UUID);
    expect(finder.isSame(found)).toBe(true);
    child.stdin.end('go\n');
    await expect.poll(() => finder.isSame(found), { timeout: 30_000 }).toBe(false);
    expect([startTicksOf('/proc', found.pid), await readlink(`/proc/${child.pid}/exe`)]).toEqual([found.startTicks, expect.stringMatching(/\/(sleep|coreutils|busybox)$/)]);
    await expect(finder.find(OTHER_UUID)).rejects.toMatchObject({ reason: 'domain-not-found' });
  });

  it('is nobody\'s that any user started, nor a copy of its program that somebody can change', async () => {
    const child = await qemu(OTHER_UUID);
    await qemu(OTHER_UUID, { uid: STRANGER });
    const copy = join(folder, 'qemu-system-x86_64');
    await copyFile(QEMU, copy);
    await chmod(copy, 0o777);
    await qemu(OTHER_UUID, { program: copy });
    expect((await finderFor(0).find(OTHER_UUID)).pid).toBe(child.pid);
    await expect(finderFor(0, STRANGER).find(OTHER_UUID)).rejects.toMatchObject({ reason: 'domain-ambiguous' });
  });
});
