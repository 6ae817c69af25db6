import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Lab, type LinuxGuest } from '../../../../test/lab/lab.ts';
import { waitUntil } from '../../../../test/lab/wait-until.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Monitor } from '../memory/memory.ts';
import { readDomainFacts } from './domain-facts.ts';
import { connectGdb } from './gdb/client.ts';
import { newSocketPath, openGdbserver } from './gdb/server.ts';
import { healDomain } from './heal.ts';
import { keyboardTarget } from './hook.ts';
import type { Journal } from './journal.ts';
import { startByKeyboard } from './keyboard-start.ts';
import { signalProcess } from './signal-process.ts';
import { startByInjection } from './start-process.ts';
import { hasStaticUsermodehelper } from './static-helper.ts';
import { createActionTasks, type ActionTask } from './tasks.ts';
import { kernelTrouble, openLabTools, type LabTools } from './testing/lab-tools.ts';
import { reasonOf } from './testing/simulated-tools.ts';
import type { ActionTools } from './tools.ts';

/** Real guests: whatever is done to them, they go on, and are afterwards as they were. */

let lab: Lab;
let guest: LinuxGuest;
let opened: LabTools;
let monitor: Monitor;
let kernel: Kernel;
let journal: Journal;
let folder: string;
let tools: ActionTools;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'actions' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'acted', kernel: '6.12-cloud', cpu: 'max' });
  await guest.start();
  await guest.agent.waitReady();
  opened = await openLabTools(guest);
  ({ tools, folder } = opened);
  ({ monitor, kernel, journal } = tools);
});

afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  await lab?.down();
});

/** All that a start by the keyboard changes, as it is now. */
function hookBytes(): string {
  const hook = keyboardTarget(kernel);
  const places: [bigint, number][] = [[hook.command, 256], [hook.functionPlace, 8], [hook.gate.address, 4], [kernel.symbol('poweroff_force'), 1]];
  return places
    .map(([address, length]) => {
      const bytes = Buffer.alloc(length);
      if (!kernel.read(address, bytes)) throw new Error('the hook cannot be read');
      return bytes.toString('hex');
    })
    .join(' ');
}

const exists = async (path: string) => (await guest.agent.ask(`test -e '${path}'`)).status === 0;
const status = async () => ((await monitor.execute('query-status')) as { status: string }).status;

async function startSleeper(): Promise<ActionTask> {
  const pid = Number((await guest.agent.run('sleep 100000 </dev/null >/dev/null 2>&1 & echo $!')).trim());
  const task = createActionTasks(kernel).list()?.find((candidate) => candidate.pid === pid);
  if (task === undefined) throw new Error(`process ${pid} is not in the list`);
  return task;
}

const stateOf = async (pid: number) => (await guest.agent.ask(`cut -d' ' -f3 /proc/${pid}/stat`)).stdout.toString().trim();

async function expectUnharmed(): Promise<void> {
  expect(await status()).toBe('running');
  expect(await kernelTrouble(guest)).toEqual([]);
  expect(journal.domains()).toEqual([]);
}

describe('a domain that nothing is wrong with', () => {
  it('is seen so', async () => {
    expect(await readDomainFacts(monitor, tools.libvirt)).toEqual({
      status: 'running',
      migration: null,
      jobs: [],
      blockJobs: [],
      launchSecurity: null,
      confidentialGuest: null,
      gdbserver: null,
      unclear: [],
    });
    expect(hasStaticUsermodehelper(kernel)).toBe(false);
  });
});

describe('a start by the keyboard', () => {
  it('runs the command and leaves the guest as it was, each time', async () => {
    const before = hookBytes();
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await startByKeyboard(tools, ['/bin/touch', `/tmp/${name}`]);
      expect(hookBytes()).toBe(before);
      await waitUntil('the file', () => exists(`/tmp/${name}`), { deadlineMs: 10_000 });
    }
    await expectUnharmed();
  });

  it('tells the process', async () => {
    const result = await startByKeyboard(tools, ['/bin/sleep', '4242']);
    expect((await guest.agent.run(`tr '\\0' ' ' < /proc/${result.process?.pid ?? 0}/cmdline`)).trim()).toBe('/bin/sleep 4242');
    expect((await guest.agent.run(`cat /proc/${result.process?.pid ?? 0}/status`)).toString()).toMatch(/^Uid:\s+0/m);
  });

  it('of a program that is not there neither starts nor powers off anything', async () => {
    const before = hookBytes();
    await startByKeyboard(tools, ['/bin/is-not-there']);
    expect(hookBytes()).toBe(before);
    await expectUnharmed();
  });

  it('that dies between hook and key is healed: the guest runs on and is as it was', async () => {
    const before = hookBytes();
    let isDead = false;
    const dying: Monitor = {
      human: monitor.human.bind(monitor),
      execute: async (command, args) => {
        isDead ||= JSON.stringify(args ?? {}).includes('delete');
        if (isDead) throw new Error('killed');
        return monitor.execute(command, args);
      },
    };
    expect(await reasonOf(startByKeyboard({ ...tools, monitor: dying }, ['/bin/touch', '/tmp/never'], { modifiersMs: 5000, fenceMs: 200, workMs: 1000 }))).toBe('fence-lost');
    expect(hookBytes()).not.toBe(before);
    expect(await reasonOf(startByKeyboard(tools, ['/bin/true', '1']))).toBe('journal-unhealed');
    await waitUntil('healing', async () => (await healDomain(opened.healTools)).result === 'healed', { deadlineMs: 20_000 });
    expect(hookBytes()).toBe(before);
    expect(await healDomain(opened.healTools)).toMatchObject({ result: 'clean' });
    expect(await exists('/tmp/never')).toBe(false);
    await expectUnharmed();
  });
});

