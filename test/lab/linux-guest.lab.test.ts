import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guestProcesses } from './guest-processes.ts';
import { startLab } from './lab.ts';
import type { Lab, LinuxGuest } from './lab.ts';

let lab: Lab;
let guest: LinuxGuest;
beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'linux' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'tiny', kernel: '6.12-cloud', cpu: 'max', pageTableLevels: 4, keyboard: false });
  await guest.start();
  await guest.agent.waitReady();
});
afterAll(() => lab?.down());

test('it is the kernel that was asked for, with the options that were asked for', async () => {
  expect(await guest.agent.run('uname -r')).toMatch(/^6\.12\..*-cloud-amd64\n$/);
  expect(await guest.agent.run('cat /proc/cmdline')).toContain(' no5lvl');
  // The controller that the keyboard hangs on is not there, and says so while booting.
  expect(await guest.agent.run('dmesg | grep -i i8042')).toMatch(/No controller found|PNP: No PS\/2 controller/);
  expect(guest.console()).toContain('guest up after');
});

test('the agent: status, both outputs, large and binary files, errors', async () => {
  expect(await guest.agent.ask('echo out; echo "it\'s" >&2; exit 7')).toEqual({ status: 7, stdout: Buffer.from('out\n'), stderr: "it's\n" });
  const sum = (await guest.agent.run('head -c 200000 /dev/urandom > /tmp/x; sha256sum /tmp/x')).split(' ')[0];
  const bytes = await guest.agent.readFile('/tmp/x');
  expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([200_000, sum]);
  expect((await guest.agent.readFile('/proc/kallsyms')).toString()).toMatch(/^[0-9a-f]{16} \w \w+\n[\s\S]* init_task\n/);
  await expect(guest.agent.readFile("/no/it's")).rejects.toThrow('No such file');
  const [first, second] = await Promise.all([guest.agent.run('echo 1'), guest.agent.run('echo 2')]);
  expect([first, second]).toEqual(['1\n', '2\n']);
});

test('the guest\'s own list of processes: what was just started is in it, what lists is not', async () => {
  await guest.agent.run('setsid sleep 4711 < /dev/null > /dev/null 2>&1 &');
  const processes = await guestProcesses(guest.agent);
  expect(processes.find(({ commandLine }) => commandLine.join(' ') === 'sleep 4711')).toMatchObject({
    name: 'sleep', state: 'S', threads: 1, uid: 0, executable: '/bin/busybox', residentKibibytes: expect.any(Number),
  });
  expect(processes.find(({ pid }) => pid === 2)).toMatchObject({ name: 'kthreadd', executable: null, commandLine: [], residentKibibytes: null });
  expect(processes.filter(({ name }) => ['head', 'grep', 'cat'].includes(name))).toEqual([]);
});
