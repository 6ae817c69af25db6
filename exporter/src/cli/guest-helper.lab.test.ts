import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLab } from '../../../test/lab/lab.ts';
import { createHelperClient, seenGuest } from '../guest/helper/index.ts';

/** The real command as a process of its own. */
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const RUN = new URL('./testing/run-command.ts', import.meta.url).href;
let folder: string;
let file: string;
let started: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-helper-'));
  file = join(folder, 'guest-helper.yaml');
  started = [];
});
afterEach(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

function config(domains: string, libvirtUri = 'qemu:///system'): string {
  return `peers: [0]\nqemuUsers: [root]\nlibvirtUri: ${libvirtUri}\nrunFolder: ${folder}/run\nstateFolder: ${folder}/state\n${domains}`;
}

interface Running {
  child: ChildProcess;
  ended: Promise<{ code: number | null; err: string }>;
  /** Waits for a line of the log. */
  says(text: string): Promise<void>;
}

function start(...args: string[]): Running {
  return startCommand(process.execPath, ...args);
}

function startCommand(command: string, ...args: string[]): Running {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  started.push(child);
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return {
    child,
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, err })),
    says: (text) => expect.poll(() => err, { timeout: 60_000, interval: 50 }).toContain(text),
  };
}

describe('virtmedic guest-helper', () => {
  it('serves, reads its domains anew, keeps what it has when they are wrong, and ends clean', async () => {
    await writeFile(file, config(''), { mode: 0o600 });
    const { child, ended, says } = start(MAIN, 'guest-helper', '--config', 'guest-helper.yaml');
    await says('the guest helper is running');
    const client = createHelperClient({ runFolder: join(folder, 'run') });
    const { supported, protocol } = await client.call('ping', {});
    expect([supported.includes('domains'), protocol]).toEqual([true, 1]);
    await writeFile(file, config('domains: [{ match: { name: "*" }, write: true }]\n'));
    child.kill('SIGHUP');
    await says('what was allowed stays allowed');
    await writeFile(file, config('domains: [{ match: { name: "*" }, read: true }]\n'));
    child.kill('SIGHUP');
    await says('the domains were read anew');
    client.close();
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(await readdir(join(folder, 'run'))).toEqual(['lock']);
  });

  it('says what is wrong with its configuration, and where', async () => {
    await writeFile(file, config('domains:\n  - match: {}\n    read: yes please\n'), { mode: 0o600 });
    expect(await start(MAIN, 'guest-helper', '--config', file).ended).toEqual({
      code: 2,
      err: expect.stringMatching(/guest-helper\.yaml:7:12: domains\[0\]\.match: expected uuid, name or both/) as string,
    });
  });

  it('trusts no file that others can change', async () => {
    await writeFile(file, config(''));
    await chmod(file, 0o666);
    const { code, err } = await start(MAIN, 'guest-helper', '--check', '--config', file).ended;
    expect([code, err]).toEqual([1, `virtmedic: unsafe-path: ${file} is writable by others (mode 666); chmod go-w it\n`]);
  });

  it('runs as root or not at all', async () => {
    await writeFile(file, config(''), { mode: 0o600 });
    const asNobody = `const { runCommand } = await import(${JSON.stringify(RUN)}); await runCommand(['--version'], Date.now); await import(${JSON.stringify(new URL('../guest/helper/index.ts', import.meta.url).href)});
      process.setuid(65534); const { code, note } = await runCommand(['guest-helper', '--config', ${JSON.stringify(file)}], Date.now); process.stderr.write(note); process.exit(code);`;
    const { code, err } = await start('--input-type=module', '-e', asNobody).ended;
    expect([code, err]).toEqual([1, expect.stringContaining('virtmedic: helper-not-root: the guest helper runs as user 65534; it has to run as root')]);
  });
});

describe('a real guest', () => {
  it('is read by its name, with two of root\'s capabilities, and not at all once that is not allowed any more', async () => {
    await using lab = await startLab({ hosts: 1, name: 'helper' });
    const guest = lab.guest(lab.host(1), { name: 'read-me' });
    await guest.start();
    await guest.waitHttp();
    await writeFile(file, config('domains: [{ match: { name: "read-*" }, read: true }]\n', lab.host(1).unixUri), { mode: 0o600 });
    const { child, says } = startCommand('setpriv', '--bounding-set', '-all,+sys_ptrace,+chown', '--no-new-privs', process.execPath, MAIN, 'guest-helper', '--config', file);
    await says('the guest helper is running');
    // CAP_CHOWN is bit 0, CAP_SYS_PTRACE bit 19.
    expect(await readFile(`/proc/${child.pid}/status`, 'latin1')).toMatch(/^CapEff:\t0000000000080001$/m);
    const client = createHelperClient({ runFolder: join(folder, 'run') });
    const { domains } = await client.call('domains', {});
    expect(domains).toEqual([{ uuid: expect.any(String) as string, name: 'read-me', read: true, write: false }]);
    const domain = domains[0]?.uuid ?? '';
    const seen = seenGuest(await client.call('look', { domain }, { deadlineMs: 30_000 }));
    expect(seen.processes.find(({ pid }) => pid === 1)).toMatchObject({ parentPid: 0, name: 'init', kernelThread: false });
    expect(seen.processes.filter(({ commandLine }) => commandLine?.some((word) => word.includes('httpd'))).length).toBeGreaterThan(0);
    expect(seen).toMatchObject({ release: expect.stringMatching(/^6\./) as string, boot: expect.stringMatching(/^[0-9a-f]{64}$/) as string, sockets: { incomplete: false }, liveness: { panicked: false, systemState: 'running' } });
    expect(seen.banner).toMatch(/^Linux version 6\./);
    const web = seen.sockets?.sockets.find(({ port }) => port === 80);
    expect(seen.processes.find(({ pid }) => pid === web?.pid)?.commandLine?.join(' ')).toContain('httpd');
    await expect.poll(async () => (seenGuest(await client.call('look', { domain })).liveness?.jiffies ?? 0n) > (seen.liveness?.jiffies ?? 0n), { timeout: 30_000 }).toBe(true);
    expect(seenGuest(await client.call('look', { domain })).boot).toBe(seen.boot);
    await expect(client.call('signal-process', { domain, generation: 1, processes: [{ pid: 2, startTimeNanoseconds: 0 }], signal: 'TERM' })).rejects.toMatchObject({ reason: 'not-opted-in', effect: 'none' });
    await writeFile(file, config('domains: []\n', lab.host(1).unixUri));
    child.kill('SIGHUP');
    await says('the domains were read anew');
    await expect(client.call('look', { domain })).rejects.toMatchObject({ reason: 'not-opted-in' });
    client.close();
  });
});
