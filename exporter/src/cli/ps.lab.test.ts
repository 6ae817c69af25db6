import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLab, type Lab, type LinuxGuest } from '../../../test/lab/lab.ts';
import { waitUntil } from '../../../test/lab/wait-until.ts';
import { startApp, type App } from '../app.ts';
import type { ProcessListing } from '../web/read-api.ts';
import { run } from './run.ts';

/** The whole daemon and the real helper, over a real guest: what a person and Prometheus are shown of it. */
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const DEADLINE = { deadlineMs: 120_000, intervalMs: 100 };

let folder: string;
let lab: Lab;
let guest: LinuxGuest;
let helper: ChildProcess;
let app: App;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-ps-'));
  lab = await startLab({ hosts: 1, name: 'ps' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'seen' });
  await guest.start();
  const { name, unixUri } = lab.host(1);
  const helperFile = join(folder, 'helper.yaml');
  await writeFile(helperFile, `peers: [0]\nqemuUsers: [root]\nlibvirtUri: ${unixUri}\nrunFolder: ${folder}/run\nstateFolder: ${folder}/state\ndomains: [{ match: { name: "seen" }, read: true }]\n`, { mode: 0o600 });
  helper = spawn(process.execPath, [MAIN, 'guest-helper', '--config', helperFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  helper.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
  await waitUntil('the guest helper', () => log.includes('the guest helper is running'), DEADLINE);
  await guest.agent.waitReady();
  await guest.agent.run('setsid sleep 71001 < /dev/null > /dev/null 2>&1 &');
  const configFile = join(folder, 'virtmedic.yaml');
  const options = {
    hosts: [{ name, uri: unixUri }],
    store: { path: join(folder, 'store.sqlite') },
    web: { listen: '127.0.0.1:0' },
    control: { listen: '127.0.0.1:0' },
    guest: { helperFolder: join(folder, 'run'), intervalSeconds: 0.5 },
    apps: [{ name: 'day', match: { commandLine: 'sleep 71001' } }, { name: 'gone', match: { commandLine: 'sleep 71002' }, tolerate: { startSeconds: 0 } }],
    log: { level: 'error' },
  };
  await writeFile(configFile, JSON.stringify(options), { mode: 0o600 });
  app = await startApp({ configFile });
}, 400_000);
afterAll(async () => {
  await app?.stop();
  if (helper?.exitCode === null) {
    helper.kill('SIGTERM');
    await once(helper, 'exit');
  }
  await lab?.down();
  await rm(folder, { recursive: true, force: true });
});

async function ps(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const url = `http://127.0.0.1:${app.addresses.control.port}`;
  const code = await run(['ps', ...args, '--url', url], { out: (text) => (out += text), note: (text) => (err += text), colour: false, nowMs: Date.now });
  return { code, out, err };
}

async function metrics(): Promise<string[]> {
  const text = await (await fetch(`http://127.0.0.1:${app.addresses.web.port}/metrics`)).text();
  return text.split('\n').filter((line) => !line.startsWith('#'));
}

it("shows a real guest's processes as its own /proc has them, without their arguments", async () => {
  await waitUntil('a first look', async () => (await metrics()).includes('virtmedic_guest_readable{host="h1",domain="seen"} 1'), DEADLINE);
  const listing = JSON.parse((await ps('seen', '--json')).out) as ProcessListing;
  const own = (await guest.agent.run('for p in /proc/[0-9]*; do echo ${p#/proc/} $(cat $p/comm); done', 60_000)).split('\n');
  const seen = new Set(listing.processes.map(({ pid, name }) => `${pid} ${name}`));
  const sleeper = listing.processes.find(({ name, argumentCount }) => name === 'sleep' && argumentCount === 1);
  expect(own).toContain(`${sleeper?.pid} sleep`);
  expect(own.filter((line) => /^[12] /.test(line)).every((line) => seen.has(line))).toBe(true);
  expect(listing.argumentsShown).toBe(false);
  expect(JSON.stringify(listing)).not.toContain('71001');
  const { code, out, err } = await ps('seen');
  expect([code, err]).toEqual([0, '']);
  expect(out.split('\n')[0]).toMatch(/^ *PID PPID UID STAT START +TIME +RSS UNIT +COMMAND$/);
  expect(out).toMatch(new RegExp(`^ *${sleeper?.pid} +\\d+ +0 S +\\S+ +00:00:00 +\\d+ \\S+ +\\S+ \\[1 argument\\]$`, 'm'));
});

it('has series of what the guest has left, as its own kernel counts it', async () => {
  const [size = NaN, blocks = NaN] = (await guest.agent.run("stat -f -c '%S %b' /tmp")).split(' ').map(Number);
  const total = Number(/^MemTotal:\s+(\d+) kB$/m.exec(await guest.agent.run('cat /proc/meminfo'))?.[1]) * 1024;
  const labels = 'host="h1",domain="seen"';
  const lines = await metrics();
  expect(lines).toContain(`virtmedic_guest_filesystem_size_bytes{${labels},mountpoint="/tmp",fstype="tmpfs"} ${size * blocks}`);
  expect(lines).toContain(`virtmedic_guest_memory_bytes{${labels},kind="total"} ${total}`);
  for (const name of ['filesystem_avail_bytes', 'memory_bytes', 'load1']) expect(lines.some((line) => line.startsWith(`virtmedic_guest_${name}{${labels}`)), name).toBe(true);
});

it('has series of its apps and of the helper, and of a paused guest none that say anything of them', async () => {
  await waitUntil('both verdicts', async () => {
    const lines = await metrics();
    return lines.includes('virtmedic_app_up{host="h1",domain="seen",app="day"} 1') && lines.includes('virtmedic_app_fault{host="h1",domain="seen",app="gone",fault="app_down"} 1');
  }, DEADLINE);
  const lines = await metrics();
  for (const line of ['virtmedic_app_processes{host="h1",domain="seen",app="day"} 1', 'virtmedic_app_processes{host="h1",domain="seen",app="gone"} 0', 'virtmedic_app_up{host="h1",domain="seen",app="gone"} 0', 'virtmedic_guest_helper_up 1', 'virtmedic_guest_helper_refusals_total{reason="peer-not-proved"} 0']) expect(lines).toContain(line);
  await guest.host.virsh('suspend', guest.name);
  await waitUntil('the pause', async () => (await metrics()).includes('virtmedic_guest_unreadable{host="h1",domain="seen",reason="paused"} 1'), DEADLINE);
  expect((await metrics()).filter((line) => /^virtmedic_app_|^virtmedic_guest_(readable|filesystem|memory|load)/.test(line))).toEqual([]);
  expect(await ps('seen')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('held') as unknown });
  await guest.host.virsh('resume', guest.name);
});