describe('a guest slowed to a crawl', () => {
  it('is never restarted by a start, and is as it was after each', async () => {
    const before = hookBytes();
    const boot = await guest.agent.run('cat /proc/sys/kernel/random/boot_id');
    const pid = tools.domain.qemuPid;
    const crawl = setInterval(() => {
      process.kill(pid, 'SIGSTOP');
      setTimeout(() => process.kill(pid, 'SIGCONT'), 90);
    }, 100);
    const outcomes: unknown[] = [];
    try {
      for (let run = 0; run < 8; run++) {
        outcomes.push(await reasonOf(startByKeyboard(tools, ['/bin/touch', `/tmp/slow${run}`])));
        expect(hookBytes()).toBe(before);
        expect(journal.domains()).toEqual([]);
      }
    } finally {
      clearInterval(crawl);
      await new Promise((resolve) => setTimeout(resolve, 200));
      process.kill(pid, 'SIGCONT');
    }
    // So slow that it does not notice the keys in time is allowed; nothing is written then.
    const started = outcomes.flatMap((outcome, run) => (typeof outcome === 'object' ? [run] : []));
    for (const outcome of outcomes) expect(typeof outcome === 'object' || outcome === 'keyboard-dead').toBe(true);
    for (const run of started) await waitUntil('the file', () => exists(`/tmp/slow${run}`), { deadlineMs: 10_000 });
    expect(await guest.agent.run('ls /tmp | grep -c ^slow || true')).toBe(`${started.length}\n`);
    expect(await guest.agent.run('cat /proc/sys/kernel/random/boot_id')).toBe(boot);
    await expectUnharmed();
  });
});

describe('injection', () => {
  it('starts a program with arguments of any kind, and says when it cannot', async () => {
    const result = await startByInjection(tools, folder, ['/bin/touch', '/tmp/two words', '/tmp/"ä"']);
    expect(result.started).toBe('returned');
    await waitUntil('the files', async () => (await exists('/tmp/two words')) && exists('/tmp/"ä"'), { deadlineMs: 10_000 });
    expect(await reasonOf(startByInjection(tools, folder, ['/bin/is-not-there']))).toBe('call-failed');
    await expectUnharmed();
  });

  it('signals the process that is meant and no other', async () => {
    const [first, second] = [await startSleeper(), await startSleeper()];
    await signalProcess(tools, folder, first, 'STOP');
    await waitUntil('its stop', async () => (await stateOf(first.pid)) === 'T', { deadlineMs: 10_000 });
    expect(await stateOf(second.pid)).toBe('S');
    expect(await reasonOf(signalProcess(tools, folder, { ...second, startTimeNanoseconds: first.startTimeNanoseconds }, 'KILL'))).toBe('process-gone');
    await signalProcess(tools, folder, first, 'KILL');
    await waitUntil('its end', async () => (await stateOf(first.pid)) === '', { deadlineMs: 10_000 });
    expect(await stateOf(second.pid)).toBe('S');
    const init = createActionTasks(kernel).list()?.find(({ pid }) => pid === 1);
    expect(await reasonOf(signalProcess(tools, folder, { pid: 1, startTimeNanoseconds: init?.startTimeNanoseconds ?? 0 }, 'TERM'))).toBe('process-protected');
    await expectUnharmed();
  });

  it("refuses beside somebody else's debugger, and leaves that alone", async () => {
    const path = join(folder, 'theirs.sock');
    await monitor.human(`gdbserver unix:${path},server=on,wait=off`);
    expect(await reasonOf(startByInjection(tools, folder, ['/bin/true']))).toBe('foreign-gdbserver');
    expect((await readDomainFacts(monitor, null)).gdbserver).toContain('theirs.sock');
    await monitor.human('gdbserver none');
    await expectUnharmed();
  });

  it('that dies with breakpoints set leaves the guest standing, and healing lets it run', async () => {
    const path = newSocketPath(folder);
    journal.write({ domain: tools.domain.uuid, kind: 'injection', openedAt: new Date().toISOString(), qemuPid: tools.domain.qemuPid, qemuStartTicks: tools.domain.qemuStartTicks, boot: '0'.repeat(64), work: 0n, hookFunction: 0n, writes: [], gdbSocket: path, gracePeriod: null });
    await openGdbserver(monitor, path);
    const client = await connectGdb(path, 5000);
    await client.order(`Z1,${kernel.symbol('__x64_sys_read').toString(16)},1`);
    client.go();
    expect(await Promise.all([client.nextStop(30_000), guest.agent.ask('cat /proc/version', 2000).catch(() => null)])).not.toContain(undefined);
    client.close();
    expect(await status()).not.toBe('running');
    expect(await reasonOf(startByKeyboard(tools, ['/bin/true', '1']))).toBe('journal-unhealed');
    expect(await healDomain(opened.healTools)).toMatchObject({ result: 'healed' });
    expect(await healDomain(opened.healTools)).toMatchObject({ result: 'clean' });
    await guest.agent.waitReady();
    await expectUnharmed();
  });
});

describe('a paused domain', () => {
  it('is refused by every way', async () => {
    await monitor.execute('stop');
    expect(await reasonOf(startByKeyboard(tools, ['/bin/true', '1']))).toBe('paused');
    expect(await reasonOf(startByInjection(tools, folder, ['/bin/true']))).toBe('paused');
    await monitor.execute('cont');
    await expectUnharmed();
  });
});
