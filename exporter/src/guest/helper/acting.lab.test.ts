import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Lab, type LinuxGuest } from '../../../../test/lab/lab.ts';
import { waitUntil } from '../../../../test/lab/wait-until.ts';
import { keyboardTarget } from '../actions/hook.ts';
import { kernelTrouble, openLabTools, type LabTools } from '../actions/testing/lab-tools.ts';
import type { GuestProcess } from '../processes/process.ts';
import { realHelper, type Asked, type RealHelper } from './testing/real-helper.ts';
import type { VerbTypes } from './verbs.ts';

/** The real helper as root, asked by another user, changes a real guest. */

let lab: Lab;
let guest: LinuxGuest;
let helper: RealHelper;
let opened: LabTools;
let generation = 1;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'acting' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'acted-on', kernel: '6.1-cloud' });
  await guest.start();
  await guest.waitHttp();
  await guest.agent.waitReady();
  opened = await openLabTools(guest);
  helper = await realHelper(guest.host.unixUri, `domains: [{ match: { uuid: ${guest.uuid} }, read: true, write: true }]\n`);
  await helper.start();
}, 300_000);

afterAll(async () => {
  await helper?.[Symbol.asyncDispose]();
  await opened?.[Symbol.asyncDispose]();
  await lab?.down();
});

/** Who listens on port 80. */
async function servers(): Promise<GuestProcess[]> {
  const seen = await helper.see(guest.uuid);
  const pids = new Set(seen.sockets?.sockets.filter(({ port }) => port === 80).map(({ pid }) => pid));
  return seen.processes.filter(({ pid }) => pids.has(pid));
}

/** The helper lets a few actions follow each other at once, and then one every few seconds. */
async function act<Name extends 'signal-process' | 'start-process' | 'restart-unit'>(verb: Name, asked: VerbTypes[Name]['asked']): Promise<Asked<Name>> {
  for (;;) {
    const answer = await helper.ask(verb, asked);
    if (answer.error !== 'rate-limited') return answer;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const named = ({ pid, startTimeNanoseconds }: GuestProcess) => ({ pid, startTimeNanoseconds });

function hookBytes(): string {
  const { kernel } = opened.tools;
  const hook = keyboardTarget(kernel);
  return `${kernel.readText(hook.command)} ${kernel.readU64(hook.functionPlace)?.toString(16)} ${kernel.readU32(hook.gate.address)} ${kernel.readU32(kernel.symbol('shift_state'))}`;
}

describe('an app of a guest', () => {
  it('is killed and started again by a user that has no rights, and serves', { timeout: 180_000 }, async () => {
    const before = await servers();
    expect(before).toHaveLength(1);
    const [server] = before as [GuestProcess];
    const hook = hookBytes();
    const other = { pid: server.pid, startTimeNanoseconds: server.startTimeNanoseconds + 1 };

    const killed = await act('signal-process', { domain: guest.uuid, generation, processes: [other, named(server)], signal: 'KILL' });
    expect(killed).toEqual({ processes: [{ ...other, result: 'gone' }, { ...named(server), result: 'sent' }], pausedMs: expect.any(Number) as number });
    await waitUntil('its end', async () => (await servers()).length === 0, { deadlineMs: 30_000 });
    await expect(guest.http('/', 2000)).rejects.toThrow();

    const command = [server.executable ?? '', ...(server.commandLine ?? [])];
    const started = await act('start-process', { domain: guest.uuid, generation, command });
    expect(started).toMatchObject({ way: 'keyboard' });
    await waitUntil('a new server', async () => (await servers()).length === 1, { deadlineMs: 30_000 });
    const [fresh] = await servers();
    expect(fresh?.startTimeNanoseconds).toBeGreaterThan(server.startTimeNanoseconds);
    expect((await guest.http('/')).status).toBe(200);
    expect([hookBytes(), await helper.unhealed(), await kernelTrouble(guest)]).toEqual([hook, [], []]);
  });

  it('is left alone where that is refused, and the answer says so', { timeout: 180_000 }, async () => {
    const init = { pid: 2, startTimeNanoseconds: (await helper.see(guest.uuid)).processes.find(({ pid }) => pid === 2)?.startTimeNanoseconds ?? 0 };
    expect(await act('signal-process', { domain: guest.uuid, generation, processes: [init], signal: 'KILL' })).toMatchObject({ error: 'process-protected', effect: 'none' });
    expect(await act('restart-unit', { domain: guest.uuid, generation, unit: 'nginx.service', killFirst: false })).toMatchObject({ error: 'no-systemd', effect: 'none' });
    generation += 1;
    await opened.tools.monitor.execute('stop');
    expect(await act('start-process', { domain: guest.uuid, generation, command: ['/bin/touch', '/tmp/never'] })).toMatchObject({ error: 'paused', effect: 'none' });
    await opened.tools.monitor.execute('cont');
    expect(await act('start-process', { domain: guest.uuid, generation: generation - 1, command: ['/bin/touch', '/tmp/never'] })).toMatchObject({ error: 'stale-generation', effect: 'none' });
    expect([(await guest.agent.ask('test -e /tmp/never')).status, await helper.unhealed()]).toEqual([1, []]);
  });
});

describe('a helper that is killed in the middle of an action', () => {
  it('heals the guest when it is started again, and nothing has been lost', { timeout: 240_000 }, async () => {
    const hook = hookBytes();
    const boot = await guest.agent.run('cat /proc/sys/kernel/random/boot_id');
    let interrupted = 0;
    for (const afterMs of [0, 15, 40]) {
      generation += 1;
      const asking = act('start-process', { domain: guest.uuid, generation, command: ['/bin/true', String(afterMs)] }).catch((error: Error) => ({ error: error.message }));
      await waitUntil('the action', async () => (await helper.unhealed()).length > 0, { deadlineMs: 60_000, intervalMs: 1 });
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await helper.kill();
      const isLeft = (await helper.unhealed()).length > 0;
      if (isLeft) {
        interrupted += 1;
        expect(await asking).toMatchObject({ error: 'helper-lost', effect: 'unknown' });
      }
      await asking;
      await helper.start();
      await waitUntil('healing', async () => (await helper.unhealed()).length === 0, { deadlineMs: 90_000 });
      if (isLeft) await expect.poll(() => helper.log(), { timeout: 10_000 }).toContain('a guest was healed');
      expect(hookBytes()).toBe(hook);
    }
    expect(interrupted).toBeGreaterThan(0);
    expect(await guest.agent.run('cat /proc/sys/kernel/random/boot_id')).toBe(boot);
    expect((await guest.http('/')).status).toBe(200);
    expect(await kernelTrouble(guest)).toEqual([]);
  });
});
