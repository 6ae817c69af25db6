import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ActionFailed, ActionRefused } from '../actions/action-error.ts';
import { KernelError } from '../error.ts';
import { createDispatcher } from './dispatch.ts';
import type { Dispatcher, Request } from './dispatch.ts';
import type { Generations } from './generations.ts';
import type { ActingContext, DomainContext, Handlers } from './handlers.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { OptIn } from './opt-in.ts';
import { createRefusalCounters, Refusal } from './refusal.ts';
import { LOOKED, SENT, STARTED } from './testing/answers.ts';
import { OTHER_UUID, UUID } from './testing/fake-proc.ts';

const EVERYTHING: OptIn = { match: { name: '*' }, read: true, write: true };
const START = { domain: UUID, generation: 3, command: ['/bin/true'] };
const NGINX = { pid: 40, startTimeNanoseconds: 5 };
const SIGNAL = { domain: UUID, generation: 3, processes: [NGINX], signal: 'KILL' };
const RESTART = { domain: UUID, generation: 3, unit: 'nginx.service', killFirst: true };

interface World {
  optIns: OptIn[];
  isSame: boolean;
  current: number;
  admitted: number[];
  nowMs: number;
  stop: AbortController;
  handlers: Handlers;
}

function world(changes: Partial<World> = {}): { state: World; dispatch: Dispatcher } {
  const state: World = { optIns: [EVERYTHING], isSame: true, current: 0, admitted: [], nowMs: 0, stop: new AbortController(), handlers: {}, ...changes };
  const qemu = { uuid: UUID, name: 'web', pid: 20, startTicks: 7 };
  const generations: Generations = {
    async admit(_uuid, generation) {
      if (generation < state.current) throw new Refusal('stale-generation', 'older');
      state.admitted.push(generation);
      state.current = generation;
    },
    isCurrent: (_uuid, generation) => generation === state.current,
  };
  const dispatch = createDispatcher({
    optIns: () => state.optIns,
    handlers: state.handlers,
    finder: {
      list: async () => [qemu, { ...qemu, uuid: OTHER_UUID, name: 'db' }],
      find: async (uuid) => (uuid === UUID ? qemu : Promise.reject(new Refusal('domain-not-found', 'none'))),
      isSame: () => state.isSame,
    },
    generations,
    counters: createRefusalCounters(),
    limits: DEFAULT_LIMITS,
    stop: state.stop.signal,
    nowMs: () => state.nowMs,
  });
  return { state, dispatch };
}

const present = new AbortController().signal;

function ask(dispatch: Dispatcher, verb: string, given: unknown = {}, more: Partial<Request> = {}, gone = present): Promise<unknown> {
  return dispatch({ id: 1, verb, arguments: given, deadlineMs: null, ...more }, gone).answer;
}

async function reasonOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'none',
    (error: Refusal) => error.reason,
  );
}

/** A handler that ends when told to. */
function held<C extends DomainContext>() {
  const begun = Promise.withResolvers<C>();
  const end = Promise.withResolvers<never>();
  return { begun: begun.promise, end, handler: async (_asked: unknown, context: C): Promise<never> => (begun.resolve(context), end.promise) };
}

