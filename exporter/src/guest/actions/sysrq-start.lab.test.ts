import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Lab, type LinuxGuest } from '../../../../test/lab/lab.ts';
import { waitUntil } from '../../../../test/lab/wait-until.ts';
import { sysrqTarget } from './hook.ts';
import { startByKeyboard } from './keyboard-start.ts';
import { startBySysrq, type SerialConsole } from './sysrq-start.ts';
import { kernelTrouble, openLabTools, type LabTools } from './testing/lab-tools.ts';
import { reasonOf } from './testing/simulated-tools.ts';

/** A guest without any keyboard, on a kernel for real time. */

let lab: Lab;
let guest: LinuxGuest;
let opened: LabTools;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'sysrq' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'keyless', kernel: '6.12-rt', cpu: 'max', keyboard: false });
  await guest.start();
  await guest.agent.waitReady();
  opened = await openLabTools(guest);
});

afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  await lab?.down();
});

/** The guest's console on a socket from now on: a file can be written to by nobody. */
async function openConsole(): Promise<SerialConsole & Disposable> {
  const path = join(opened.folder, 'console.sock');
  const { monitor } = opened.tools;
  const backend = { type: 'socket', data: { addr: { type: 'unix', data: { path } }, server: true, wait: false } };
  await monitor.execute('chardev-change', { id: 'charserial0', backend });
  const socket = connect(path);
  socket.resume();
  await once(socket, 'connect');
  return {
    async breakAndType(text) {
      await monitor.execute('chardev-send-break', { id: 'charserial0' });
      await sleep(100);
      socket.write(text);
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

function hookBytes(): string {
  const { kernel } = opened.tools;
  const hook = sysrqTarget(kernel);
  return [hook.command, hook.functionPlace, hook.gate.address].map((address) => `${kernel.readText(address)} ${kernel.readU64(address)?.toString(16)}`).join(' ');
}

describe('a guest without a keyboard', () => {
  it('is not written to by the keyboard', async () => {
    const before = hookBytes();
    expect(await reasonOf(startByKeyboard(opened.tools, ['/bin/touch', '/tmp/never']))).toBe('keyboard-dead');
    expect([hookBytes(), opened.tools.journal.domains()]).toEqual([before, []]);
  });

  it('runs commands that come over its serial console, and is as it was', async () => {
    using console = await openConsole();
    await guest.agent.run('echo 1 > /proc/sys/kernel/sysrq');
    expect(await reasonOf(startBySysrq(opened.tools, console, ['/bin/touch', '/tmp/never']))).toBe('sysrq-open');
    // What Debian has.
    await guest.agent.run('echo 438 > /proc/sys/kernel/sysrq');
    const before = hookBytes();
    for (const name of ['a', 'b', 'c']) {
      await startBySysrq(opened.tools, console, ['/bin/touch', `/tmp/${name}`]);
      expect([hookBytes(), opened.tools.journal.domains()]).toEqual([before, []]);
      await waitUntil('the file', async () => (await guest.agent.ask(`test -e /tmp/${name}`)).status === 0, { deadlineMs: 10_000 });
    }
    expect(await kernelTrouble(guest)).toEqual([]);
    expect(await guest.agent.run('dmesg')).not.toMatch(/Out of memory|Killed process/);
  });
});
