/** The real QEMU guest agent in a Debian guest, through a real libvirtd: what it does, what it refuses, and a recovery of the whole daemon by it alone. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEBIAN_APPS, serves } from '../../../test/lab/linux-guest.ts';
import { startLab, type Lab, type LinuxGuest } from '../../../test/lab/lab.ts';
import { waitUntil } from '../../../test/lab/wait-until.ts';
import { startApp } from '../app.ts';
import { systemClock } from '../events/clock.ts';
import { openConnection, type Connection } from '../libvirt/index.ts';
import { call } from '../web/testing/test-client.ts';
import { createGuestAgentActions, type GuestAgentActions } from './guest-agent-actions.ts';

const [WEB] = DEBIAN_APPS;
const CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>";
const NANOSECONDS_PER_TICK = 1e7;

let lab: Lab;
let guest: LinuxGuest;
let connection: Connection;
let actions: GuestAgentActions;
const refused: string[] = [];

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'guest-agent' });
  guest = await lab.debianGuest(lab.host(1), { name: 'with-agent', devicesXml: CHANNEL });
  await guest.start();
  await guest.waitServing();
  await guest.agent.waitReady();
  connection = await openConnection({ uri: guest.host.unixUri });
  actions = createGuestAgentActions({ connection: () => connection, permitted: () => Promise.resolve(), clock: systemClock, refused: (reason) => refused.push(reason) });
}, 400_000);

afterAll(async () => {
  await connection?.close();
  await lab?.down();
});

const never = new AbortController().signal;
const order = (uuid = guest.uuid) => ({ host: 'h1', uuid, generation: 1 });
const restart = (killFirst: boolean, uuid = guest.uuid) => actions.restartUnit({ ...order(uuid), unit: WEB.unit, killFirst }, never);
const say = async (script: string): Promise<string> => (await guest.agent.run(script)).trim();
const mainPid = () => say(`systemctl show --property=MainPID --value ${WEB.unit}`);
const AGENT_CONFIG = '/etc/qemu/qemu-ga.conf';
const agentAnswers = () => waitUntil('the agent', async () => (await guest.host.virsh('qemu-agent-command', guest.name, '{"execute":"guest-ping"}')) !== '', { deadlineMs: 60_000 });

/** Given up by systemd at the second start in an hour. */
const FLAKY = 'flaky.service';

it('restarts a unit that was killed, and one that systemd gave up', { timeout: 300_000 }, async () => {
  const before = await mainPid();
  await say(`systemctl kill -s KILL ${WEB.unit}`);
  expect(await restart(false)).toMatchObject({ method: 'guest-agent' });
  expect(await mainPid()).not.toBe(before);
  await waitUntil('a page', () => serves(guest.address, WEB), { deadlineMs: 60_000 });
  await say(`printf "[Unit]\\nStartLimitIntervalSec=1h\\nStartLimitBurst=1\\n[Service]\\nExecStart=/usr/bin/sleep 9999\\n" > /run/systemd/system/${FLAKY}; systemctl start ${FLAKY}; systemctl kill -s KILL ${FLAKY}; ! systemctl restart ${FLAKY}`);
  await actions.restartUnit({ ...order(), unit: FLAKY, killFirst: false }, never);
  expect(await say(`systemctl is-active ${FLAKY}`)).toBe('active');
  expect(refused).toEqual([]);
});

it('starts a command apart from the agent, and kills that process and no other', { timeout: 200_000 }, async () => {
  await actions.startCommand({ ...order(), command: ['/usr/bin/sleep', '98765'] }, never);
  const pid = Number(await say('pgrep -f "sleep 98765"'));
  expect(await say(`cat /proc/${pid}/cgroup`)).toMatch(/\.scope$/);
  const ticks = Number(await say(`cut -d" " -f22 /proc/${pid}/stat`));
  const other = Number(await say('pgrep -o nginx'));
  const started = (of: number, startTicks: number) => ({ pid: of, startTimeNanoseconds: startTicks * NANOSECONDS_PER_TICK + 5 });
  const { detail } = await actions.killProcesses({ ...order(), processes: [started(other, 1), started(pid, ticks)], signal: 'KILL' }, never);
  expect(detail).toContain('gone before: 1');
  await say(`kill -0 ${other} && ! kill -0 ${pid}`);
});