describe('what a request has to pass', () => {
  it.each(['', 'Ping', 'constructor', '__proto__', 'toString', 'look ', 'processes', 'start_process'])('knows no verb %j', async (verb) => {
    expect(await reasonOf(ask(world().dispatch, verb))).toBe('unknown-verb');
  });

  it.each<[string, unknown]>([
    ['ping', { extra: 1 }],
    ['ping', null],
    ['ping', []],
    ['domains', 'all'],
    ['look', { domain: '../../etc/passwd' }],
    ['look', { domain: UUID.toUpperCase().replace('1', 'A') }],
    ['look', { domain: [UUID] }],
    ['look', { domain: UUID, generation: 1 }],
    ['start-process', { ...START, generation: undefined }],
    ['start-process', { ...START, generation: 0 }],
    ['start-process', { ...START, generation: '3' }],
    ['start-process', { ...START, generation: 2 ** 53 }],
    ['start-process', { ...START, command: [] }],
    ['start-process', { ...START, command: ['true'] }],
    ['start-process', { ...START, command: ['/bin/true', ''] }],
    ['start-process', { ...START, command: ['/bin/true\0x'] }],
    ['start-process', { ...START, command: ['/bin/true', 'x'.repeat(256)] }],
    ['start-process', { ...START, command: Array.from({ length: 33 }, () => '/x') }],
    ['signal-process', { ...SIGNAL, processes: [] }],
    ['signal-process', { ...SIGNAL, processes: [{ ...NGINX, pid: 1 }] }],
    ['signal-process', { ...SIGNAL, processes: [NGINX, { ...NGINX, pid: -1 }] }],
    ['signal-process', { ...SIGNAL, processes: [{ ...NGINX, name: 'x' }] }],
    ['signal-process', { ...SIGNAL, processes: Array.from({ length: 65 }, () => NGINX) }],
    ['signal-process', { ...SIGNAL, processes: [{ ...NGINX, pid: 40.5 }] }],
    ['signal-process', { ...SIGNAL, signal: 'STOP' }],
    ['signal-process', { ...SIGNAL, signal: 9 }],
    ['signal-process', { ...SIGNAL, processes: [{ pid: 40 }] }],
    ['restart-unit', { ...RESTART, unit: 'a b.service' }],
    ['restart-unit', { ...RESTART, unit: '-x.service; reboot' }],
    ['restart-unit', { ...RESTART, killFirst: 1 }],
    ['look', {}],
    ['look', { domain: UUID, memory: 0 }],
  ])('%s refuses %j', async (verb, given) => {
    const { dispatch, state } = world({ handlers: { look: async () => LOOKED, 'start-process': async () => STARTED, 'signal-process': async () => SENT } });
    expect(await reasonOf(ask(dispatch, verb, given))).toBe('bad-request');
    expect(state.admitted).toEqual([]);
  });

  it.each([['look', { domain: UUID }], ['start-process', START], ['signal-process', SIGNAL], ['restart-unit', RESTART]])('%s is not supported without what does it, and no generation is kept', async (verb, given) => {
    const { dispatch, state } = world();
    expect(await reasonOf(ask(dispatch, verb, given))).toBe('not-supported');
    expect(state.admitted).toEqual([]);
  });

  it('reads only what may be read and writes only what may be written, and hears of a change at once', async () => {
    const { dispatch, state } = world({ optIns: [{ match: { uuid: UUID }, read: true, write: false }], handlers: { look: async () => LOOKED, 'start-process': async () => STARTED } });
    expect(await ask(dispatch, 'look', { domain: UUID })).toEqual(LOOKED);
    expect(await reasonOf(ask(dispatch, 'start-process', START))).toBe('not-opted-in');
    state.optIns = [];
    expect(await reasonOf(ask(dispatch, 'look', { domain: UUID }))).toBe('not-opted-in');
    expect(state.admitted).toEqual([]);
  });

  it('lists the domains that are opted in, and says what it can do', async () => {
    const { dispatch } = world({ optIns: [{ match: { name: 'w*' }, read: true, write: false }], handlers: { look: async () => LOOKED } });
    expect(await ask(dispatch, 'domains')).toEqual({ domains: [{ uuid: UUID, name: 'web', read: true, write: false }] });
    expect(await ask(dispatch, 'ping')).toMatchObject({ protocol: 1, uptimeSeconds: 0, supported: ['ping', 'domains', 'look'], refusals: { 'stale-generation': 0, 'not-linux': 0 } });
  });

  it('hands on the reason of the guest, and nothing of what nobody foresaw', async () => {
    const failing = (error: Error) => ask(world({ handlers: { look: () => Promise.reject(error) } }).dispatch, 'look', { domain: UUID });
    await expect(failing(new KernelError('not-up-yet', 'the guest boots'))).rejects.toMatchObject({ reason: 'not-up-yet', message: 'the guest boots' });
    await expect(failing(new TypeError('secret at 0xffff'))).rejects.toMatchObject({ reason: 'internal', message: 'the helper failed; its log says how' });
    await expect(failing(new Refusal('domain-changed', 'gone'))).rejects.toMatchObject({ reason: 'domain-changed' });
  });
});

