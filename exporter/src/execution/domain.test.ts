import { describe, expect, it } from 'vitest';
import type { Action } from '../vocabulary.ts';
import type { ActionContext } from './action.ts';
import { performDomainAction } from './domain.ts';
import type { ActiveState, DomainStateNow, Hypervisor } from './hypervisor.ts';

interface Fake {
  now: DomainStateNow | null;
  done: string[];
  steps: string[];
  context: ActionContext;
}

function fake(state: ActiveState | null, reason = 'unknown', overrides: Partial<ActionContext> = {}): Fake {
  const one: Fake = { now: state && { state, reason, persistent: true }, done: [], steps: [], context: undefined as never };
  const to = (name: string, next: ActiveState, why: string) => (): Promise<void> => {
    one.done.push(name);
    one.now = { state: next, reason: why, persistent: true };
    return Promise.resolve();
  };
  const hypervisor: Hypervisor = {
    state: () => Promise.resolve(one.now),
    uuidOfName: () => Promise.resolve(null),
    create: to('create', 'running', 'booted'),
    resume: to('resume', 'running', 'unpaused'),
    reset: () => Promise.resolve(void one.done.push('reset')),
    destroy: to('destroy', 'shutoff', 'destroyed'),
    shutdown: to('shutdown', 'shutoff', 'shutdown'),
    availableMemoryBytes: () => Promise.resolve(2 ** 30),
    domainMemoryBytes: () => Promise.resolve(2 ** 27),
    hasJob: () => Promise.resolve(false),
    abortJob: () => Promise.resolve(),
    migrate: () => Promise.reject(new Error('not in these tests')),
    define: () => to('define', 'shutoff', 'unknown')().then(() => 'u'),
  };
  one.context = {
    uuid: 'u',
    name: 'web-1',
    host: 'h1',
    desired: 'running',
    hypervisor,
    step: (name, run) => {
      one.steps.push(name);
      return run();
    },
    activeElsewhere: () => [],
    absentEverywhere: () => Promise.resolve({ absent: true, why: '' }),
    savedDefinition: () => Promise.resolve('<domain/>'),
    destination: () => Promise.reject(new Error('not in these tests')),
    runsOn: () => Promise.resolve(null),
    timeLeftMs: () => 60_000,
    verifyMs: 0,
    wait: () => Promise.resolve(),
    ...overrides,
  };
  return one;
}

describe('performDomainAction', () => {
  it.each<[Action, ActiveState | null, string, string[]]>([
    ['start', 'shutoff', 'crashed', ['create']],
    ['start', 'running', 'booted', []],
    ['resume', 'paused', 'ioerror', ['resume']],
    ['resume', 'running', 'unpaused', []],
    ['reset', 'running', 'booted', ['reset']],
    ['restart', 'running', 'booted', ['destroy', 'create']],
    ['restart', 'crashed', 'panicked', ['destroy', 'create']],
    ['restart', 'shutoff', 'destroyed', ['create']],
    ['rebuild', null, '', ['define', 'create']],
    ['rebuild', 'shutoff', 'unknown', ['create']],
    ['rebuild', 'running', 'booted', []],
    ['stop', 'running', 'booted', ['shutdown']],
    ['stop', 'shutoff', 'shutdown', []],
    ['destroy', 'paused', 'user', ['destroy']],
    ['destroy', null, '', []],
    ['notify', 'running', 'booted', []],
  ])('%s of a domain that is %s (%s) does only what is missing: %j', async (action, state, reason, done) => {
    const one = fake(state, reason);
    await performDomainAction(action, one.context);
    expect(one.done).toEqual(done);
    expect(one.steps).toEqual(done);
  });

  it('resumes a guest that its watchdog had paused after the reset', async () => {
    const one = fake('paused', 'watchdog');
    await performDomainAction('reset', one.context);
    expect(one.done).toEqual(['reset', 'resume']);
  });

  it.each<[Action, ActiveState | null]>([
    ['start', null],
    ['restart', null],
    ['reset', 'shutoff'],
    ['relocate', 'shutoff'],
  ])('%s is unavailable for %s', async (action, state) => {
    const one = fake(state);
    await expect(performDomainAction(action, one.context)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(one.done).toEqual([]);
  });

  it('refuses to start what may be running on another host', async () => {
    const one = fake('shutoff', 'crashed', { activeElsewhere: () => ['h2'] });
    await expect(performDomainAction('start', one.context)).rejects.toThrow('it may be running on h2');
    expect(one.done).toEqual([]);
  });

  it.each<[string, Partial<ActionContext>, string]>([
    ['a host is not heard', { absentEverywhere: () => Promise.resolve({ absent: false, why: 'host h2 is not heard and may have it' }) }, 'host h2 is not heard'],
    ['no definition was saved', { savedDefinition: () => Promise.resolve(null) }, 'no definition'],
  ])('does not define again when %s', async (_what, overrides, message) => {
    const one = fake(null, '', overrides);
    await expect(performDomainAction('rebuild', one.context)).rejects.toThrow(message);
    expect(one.done).toEqual([]);
  });

  it('defines again, and leaves stopped what is to be stopped', async () => {
    const one = fake(null, '', { desired: 'stopped' });
    await performDomainAction('rebuild', one.context);
    expect(one.done).toEqual(['define']);
  });

  it('makes a running domain persistent again whose definition was removed', async () => {
    const one = fake('running');
    one.now = { state: 'running', reason: 'booted', persistent: false };
    one.context.hypervisor.uuidOfName = () => Promise.resolve('u');
    one.context.hypervisor.define = () => {
      one.done.push('define');
      return Promise.resolve('u');
    };
    await performDomainAction('rebuild', one.context);
    expect(one.done).toEqual(['define']);
  });

  it('never destroys a transient domain in order to start it', async () => {
    const one = fake('running');
    one.now = { state: 'running', reason: 'booted', persistent: false };
    await expect(performDomainAction('restart', one.context)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(one.done).toEqual([]);
  });
});
