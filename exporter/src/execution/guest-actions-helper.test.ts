import { describe, expect, it } from 'vitest';
import { HelperError } from '../guest/helper/client.ts';
import type { HelperClient } from '../guest/helper/client.ts';
import { SENT, STARTED } from '../guest/helper/testing/answers.ts';
import { createHelperActions } from './guest-actions-helper.ts';

const UUID = '11111111-2222-4333-8444-555555555555';
const ORDER = { host: 'h1', uuid: UUID, generation: 7 };
const UNIT = { ...ORDER, unit: 'nginx.service', killFirst: true };

/** A helper that answers what a test says; the real one is asked in `guest/helper/acting.lab.test.ts`. */
function world(answers: ((verb: string, asked: unknown) => unknown)[] = []) {
  const calls: { verb: string; asked: unknown; deadlineMs: number | undefined }[] = [];
  const client: HelperClient = {
    call: (async (verb: string, asked: unknown, options: { deadlineMs?: number } = {}) => {
      calls.push({ verb, asked, deadlineMs: options.deadlineMs });
      const answer = answers.shift();
      return answer === undefined ? new Promise(() => undefined) : answer(verb, asked);
    }) as HelperClient['call'],
    close: () => undefined,
  };
  return { actions: createHelperActions({ helper: (host) => (host === 'h1' ? client : null) }), calls };
}

const never = new AbortController().signal;
const refusing = (reason: string, isRefusal: boolean) => () => Promise.reject(new HelperError(reason, 'why', { isRefusal }));

describe('actions through the guest helper', () => {
  it('ask its verbs with domain and lease, and tell how it was done', async () => {
    const { actions, calls } = world([() => ({ commands: [STARTED, { ...STARTED, process: null, started: 'likely' }] }), () => STARTED, () => SENT]);
    expect(await actions.restartUnit(UNIT, never)).toEqual({
      method: 'keyboard',
      detail: 'unit nginx.service was killed and is started again; seen to start as 40@5, by keyboard within 20 ms, 10 ms of them in the guest; probably started, by keyboard within 20 ms, 10 ms of them in the guest',
    });
    expect(await actions.startCommand({ ...ORDER, command: ['/bin/httpd', '-p', '80'] }, never)).toMatchObject({ method: 'keyboard' });
    expect(await actions.killProcesses({ ...ORDER, processes: [{ pid: 40, startTimeNanoseconds: 5 }], signal: 'KILL' }, never)).toEqual({ method: 'injection', detail: 'SIGKILL sent to 40@5; its processors stood still for 3 ms' });
    expect(calls.map(({ verb, asked, deadlineMs }) => [verb, asked, deadlineMs])).toEqual([
      ['restart-unit', { domain: UUID, generation: 7, unit: 'nginx.service', killFirst: true }, 30_000],
      ['start-process', { domain: UUID, generation: 7, command: ['/bin/httpd', '-p', '80'] }, 30_000],
      ['signal-process', { domain: UUID, generation: 7, processes: [{ pid: 40, startTimeNanoseconds: 5 }], signal: 'KILL' }, 30_000],
    ]);
  });

  it.each([
    ['keyboard-dead', true, 'none'],
    ['fence-lost', false, 'unknown'],
    ['helper-lost', false, 'unknown'],
  ])('pass on %s with what it means for the guest', async (reason, isRefusal, effect) => {
    const { actions } = world([refusing(reason, isRefusal)]);
    await expect(actions.restartUnit(UNIT, never)).rejects.toMatchObject({ name: 'HelperError', reason, effect });
  });

  it('ask nobody where there is no helper, or no time', async () => {
    const { actions, calls } = world();
    await expect(actions.restartUnit({ ...UNIT, host: 'h2' }, never)).rejects.toMatchObject({ reason: 'no-helper', effect: 'none' });
    await expect(actions.restartUnit(UNIT, AbortSignal.abort())).rejects.toMatchObject({ reason: 'deadline', effect: 'none' });
    expect(calls).toEqual([]);
  });

  it('do not wait beyond their time, and do not say then that nothing was done', async () => {
    const { actions } = world();
    const attempt = new AbortController();
    const asked = actions.restartUnit(UNIT, attempt.signal);
    attempt.abort();
    await expect(asked).rejects.toMatchObject({ reason: 'deadline', effect: 'unknown' });
  });

  it('signal many in parts, and a refusal after the first part is none', async () => {
    const many = Array.from({ length: 65 }, (_, index) => ({ pid: index + 2, startTimeNanoseconds: 1 }));
    const sent = (_verb: string, asked: unknown) => ({ processes: (asked as { processes: object[] }).processes.map((process) => ({ ...process, result: 'sent' })), pausedMs: 2 });
    const { actions, calls } = world([sent, sent, sent, refusing('rate-limited', true)]);
    expect((await actions.killProcesses({ ...ORDER, processes: many, signal: 'TERM' }, never)).detail).toContain('and 57 more; its processors stood still for 4 ms');
    expect(calls.map(({ asked }) => (asked as { processes: object[] }).processes.length)).toEqual([64, 1]);
    await expect(actions.killProcesses({ ...ORDER, processes: many, signal: 'TERM' }, never)).rejects.toMatchObject({ reason: 'rate-limited', effect: 'unknown' });
  });
});
