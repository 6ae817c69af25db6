import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import type { HelperError } from '../guest/helper/client.ts';
import type { QemuGuestAgent } from '../libvirt/index.ts';
import { AgentAnswerError } from '../libvirt/index.ts';
import { runInGuest } from './guest-agent.ts';
import type { GuestProgram, GuestProgramEnd } from './guest-agent.ts';

/** A real agent in a real guest is asked in `guest-agent.lab.test.ts`. */

const PROGRAM: GuestProgram = { path: '/bin/x', args: ['a b'], capture: true, limitMs: 3000 };
const INFO = { version: '7', supported_commands: ['guest-ping', 'guest-exec', 'guest-exec-status'].map((name) => ({ name, enabled: true, 'success-response': true })) };
const ENDED = { exited: true, exitcode: 0 };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

type Answers = Partial<Record<'guest-ping' | 'guest-info' | 'guest-exec' | 'guest-exec-status', unknown>>;

/** An agent that answers what a test says; the last answer to a poll lasts. */
function scene(answers: Answers = {}, polls: unknown[] = [ENDED]) {
  const clock = createFakeClock();
  const asked: [string, unknown][] = [];
  const limit = new AbortController();
  const all: Answers = { 'guest-ping': {}, 'guest-info': INFO, 'guest-exec': { pid: 7 }, ...answers };
  const agent: QemuGuestAgent = {
    execute(command, args) {
      asked.push([command, args]);
      const answer = command === 'guest-exec-status' ? (polls.length > 1 ? polls.shift() : polls[0]) : all[command as keyof Answers];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const run = async (program = PROGRAM, mayStart = () => Promise.resolve()): Promise<GuestProgramEnd | HelperError> => {
    const ended = runInGuest(agent, program, { clock, signal: limit.signal, mayStart }).catch((error: unknown) => error as HelperError);
    for (let second = 0; second < 20; second += 1) await clock.advance(1000);
    return ended;
  };
  return { run, asked, limit, clock, commands: () => asked.map(([command]) => command) };
}

describe('a program in a guest', () => {
  it('is started after the agent said that it is there and may, and followed to its end', async () => {
    const { run, asked } = scene({}, [{ exited: false }, { exited: false }, { exited: true, exitcode: 3, 'out-data': base64('out\n'), 'err-data': base64('no\u001B[31m such\nunit\u202E') }]);
    expect(await run()).toEqual({ kind: 'ended', code: 3, signal: null, output: 'no [31m such unit  | out', afterMs: 700 });
    expect(asked).toEqual([
      ['guest-ping', undefined],
      ['guest-info', undefined],
      ['guest-exec', { path: '/bin/x', arg: ['a b'], 'capture-output': true }],
      ...Array<unknown>(3).fill(['guest-exec-status', { pid: 7 }]),
    ]);
  });

  it('may run on: it is followed no longer than its limit', async () => {
    const { run, commands } = scene({}, [{ exited: false }]);
    expect(await run()).toMatchObject({ kind: 'runs-on' });
    expect(commands().length).toBeLessThan(12);
  });

  it('is told of with the end of what it printed', async () => {
    const { run } = scene({}, [{ exited: true, signal: 9, 'out-data': base64(`${'x'.repeat(5000)}end`) }]);
    expect(await run()).toMatchObject({ code: null, signal: 9, output: expect.stringMatching(/^…x{297}end$/) as string });
  });
});

describe('nothing is started', () => {
  it.each([
    ['the agent is told not to', { version: '7', supported_commands: [{ name: 'guest-exec', enabled: false }, { name: 'guest-exec-status', enabled: true }] }, 'agent-command-blocked'],
    ['the agent cannot', { supported_commands: [] }, 'agent-command-blocked'],
    ['the agent answers something else', { supported_commands: 'all' }, 'agent-answer-invalid'],
    ['the agent answers nothing', null, 'agent-answer-invalid'],
    ['the answer is not the agent\'s', new AgentAnswerError('guest-info', 'is too long'), 'agent-answer-invalid'],
  ])('where %s', async (_, info, reason) => {
    const { run, commands } = scene({ 'guest-info': info });
    expect(await run()).toMatchObject({ reason, isRefusal: true });
    expect(commands()).toEqual(['guest-ping', 'guest-info']);
  });

  it('where it must not be any more', async () => {
    const { run, commands } = scene();
    expect(await run(PROGRAM, () => Promise.reject(new Error('another executor')))).toMatchObject({ message: 'another executor' });
    expect(commands()).not.toContain('guest-exec');
  });

  it('where the time is over', async () => {
    const { run, limit, commands } = scene();
    limit.abort(new Error('over'));
    expect(await run()).toMatchObject({ reason: 'agent-timed-out', isRefusal: true });
    expect(commands()).not.toContain('guest-exec');
  });
});

describe('nobody knows how it ended', () => {
  it.each([
    ['a pid that is none', { pid: 'x' }],
    ['a pid beyond reason', { pid: 1e300 }],
    ['no pid', {}],
    ['an answer that is none', new AgentAnswerError('guest-exec', 'is missing')],
  ])('after %s', async (_, answer) => {
    expect(await scene({ 'guest-exec': answer }).run()).toMatchObject({ reason: 'agent-answer-invalid', isRefusal: false });
  });

  it.each([[{ exited: 'yes' }], [{}], [null], [[]], [{ exited: true, exitcode: 'no' }], [{ exited: true, 'out-data': 7 }]])('after the state %j', async (state) => {
    expect(await scene({}, [state]).run()).toMatchObject({ reason: 'agent-answer-invalid', isRefusal: false });
  });

  it('after the time was over', async () => {
    const { run, limit, clock } = scene({}, [{ exited: false }]);
    clock.after(500, () => limit.abort(new Error('over')));
    expect(await run()).toMatchObject({ reason: 'agent-timed-out', isRefusal: false });
  });
});
