import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Lab, type LinuxGuest } from '../../../../test/lab/lab.ts';
import { waitUntil } from '../../../../test/lab/wait-until.ts';
import { healDomain } from './heal.ts';
import { keyboardTarget } from './hook.ts';
import { kernelTrouble, openLabTools, type LabTools } from './testing/lab-tools.ts';

/** kill -9 at any moment of an action: the guest runs on, and healing leaves it as it was. */

let lab: Lab;
let guest: LinuxGuest;
let opened: LabTools;
/** More by hand: KILLS=50. */
const KILLS = Number(process.env['KILLS'] ?? 5);
const SCRIPT = join(import.meta.dirname, 'testing', 'act-and-be-killed.ts');

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'killed' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'survivor', kernel: '6.1-cloud', vcpus: 2 });
  await guest.start();
  await guest.agent.waitReady();
  opened = await openLabTools(guest);
});

afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  await lab?.down();
});

function hookBytes(): string {
  const { kernel } = opened.tools;
  const hook = keyboardTarget(kernel);
  const gate = kernel.readU32(hook.gate.address);
  return `${kernel.readText(hook.command)} ${kernel.readU64(hook.functionPlace)?.toString(16)} ${gate} ${kernel.readU32(kernel.symbol('shift_state'))}`;
}

async function actAndKill(way: string, afterMs: number): Promise<void> {
  const args = [guest.host.unixUri, guest.name, String(opened.tools.domain.qemuPid), opened.folder, way];
  const child = spawn(process.execPath, ['--no-warnings', SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), end]);
  expect(child.exitCode).toBeNull();
  await sleep(afterMs);
  child.kill('SIGKILL');
  expect((await end)[1]).toBe('SIGKILL');
}

describe.each([
  ['keyboard', 150],
  ['injection', 1500],
])('killed while it acts by %s', (way, mostMs) => {
  it('at random moments, the guest runs on and is as it was', { timeout: 60_000 + KILLS * 15_000 }, async () => {
    const before = hookBytes();
    const boot = await guest.agent.run('cat /proc/sys/kernel/random/boot_id');
    const results: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      await actAndKill(way, Math.random() * mostMs);
      await waitUntil('healing', async () => {
        const { result } = await healDomain(opened.healTools);
        if (result !== 'left') results.push(result);
        return result !== 'left';
      }, { deadlineMs: 30_000 });
      expect(((await opened.tools.monitor.execute('query-status')) as { status: string }).status).toBe('running');
      expect([hookBytes(), opened.tools.journal.domains()]).toEqual([before, []]);
    }
    expect(results.filter((result) => result === 'healed' || result === 'clean')).toHaveLength(KILLS);
    expect(await guest.agent.run('cat /proc/sys/kernel/random/boot_id')).toBe(boot);
    expect(await kernelTrouble(guest)).toEqual([]);
    if (KILLS > 5) process.stderr.write(`${way}: ${results.filter((result) => result === 'healed').length} of ${results.length} had something left\n`);
  });
});
