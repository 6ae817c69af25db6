import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NO_TRACES, tracesOf } from '../lab/traces.ts';
import { waitUntil } from '../lab/wait-until.ts';

interface RunningDemo {
  output(): string;
  /** Once it is known. */
  labId(): Promise<string>;
  interrupt(): void;
  ended: Promise<number | null>;
}

function startDemo(...args: string[]): RunningDemo {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => output,
    labId: () => waitUntil('the id of the lab', () => /lab ([a-z0-9]{6}) in /.exec(output)?.[1], { deadlineMs: 120_000 }),
    interrupt: () => void child.kill('SIGINT'),
    ended,
  };
}

test('one fault without a terminal: told, recovered, nothing left behind', async () => {
  const demo = startDemo('--hosts', '1', '--break', 'vm-killed');
  const id = await demo.labId();
  expect(await demo.ended, demo.output()).toBe(0);
  const told = [/seen +shut off \((failed|crashed)\) on h1/, /alert +VirtmedicDomainCrashed is firing/, /done +create: succeeded/, /serving .*boot 2 \(1 before\)/, /ended +recovered/];
  for (const line of told) expect(demo.output()).toMatch(line);
  expect(demo.output()).toMatch(/vm-killed +VM down .*\d+\.\d s +\d+\.\d s/);
  expect(await tracesOf(id)).toEqual(NO_TRACES);
});

test.each(['starting guest vm1', 'done to it'])('Ctrl-C after "%s": exit code 130, nothing left behind', async (moment) => {
  const demo = startDemo('--hosts', '1', '--break', 'vm-killed');
  const id = await demo.labId();
  await waitUntil(moment, () => demo.output().includes(moment), { deadlineMs: 120_000 });
  demo.interrupt();
  expect(await demo.ended, demo.output()).toBe(130);
  expect(await tracesOf(id)).toEqual(NO_TRACES);
});

test('a wrong word is refused with the allowed ones', async () => {
  const demo = startDemo('--break', 'vm-eaten');
  expect(await demo.ended).toBe(2);
  expect(demo.output()).toContain('--break vm-eaten: there are vm-killed, vm-deleted, vm-hung');
});
