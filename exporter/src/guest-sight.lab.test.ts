import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startLab, type Lab, type LinuxGuest } from '../../test/lab/lab.ts';
import { waitUntil } from '../../test/lab/wait-until.ts';
import { configSchema } from './config/schema.ts';
import { systemClock } from './events/clock.ts';
import { createGuestSight, type GuestSight } from './guest-sight.ts';
import { createPerception, type Perception } from './perception/index.ts';

/** The real helper as a process of its own, and a real guest with two apps: one that the configuration declares, one that the domain does. */
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const METADATA = `<v:apps xmlns:v='urn:virtmedic:apps:1'><v:app name='night'><v:match commandLine='sleep 71002'/></v:app></v:apps>`;
const START = { day: 'setsid sleep 71001 < /dev/null > /dev/null 2>&1 & echo $! > /tmp/day', night: 'setsid sleep 71002 < /dev/null > /dev/null 2>&1 &' };
const DEADLINE = { deadlineMs: 120_000, intervalMs: 50 };

let folder: string;
let lab: Lab;
let guest: LinuxGuest;
let helper: ChildProcess | null = null;
let perception: Perception;
let sight: GuestSight;
const warnings: string[] = [];
/** What was told of apps, in order. */
const told: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-sight-'));
  lab = await startLab({ hosts: 1, name: 'sight' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'sight', metadataXml: METADATA });
  await guest.start();
  await startHelper();
  await guest.agent.waitReady();
  await guest.agent.run(`${START.day}\n${START.night}`);
  watch();
}, 400_000);
afterEach(() => told.splice(0));
afterAll(async () => {
  sight?.stop();
  await perception?.stop();
  await endHelper('SIGTERM');
  await lab?.down();
  await rm(folder, { recursive: true, force: true });
});

