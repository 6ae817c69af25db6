import { expect, it } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import { HelperError } from '../guest/helper/client.ts';
import type { Caller } from '../libvirt/index.ts';
import { NotConnectedError } from '../libvirt/index.ts';
import { agentError } from './guest-agent-error.ts';
import { createGuestAgentActions } from './guest-agent-actions.ts';
import type { GuestAgentActions } from './guest-agent-actions.ts';

/** A real agent in a real guest is asked in `guest-agent.lab.test.ts`. */

const ORDER = { host: 'h1', uuid: '11111111-2222-4333-8444-555555555555', generation: 7 };
const INFO = { supported_commands: ['guest-exec', 'guest-exec-status'].map((name) => ({ name, enabled: true })) };

interface Scene {
  state?: Record<string, unknown>;
  /** What `permitted` says, one after another; undefined: yes. */
  permitted?: (Error | undefined)[];
  connected?: boolean;
  lookup?: Error;
}

function scene({ state = { exited: true, exitcode: 0 }, permitted = [], connected = true, lookup }: Scene = {}) {
  const clock = createFakeClock();
  const started: { path: string; arg: string[]; 'capture-output': boolean }[] = [];
  const refused: string[] = [];
  const answers: Record<string, (args: never) => unknown> = {
    'guest-ping': () => ({}),
    'guest-info': () => INFO,
    'guest-exec': (args) => (started.push(args), { pid: 9 }),
    'guest-exec-status': () => state,
  };
  const caller = {
    call(_call: unknown, asked: { uuid?: string; command?: string }) {
      if (asked.command === undefined) return lookup ? Promise.reject(lookup) : Promise.resolve({ uuid: asked.uuid, name: 'web', id: 1 });
      const { execute, arguments: args } = JSON.parse(asked.command) as { execute: string; arguments: never };
      return Promise.resolve(JSON.stringify({ return: answers[execute]?.(args) }));
    },
  } as Caller;
  const actions = createGuestAgentActions({
    connection: () => (connected ? caller : null),
    permitted() {
      const error = permitted.shift();
      return error ? Promise.reject(error) : Promise.resolve();
    },
    clock,
    refused: (reason) => refused.push(reason),
  });
  async function run<T>(ask: (actions: GuestAgentActions, signal: AbortSignal) => Promise<T>): Promise<T | HelperError> {
    const ended = ask(actions, new AbortController().signal).catch((error: unknown) => error as HelperError);
    for (let second = 0; second < 40; second += 1) await clock.advance(1000);
    return ended;
  }
  return { run, started, refused };
}

const restart = (actions: GuestAgentActions, signal: AbortSignal) => actions.restartUnit({ ...ORDER, unit: 'nginx.service', killFirst: true }, signal);
const declared = (actions: GuestAgentActions, signal: AbortSignal) => actions.runDeclared({ ...ORDER, command: ['C:\\app\\restart.exe', 'web shop', '"$x"'] }, signal);
const start = (actions: GuestAgentActions, signal: AbortSignal) => actions.startCommand({ ...ORDER, command: ['/opt/shop', '$(reboot)'] }, signal);
const kill = (actions: GuestAgentActions, signal: AbortSignal) => actions.killProcesses({ ...ORDER, processes: [{ pid: 7, startTimeNanoseconds: 1_239_999_999 }], signal: 'KILL' }, signal);

it('restarts a unit by the guest\'s own systemctl, and tells how', async () => {
  const { run, started, refused } = scene();
  expect(await run(restart)).toEqual({ method: 'guest-agent', detail: 'unit nginx.service was killed and is started again; the agent saw it end after 100 ms' });
  expect(started).toMatchObject([{ path: '/bin/sh', arg: ['-c', expect.stringContaining('systemctl restart'), 'sh', 'nginx.service', 'kill'], 'capture-output': true }]);
  expect(refused).toEqual([]);
});

it('hands words over as they are, beside the script and never in it', async () => {
  const { run, started } = scene();
  await run(start);
  await run(declared);
  await run(kill);
  expect(started.map(({ path, arg }) => [path, ...arg.slice(path === '/bin/sh' ? 2 : 0)])).toEqual([
    ['/bin/sh', 'sh', '/opt/shop', '$(reboot)'],
    ['C:\\app\\restart.exe', 'web shop', '"$x"'],
    ['/bin/sh', 'sh', 'KILL', '7@123'],
  ]);
  expect(started.some(({ arg }) => arg[1]?.includes('reboot'))).toBe(false);
});

it('keeps no output of what goes on running, which need not end', async () => {
  const { run, started } = scene({ state: { exited: false } });
  expect(await run(start)).toMatchObject({ detail: expect.stringContaining('it still ran after') as string });
  expect(started.map((program) => program['capture-output'])).toEqual([false]);
});

it('tells how many processes were gone', async () => {
  const { run } = scene({ state: { exited: true, exitcode: 0, 'out-data': Buffer.from('1\n').toString('base64') } });
  expect(await run(kill)).toMatchObject({ detail: expect.stringContaining('SIGKILL for 7@1239999999; gone before: 1') as string });
});

it.each<[string, Scene, string, boolean]>([
  ['an opt-in is missing', { permitted: [agentError('agent-not-opted-in', 'no', { isRefusal: true })] }, 'agent-not-opted-in', true],
  ['an opt-in was taken back meanwhile', { permitted: [undefined, agentError('agent-not-opted-in', 'no', { isRefusal: true })] }, 'agent-not-opted-in', true],
  ['the host is not connected', { connected: false }, 'agent-host-unreachable', true],
  ['the host is lost', { lookup: new NotConnectedError('down') }, 'agent-host-unreachable', true],
  ['it ends with an error', { state: { exited: true, exitcode: 5, 'err-data': Buffer.from('no such unit').toString('base64') } }, 'agent-program-failed', false],
  ['it is ended by a signal', { state: { exited: true, signal: 9 } }, 'agent-program-failed', false],
  ['it does not end', { state: { exited: false } }, 'agent-timed-out', false],
])('says that it was not done where %s, and counts it', async (_, options, reason, isRefusal) => {
  const { run, started, refused } = scene(options);
  expect(await run(restart)).toMatchObject({ reason, isRefusal });
  expect([refused, started.length]).toEqual([[reason], isRefusal ? 0 : 1]);
});

it('does not count what is no refusal of the agent', async () => {
  const { run, refused } = scene({ permitted: [new Error('another executor has taken over')] });
  expect(await run(restart)).toMatchObject({ message: 'another executor has taken over' });
  expect(refused).toEqual([]);
});