describe('acting', () => {
  it.each<[string, Error, string, string]>([
    ['refused by itself', new ActionRefused('keyboard-dead', 'no keyboard'), 'keyboard-dead', 'none'],
    ['refused by the helper', new Refusal('domain-changed', 'gone'), 'domain-changed', 'none'],
    ['failed', new ActionFailed('fence-lost', 'not undone', { left: true }), 'fence-lost', 'unknown'],
    ['given up because of the guest', new KernelError('inconsistent', 'moved'), 'inconsistent', 'unknown'],
    ['failed as nobody foresaw', new Error('x'), 'internal', 'unknown'],
  ])('says whether anything may have been done: %s', async (_what, error, reason, effect) => {
    const { dispatch } = world({ handlers: { 'start-process': () => Promise.reject(error) } });
    await expect(ask(dispatch, 'start-process', START)).rejects.toMatchObject({ reason, effect });
  });

  it('refuses an older generation, and one at a time for each domain', async () => {
    const { begun, end, handler } = held<ActingContext>();
    const { dispatch, state } = world({ current: 3, handlers: { 'start-process': handler, 'signal-process': async () => SENT } });
    expect(await reasonOf(ask(dispatch, 'start-process', { ...START, generation: 2 }))).toBe('stale-generation');
    const first = ask(dispatch, 'start-process', START);
    expect((await begun).mayAct()).toBe(true);
    expect(await reasonOf(ask(dispatch, 'signal-process', SIGNAL))).toBe('busy');
    end.resolve(STARTED as never);
    expect(await first).toEqual(STARTED);
    expect(await ask(dispatch, 'signal-process', SIGNAL)).toEqual(SENT);
    expect(state.admitted).toEqual([3, 3, 3]);
  });

  it('of an older lease stops when a later one comes, which waits for it', async () => {
    const { begun, end, handler } = held<ActingContext>();
    const { dispatch } = world({ handlers: { 'start-process': handler, 'signal-process': async () => SENT } });
    const first = reasonOf(ask(dispatch, 'start-process', START));
    const context = await begun;
    expect(await reasonOf(ask(dispatch, 'signal-process', { ...SIGNAL, generation: 4 }))).toBe('busy');
    expect(context.mayAct()).toBe(false);
    end.reject(new Refusal('stale-generation', 'stopped and undone'));
    expect(await first).toBe('stale-generation');
    expect(await ask(dispatch, 'signal-process', { ...SIGNAL, generation: 4 })).toEqual(SENT);
  });

  it('does not lose its rate to an executor whose lease is over', async () => {
    const { dispatch } = world({ current: 3, handlers: { 'signal-process': async () => SENT } });
    for (let time = 0; time < 10; time++) expect(await reasonOf(ask(dispatch, 'signal-process', { ...SIGNAL, generation: 2 }))).toBe('stale-generation');
    expect(await ask(dispatch, 'signal-process', SIGNAL)).toEqual(SENT);
  });

  it('is told when it may not act any more: another process, a later lease, its deadline', async () => {
    const { begun, handler } = held<ActingContext>();
    const { dispatch, state } = world({ handlers: { 'start-process': handler } });
    const answer = reasonOf(ask(dispatch, 'start-process', START, { deadlineMs: 50 }));
    const context = await begun;
    expect(context.pauseBudgetMs).toBe(100);
    state.isSame = false;
    expect(context.mayAct()).toBe(false);
    state.isSame = true;
    state.current = 4;
    expect(context.mayAct()).toBe(false);
    state.current = 3;
    expect(context.mayAct()).toBe(true);
    expect(await answer).toBe('deadline');
    await expect(ask(dispatch, 'start-process', { ...START, generation: 2 })).rejects.toMatchObject({ reason: 'stale-generation', effect: 'none' });
    expect([context.mayAct(), context.signal.aborted]).toEqual([false, true]);
  });

  it('does nothing for a process that changed while its generation was kept', async () => {
    let isCalled = false;
    const { dispatch } = world({ isSame: false, handlers: { 'start-process': async () => ((isCalled = true), STARTED) } });
    expect(await reasonOf(ask(dispatch, 'start-process', START))).toBe('domain-changed');
    expect(isCalled).toBe(false);
  });

  it('has a rate for each domain, below what makes systemd give a service up', async () => {
    const { dispatch, state } = world({ handlers: { 'signal-process': async () => SENT } });
    const results: string[] = [];
    for (let time = 0; time < 6; time++) results.push(await reasonOf(ask(dispatch, 'signal-process', SIGNAL)));
    expect(results).toEqual(['none', 'none', 'none', 'none', 'rate-limited', 'rate-limited']);
    state.nowMs += 2500;
    expect(await reasonOf(ask(dispatch, 'signal-process', SIGNAL))).toBe('none');
  });

  it('goes on when its peer has gone, and is still under way after its deadline until it has ended', async () => {
    const { begun, end, handler } = held<ActingContext>();
    const { dispatch } = world({ handlers: { 'start-process': handler } });
    const gone = new AbortController();
    const running = dispatch({ id: 1, verb: 'start-process', arguments: START, deadlineMs: 30 }, gone.signal);
    const refused = running.answer.catch((error: Refusal) => [error.reason, error.effect]);
    const context = await begun;
    gone.abort();
    expect(context.signal.aborted).toBe(false);
    expect(await refused).toEqual(['deadline', 'unknown']);
    let isEnded = false;
    void running.ended.then(() => (isEnded = true));
    await nextTurn();
    expect(isEnded).toBe(false);
    expect(await reasonOf(ask(dispatch, 'start-process', START))).toBe('busy');
    end.reject(new Error('undone'));
    await running.ended;
  });

  it('is told to undo when the helper has waited long enough at its stop', async () => {
    const { begun, handler } = held<ActingContext>();
    const { dispatch, state } = world({ handlers: { 'start-process': handler } });
    const refused = reasonOf(ask(dispatch, 'start-process', START));
    const context = await begun;
    state.stop.abort();
    expect(await refused).toBe('stopping');
    expect(context.mayAct()).toBe(false);
  });
});

describe('reading', () => {
  it('ends when its peer has gone', async () => {
    const { begun, end, handler } = held<DomainContext>();
    const { dispatch } = world({ handlers: { look: handler } });
    const gone = new AbortController();
    const answer = ask(dispatch, 'look', { domain: UUID }, {}, gone.signal);
    const context = await begun;
    gone.abort();
    expect(context.signal.aborted).toBe(true);
    end.reject(new Error('ended'));
    expect(await reasonOf(answer)).toBe('internal');
  });

  it('never takes longer than the verb may, whatever the peer asks for', async () => {
    const { handler } = held<DomainContext>();
    const { dispatch } = world({ handlers: { look: handler } });
    await expect(ask(dispatch, 'look', { domain: UUID }, { deadlineMs: 20 })).rejects.toMatchObject({ reason: 'deadline', message: 'look was not done within 20 ms' });
  });
});