async function startHelper(): Promise<void> {
  const file = join(folder, 'helper.yaml');
  const domains = 'domains: [{ match: { name: "sight" }, read: true }]';
  await writeFile(file, `peers: [0]\nqemuUsers: [root]\nlibvirtUri: ${lab.host(1).unixUri}\nrunFolder: ${folder}/run\nstateFolder: ${folder}/state\n${domains}\n`, { mode: 0o600 });
  const child = spawn(process.execPath, [MAIN, 'guest-helper', '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  helper = child;
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await waitUntil('the guest helper', () => log.includes('the guest helper is running'), DEADLINE);
}

async function endHelper(signal: NodeJS.Signals): Promise<void> {
  const child = helper;
  helper = null;
  if (child === null || child.exitCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

function watch(): void {
  const host = lab.host(1);
  const config = configSchema.parse({
    hosts: [{ name: host.name, uri: host.unixUri }],
    sampling: { intervalSeconds: 1 },
    guest: { helperFolder: join(folder, 'run'), intervalSeconds: 0.5 },
    apps: [{ name: 'day', match: { commandLine: 'sleep 71001' }, domains: { name: 'sigh?' }, tolerate: { stoppedSeconds: 1 } }],
  });
  perception = createPerception({
    config,
    clock: systemClock,
    settingsFor: () => ({ managed: false, probes: [] }),
    onEvent: (event) => sight.onPerception(event),
    onDefinition: () => undefined,
  });
  sight = createGuestSight({
    config: () => config,
    clock: systemClock,
    perception: () => perception,
    onAppChanged(_uuid, app) {
      const verdict = sight.view.app(guest.uuid, app)?.verdict;
      told.push(`${app} ${verdict?.fault ?? verdict?.state ?? 'gone'}`);
    },
    log: { info: () => undefined, warn: (_fields, text) => warnings.push(text) },
  });
  perception.start();
  sight.start();
}

const is = (app: string, wanted: string) =>
  waitUntil(`${app} ${wanted}`, () => [sight.view.app(guest.uuid, app)?.verdict.state, sight.view.app(guest.uuid, app)?.verdict.fault].includes(wanted as never), DEADLINE);
const run = (script: string) => guest.agent.run(script, 60_000);

it('sees apps run, whoever declares them', async () => {
  await is('day', 'up');
  await is('night', 'up');
  expect(sight.view.of(guest.uuid).map(({ app, declaredBy }) => [app.name, declaredBy])).toEqual([
    ['day', 'configuration'],
    ['night', 'metadata'],
  ]);
  expect(sight.view.guest(guest.uuid)).toMatchObject({ host: 'h1', domain: 'sight', reading: 'ok', reason: null, liveness: { panicked: false } });
  const { processes } = await sight.view.processes(guest.uuid, AbortSignal.timeout(30_000));
  expect(processes.filter(({ commandLine }) => commandLine?.[0] === 'sleep' && commandLine[1]?.startsWith('7100')).length).toBe(2);
});

it('sees an app that was killed go down, and come back; the other stays up', async () => {
  await run('kill -9 $(cat /tmp/day)');
  await is('day', 'app_down');
  await run(START.day);
  await is('day', 'up');
  expect(told.filter((text) => text.startsWith('day'))).toEqual(['day doubtful', 'day app_down', 'day up']);
  expect(told.filter((text) => text.startsWith('night'))).toEqual([]);
});

it('sees an app that is stopped hang, and serve again', async () => {
  await run('kill -STOP $(cat /tmp/day)');
  await is('day', 'app_hung');
  expect(sight.view.app(guest.uuid, 'day')?.verdict.evidence).toMatchObject([{ kind: 'stopped', processes: 1 }]);
  await run('kill -CONT $(cat /tmp/day)');
  await is('day', 'up');
  expect(told).toEqual(['day doubtful', 'day app_hung', 'day up']);
});

it("tells perception what the guest's kernel shows, which holds for a guest that runs", async () => {
  const health = () => perception.view.observed(guest.uuid, null);
  perception.guestSeen('h1', guest.uuid, { panicked: "panic in the guest's kernel", frozen: null });
  expect(health()).toMatchObject({ health: 'panicked', evidence: ["panic in the guest's kernel"] });
  perception.guestSeen('h1', guest.uuid, { panicked: null, frozen: null });
  expect(health()).toMatchObject({ health: 'healthy', evidence: [] });
  perception.guestSeen('h1', guest.uuid, { panicked: null, frozen: 'jiffies frozen' });
  await guest.host.virsh('suspend', guest.name);
  await waitUntil('the pause', () => health().kind === 'present' && (health() as { state: string }).state === 'paused', DEADLINE);
  perception.guestSeen('h1', guest.uuid, { panicked: 'of before', frozen: null });
  expect(health()).toMatchObject({ health: 'healthy' });
  await guest.host.virsh('resume', guest.name);
  await is('day', 'up');
});

it('knows nothing of a guest that is held, and all of it when it goes on', async () => {
  await guest.host.virsh('suspend', guest.name);
  await is('day', 'unknown');
  expect(sight.view.guest(guest.uuid)).toMatchObject({ reading: 'unknown', reason: 'paused' });
  await guest.host.virsh('resume', guest.name);
  await is('day', 'up');
  expect(told.filter((text) => text.includes('app_'))).toEqual([]);
});

it('knows nothing while the helper is gone, and takes none of it for a fault', async () => {
  await endHelper('SIGKILL');
  await is('day', 'unknown');
  await is('night', 'unknown');
  await startHelper();
  await is('day', 'up');
  await is('night', 'up');
  expect(told.filter((text) => text.includes('app_'))).toEqual([]);
  expect(warnings.filter((text) => text.startsWith('guests cannot be looked into')).length).toBeGreaterThanOrEqual(1);
});

it('takes no boot for a fault, and sees the apps of the new one', async () => {
  const bootId = await run('cat /proc/sys/kernel/random/boot_id');
  await guest.host.virsh('reset', guest.name);
  await waitUntil('a guest that boots', () => told.some((text) => text !== 'day up'), DEADLINE);
  await guest.agent.waitReady();
  await run(`${START.day}\n${START.night}`);
  await is('day', 'up');
  await is('night', 'up');
  expect(await run('cat /proc/sys/kernel/random/boot_id')).not.toBe(bootId);
  expect(told.filter((text) => text.includes('app_'))).toEqual([]);
});

it("sees a panic in the guest's kernel, which libvirt knows nothing of", async () => {
  const observed = () => perception.view.observed(guest.uuid, null) as { state: string; health: string; evidence: string[] };
  expect(observed()).toMatchObject({ state: 'running', health: 'healthy' });
  await guest.fault('panic');
  await waitUntil('the panic', () => observed().health === 'panicked', DEADLINE);
  expect(observed()).toMatchObject({ state: 'running', evidence: ["panic in the guest's kernel"] });
  expect(sight.view.guest(guest.uuid)).toMatchObject({ liveness: { panicked: true }, health: { panicked: "panic in the guest's kernel" } });
  expect(told.filter((text) => text.includes('app_'))).toEqual([]);
  await guest.host.virsh('reset', guest.name);
  await waitUntil('a guest that is well', () => observed().health === 'healthy', DEADLINE);
});