it('tells what was not done, and why', { timeout: 200_000 }, async () => {
  refused.length = 0;
  await expect(actions.runDeclared({ ...order(), command: ['C:\\Windows\\nothing.exe', 'x'] }, never)).rejects.toMatchObject({ reason: 'agent-command-failed', isRefusal: true });
  await expect(actions.runDeclared({ ...order(), command: ['/bin/sh', '-c', 'echo "no such thing" >&2; exit 3'] }, never)).rejects.toMatchObject({
    reason: 'agent-program-failed', isRefusal: false, message: expect.stringMatching(/ended with 3 .*: no such thing$/) as string,
  });
  await say(`printf "[general]\\nblock-rpcs=guest-exec\\n" > ${AGENT_CONFIG}; systemctl restart qemu-guest-agent`);
  await agentAnswers();
  await expect(restart(false)).rejects.toMatchObject({ reason: 'agent-command-blocked', isRefusal: true });
  await say(`rm ${AGENT_CONFIG}; systemctl stop qemu-guest-agent`);
  await waitUntil('its end', async () => (await guest.host.virsh('dumpxml', guest.name)).includes("name='org.qemu.guest_agent.0' state='disconnected'"), { deadlineMs: 60_000 });
  await expect(restart(false)).rejects.toMatchObject({ reason: 'agent-not-connected', isRefusal: true });
  await say('systemctl start qemu-guest-agent');
  await agentAnswers();
  const without = lab.guest(guest.host, { name: 'no-channel' });
  await without.define();
  await expect(restart(false, without.uuid)).rejects.toMatchObject({ reason: 'agent-domain-not-running', isRefusal: true });
  await without.start();
  await expect(restart(false, without.uuid)).rejects.toMatchObject({ reason: 'agent-not-configured', isRefusal: true });
  await without.remove();
  expect(refused).toEqual(['agent-command-failed', 'agent-program-failed', 'agent-command-blocked', 'agent-not-connected', 'agent-domain-not-running', 'agent-not-configured']);
});

it('recovers an app that only probes tell of, with no helper, and history says what that rests on', { timeout: 200_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guest-agent-'));
  const configFile = join(folder, 'virtmedic.yaml');
  const probes = [{ type: 'http', url: `http://${guest.address}/`, intervalSeconds: 1, failures: 2 }];
  await writeFile(configFile, JSON.stringify({
    hosts: [{ name: 'h1', uri: guest.host.unixUri }],
    web: { listen: '127.0.0.1:0' }, control: { listen: '127.0.0.1:0' }, store: { path: join(folder, 'virtmedic.db') }, log: { level: 'error' },
    recovery: { verifySeconds: 2, ladders: { app_hung: { rungs: [{ action: 'restart_app', timeoutSeconds: 90 }] } } },
    domains: [{ managed: true, trigger: 'direct', guestAgent: true }],
    guest: { agent: true },
    apps: [{ name: 'web', probes, start: { unit: WEB.unit }, tolerate: { startSeconds: 0 } }],
  }));
  const app = await startApp({ configFile });
  try {
    const api = `http://127.0.0.1:${app.addresses.control.port}/api/v1`;
    const isUp = async () => JSON.stringify((await call(`${api}/domains`)).body).includes('"state":"up"');
    await waitUntil('an answered probe', isUp, { deadlineMs: 60_000 });
    const before = await mainPid();
    await say(`systemctl kill -s STOP ${WEB.unit}`);
    type Ended = { id: string; outcome: string | null; outcomeText: string };
    const ended = async () => ((await call(`${api}/recoveries`)).body.items as Ended[] | undefined)?.find(({ outcome }) => outcome !== null);
    await waitUntil('the end of the recovery', async () => (await ended()) !== undefined, { deadlineMs: 120_000 });
    const recovery = await ended();
    expect(recovery).toMatchObject({ outcome: 'recovered', outcomeText: expect.stringContaining('by its probes alone') as string });
    const { steps } = (await call(`${api}/recoveries/${recovery?.id ?? ''}`)).body as { steps: { name: string; state: string; detail: string }[] };
    expect(steps.map(({ name, state }) => [name, state])).toEqual([[`kill and restart unit ${WEB.unit}`, 'failed'], [`kill and restart unit ${WEB.unit} by guest-agent`, 'succeeded']]);
    expect(steps[1]?.detail).toMatch(/^processes before: not listed; guest-agent: unit nginx\.service was killed/);
    expect(await mainPid()).not.toBe(before);
    expect(await serves(guest.address, WEB)).toBe(true);
  } finally {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
