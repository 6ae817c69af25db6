import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { bootId, commandLine, identify, innermostPid, isAlive, isZombie, parseStartTicks, processesInside, signalProcess } from './process-info.ts';

const STAT = (name: string) => `4711 (${name}) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456789 1000 200 18446744073709551615`;

test('the start time stands in field 22, whatever the command is called', () => {
  for (const name of ['sh', 'tmux: server', 'a) S 1 (b', ') R 9 9 9']) expect(parseStartTicks(STAT(name)), name).toBe(123456789);
  expect(() => parseStartTicks('nonsense')).toThrow('/proc/PID/stat');
});

test('a process is known by pid and start time together', () => {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('this process exists');
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, startTicks: self.startTicks + 1 })).toBe(false);
});

test('no signal reaches a process that only has the same pid', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('the child exists');
  expect(signalProcess({ ...identity, startTicks: identity.startTicks - 1 }, 'SIGKILL')).toBe(false);
  expect(isAlive(identity)).toBe(true);
  expect(commandLine(identity.pid)).toEqual(['sleep', '60']);
  expect(signalProcess(identity, 'SIGKILL')).toBe(true);
  expect((await ended)[1]).toBe('SIGKILL');
  expect(isAlive(identity)).toBe(false);
  expect(signalProcess(identity, 'SIGKILL')).toBe(false);
});

test('what is not there is not there', () => {
  const nobody = { pid: 2 ** 22 + 1, startTicks: 1 };
  expect(identify(nobody.pid)).toBeUndefined();
  expect(isZombie(nobody.pid)).toBe(false);
  expect(commandLine(nobody.pid)).toEqual([]);
  expect(processesInside(nobody)).toEqual([]);
});

test('NSpid: the last number is the innermost', () => {
  expect(innermostPid('Name:\tlibvirtd\nNSpid:\t4711\t23\nKthread:\t0\n')).toBe(23);
  expect(innermostPid('NSpid:\t4711\n')).toBe(4711);
  expect(innermostPid('Name:\tx\n')).toBeUndefined();
});

test('the boot has an id', () => {
  expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
});
