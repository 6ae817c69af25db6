import { describe, expect, it } from 'vitest';
import type { AppDeclaration } from '../config/apps.ts';
import { configSchema } from '../config/schema.ts';
import { HelperError } from '../guest/helper/client.ts';
import type { AppActionContext } from './app.ts';
import { notDeclared, performAppAction, startOf } from './app.ts';
import type { GuestActions, GuestProcessId } from './guest-actions.ts';
import type { GuestAgentActions } from './guest-agent-actions.ts';
import { agentError } from './guest-agent-error.ts';
import { beforeText, describeProcesses, namesBefore, wasNotListed } from './process-names.ts';

const declared = (more: Record<string, unknown>): AppDeclaration => configSchema.parse({ hosts: [{ name: 'h1', uri: 'x:///' }], apps: [{ name: 'web', ...more }] }).apps[0] as AppDeclaration;
const UNIT = declared({ match: { unit: 'nginx.service' } });
const COMMAND = declared({ match: { executable: '/opt/shop' }, start: { command: ['/opt/shop', '--daemon'] } });
const OLD: GuestProcessId = { pid: 7, startTimeNanoseconds: 70 };

interface Scene {
  app?: AppDeclaration;
  isHung?: boolean;
  members?: GuestProcessId[];
  undecided?: number;
  /** What the helper says to everything. */
  says?: Error;
  /** Those that SIGKILL does not end. */
  survivors?: GuestProcessId[];
  listing?: Error;
  /** What the guest agent says to everything; left out: it may not be used. */
  agent?: 'done' | Error;
}

function scene({ app = UNIT, isHung = false, members = [], undecided = 0, says, survivors = [], listing, agent }: Scene) {
  const log: string[] = [];
  let there = members;
  let waitedMs = 0;
  const ask = (text: string, then: () => void = () => undefined) => {
    log.push(text);
    if (says) return Promise.reject(says);
    then();
    return Promise.resolve({ method: 'fake', detail: 'done' });
  };
  const guest: GuestActions = {
    restartUnit: ({ unit, killFirst, generation }) => ask(`restart ${unit} ${killFirst} of ${generation}`),
    startCommand: ({ command }) => ask(`start ${command.join(' ')}`),
    killProcesses: ({ processes, signal }) => ask(`kill ${describeProcesses(processes)} ${signal}`, () => (there = survivors)),
  };
  const byAgent = (text: string, then: () => void = () => undefined) => {
    log.push(`agent: ${text}`);
    if (agent instanceof Error) return Promise.reject(agent);
    then();
    return Promise.resolve({ method: 'guest-agent', detail: 'done' });
  };
  const guestAgent: GuestAgentActions = {
    restartUnit: ({ unit, killFirst, generation }) => byAgent(`restart ${unit} ${killFirst} of ${generation}`),
    startCommand: ({ command }) => byAgent(`start ${command.join(' ')}`),
    killProcesses: ({ processes }) => byAgent(`kill ${describeProcesses(processes)}`, () => (there = survivors)),
    runDeclared: ({ command }) => byAgent(`run ${command.join(' ')}`),
  };
  const context: AppActionContext = {
    uuid: 'u',
    host: 'h1',
    app,
    isHung,
    guest,
    agent: agent === undefined ? null : guestAgent,
    generation: () => Promise.resolve(42),
    processes: () => (listing ? Promise.reject(listing) : Promise.resolve({ members: there, undecided })),
    async step(name, detail, run, told) {
      log.push(`step ${name} (${detail})`);
      const value = await run();
      log.push(`told ${told(value)}`);
      return value;
    },
    wait(delayMs) {
      waitedMs += delayMs;
      return Promise.resolve();
    },
    signal: new AbortController().signal,
  };
  return { log, context, waited: () => waitedMs };
}

describe('restart_app', () => {
  it('restarts the unit that its processes belong to, journaled with those that were there', async () => {
    const { log, context } = scene({ members: [OLD] });
    expect(await performAppAction('restart_app', context)).toEqual({ before: [OLD], isUncertain: false });
    expect(log).toEqual(['step restart unit nginx.service (processes before: 7@70)', 'restart nginx.service false of 42', 'told fake: done']);
  });

  it('has what hangs killed first', async () => {
    const { log, context } = scene({ members: [OLD], isHung: true });
    await performAppAction('restart_app', context);
    expect(log[1]).toBe('restart nginx.service true of 42');
  });

  it('by command kills what there is, waits until it is gone, then starts it once', async () => {
    const { log, context } = scene({ app: COMMAND, members: [OLD] });
    expect(await performAppAction('restart_app', context)).toMatchObject({ before: [OLD] });
    expect(log.filter((line) => !/^(?:step|told)/.test(line))).toEqual(['kill 7@70 KILL', 'start /opt/shop --daemon']);
  });

  it('by command starts nothing beside what does not end', async () => {
    const { log, context, waited } = scene({ app: COMMAND, members: [OLD], survivors: [OLD] });
    await expect(performAppAction('restart_app', context)).rejects.toMatchObject({ kind: 'failed', message: 'killed, but after 5 s still there: 7@70' });
    expect(log.some((line) => line.startsWith('start'))).toBe(false);
    expect(waited()).toBe(5000);
  });

  it.each([1, 21, 99])('by command waits where the guest cannot be listed right after its processes were killed: %i times', async (refusals) => {
    const { log, context, waited } = scene({ app: COMMAND, members: [OLD] });
    let asked = 0;
    const { processes } = context;
    context.processes = () => (++asked > 1 && asked <= 1 + refusals ? Promise.reject(new HelperError('paused', 'the domain is held', { isRefusal: true })) : processes());
    const restarted = performAppAction('restart_app', context);
    if (refusals < 21) await restarted;
    else await expect(restarted).rejects.toMatchObject({ kind: 'failed', message: 'killed, but after 5 s it is not known whether they are gone: paused: the domain is held' });
    expect(log.some((line) => line.startsWith('start'))).toBe(refusals < 21);
    expect(waited()).toBe(Math.min(refusals, 20) * 250);
  });

  it('by command starts nothing where it cannot be told whether it runs', async () => {
    const { log, context } = scene({ app: COMMAND, undecided: 2 });
    await expect(performAppAction('restart_app', context)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(log).toEqual([]);
  });
});

it('start_process starts what is not there, and nothing else', async () => {
  const absent = scene({ app: COMMAND });
  await performAppAction('start_process', absent.context);
  expect(absent.log.at(-2)).toBe('start /opt/shop --daemon');
  const there = scene({ app: COMMAND, members: [OLD] });
  await expect(performAppAction('start_process', there.context)).rejects.toMatchObject({ kind: 'unavailable', message: 'it runs already: 7@70' });
  expect(there.log).toEqual([]);
});

it('kill_process ends the processes of one list, and has nothing to do without any', async () => {
  const { log, context } = scene({ members: [OLD] });
  await performAppAction('kill_process', context);
  expect(log).toEqual(['step kill process 7@70 (processes before: 7@70)', 'kill 7@70 KILL', 'told fake: done']);
  await expect(performAppAction('kill_process', scene({}).context)).rejects.toMatchObject({ kind: 'unavailable' });
});

describe('what the helper says', () => {
  it.each([
    ['not-opted-in', true],
    ['helper-unreachable', false],
  ])('%s: not available, nothing was done', async (reason, isRefusal) => {
    const { context } = scene({ says: new HelperError(reason, 'no', { isRefusal }) });
    await expect(performAppAction('restart_app', context)).rejects.toMatchObject({ kind: 'unavailable', message: `${reason}: no` });
  });

  it('nothing: uncertain, so nothing follows', async () => {
    const { log, context } = scene({ app: COMMAND, members: [OLD], says: new HelperError('helper-lost', 'gone') });
    expect(await performAppAction('restart_app', context)).toEqual({ before: [OLD], isUncertain: true });
    expect(log.filter((line) => line.startsWith('start'))).toEqual([]);
  });

  it('nothing while it only lists: not available', async () => {
    const { context } = scene({ listing: new HelperError('helper-silent', 'no answer') });
    await expect(performAppAction('restart_app', context)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

const refusal = (reason: string) => new HelperError(reason, 'no', { isRefusal: true });
const NOT_CONNECTED = agentError('agent-not-connected', 'nobody there', { isRefusal: true });
const PROBES = [{ type: 'tcp', address: 'a', port: 1 }];
const WINDOWS = declared({ probes: PROBES, start: { agentCommand: ['C:\\x.exe', 'a b'] } });

describe('the guest agent', () => {
  it('is asked after the ways from outside were refused, as a step of its own', async () => {
    const { log, context } = scene({ members: [OLD], isHung: true, says: refusal('not-opted-in'), agent: 'done' });
    expect(await performAppAction('restart_app', context)).toEqual({ before: [OLD], isUncertain: false });
    expect(log).toEqual([
      'step kill and restart unit nginx.service (processes before: 7@70)', 'restart nginx.service true of 42',
      'step kill and restart unit nginx.service by guest-agent (processes before: 7@70)', 'agent: restart nginx.service true of 42', 'told guest-agent: done',
    ]);
  });

  it('kills and starts as well', async () => {
    const { log, context } = scene({ app: COMMAND, members: [OLD], says: refusal('keyboard-dead'), agent: 'done' });
    await performAppAction('restart_app', context);
    expect(log.filter((line) => line.startsWith('agent'))).toEqual(['agent: kill 7@70', 'agent: start /opt/shop --daemon']);
  });

  it.each(['stale-generation', 'busy', 'rate-limited', 'domain-changed', 'paused'])('is no way round %s', async (reason) => {
    const { log, context } = scene({ says: refusal(reason), agent: 'done' });
    await expect(performAppAction('restart_app', context)).rejects.toMatchObject({ kind: 'unavailable', message: `${reason}: no` });
    expect(log.some((line) => line.startsWith('agent'))).toBe(false);
  });

  it('is not asked where something may have been done, or where it may not be used', async () => {
    const lost = scene({ says: new HelperError('helper-lost', 'gone'), agent: 'done' });
    expect(await performAppAction('restart_app', lost.context)).toMatchObject({ isUncertain: true });
    const forbidden = scene({ says: refusal('no-helper') });
    await expect(performAppAction('restart_app', forbidden.context)).rejects.toMatchObject({ message: 'no-helper: no' });
    expect([...lost.log, ...forbidden.log].some((line) => line.startsWith('agent'))).toBe(false);
  });

  it('that refuses too leaves both reasons; one whose end is not known, a look', async () => {
    await expect(performAppAction('restart_app', scene({ says: refusal('not-opted-in'), agent: NOT_CONNECTED }).context)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'not-opted-in: no; then agent-not-connected: nobody there',
    });
    const unknown = agentError('agent-timed-out', 'late', { isRefusal: false });
    expect(await performAppAction('restart_app', scene({ says: refusal('not-opted-in'), agent: unknown }).context)).toMatchObject({ isUncertain: true });
  });

  it('alone runs what is declared for it, and restarts an app that only probes tell of', async () => {
    const { log, context } = scene({ app: WINDOWS, isHung: true, listing: new Error('not asked'), agent: 'done' });
    expect(await performAppAction('restart_app', context)).toEqual({ before: null, isUncertain: false });
    expect(log).toEqual(['step run C:\\x.exe by guest-agent (processes before: not listed)', 'agent: run C:\\x.exe a b', 'told guest-agent: done']);
    expect(wasNotListed(log[0] ?? '')).toBe(true);
  });

  it('restarts a unit in a guest that cannot be looked into, if probes tell', async () => {
    const listing = refusal('unsupported-kernel');
    const probed = scene({ app: declared({ match: { unit: 'nginx.service' }, probes: PROBES }), listing, says: listing, agent: 'done' });
    expect(await performAppAction('restart_app', probed.context)).toEqual({ before: null, isUncertain: false });
    expect(probed.log.at(-2)).toBe('agent: restart nginx.service false of 42');
    const silent = scene({ listing, agent: 'done' });
    await expect(performAppAction('restart_app', silent.context)).rejects.toMatchObject({ kind: 'unavailable', message: 'unsupported-kernel: no' });
    expect(silent.log).toEqual([]);
  });

  it('starts nothing beside what cannot be listed, and kills nothing', async () => {
    const command = declared({ match: { executable: '/x' }, probes: PROBES, start: { command: ['/x'] } });
    for (const [action, app] of [['restart_app', command], ['start_process', WINDOWS], ['kill_process', WINDOWS]] as const) {
      const { log, context } = scene({ app, listing: refusal('not-linux'), agent: 'done' });
      await expect(performAppAction(action, context), action).rejects.toMatchObject({ kind: 'unavailable' });
      expect(log).toEqual([]);
    }
  });

  it('has to be allowed for what is declared for it', () => {
    expect(notDeclared('restart_app', WINDOWS, false)).toContain('`guest.agent: true`');
    expect(notDeclared('restart_app', declared({ match: { executable: '/x' }, start: { agentCommand: ['/x'] } }), false)).toContain('`guest.agent: true`');
    expect(notDeclared('restart_app', WINDOWS, true)).toBeNull();
  });
});

it('how an app is started: as declared, else by its plain unit', () => {
  expect(startOf(UNIT)).toEqual({ unit: 'nginx.service' });
  expect(startOf(declared({ match: { unit: 'nginx*.service' } }))).toBeNull();
  expect(startOf(declared({ match: { unit: 'a.slice' }, start: { unit: 'b.service' } }))).toEqual({ unit: 'b.service' });
  expect(notDeclared('restart_app', declared({ match: { executable: '/x' } }), false)).toContain('nothing tells how it is started');
  expect(notDeclared('kill_process', declared({ match: { executable: '/x' } }), false)).toBeNull();
  expect(notDeclared('kill_process', declared({ probes: [{ type: 'tcp', address: 'a', port: 1 }] }), false)).toContain('declares no `match`');
});

describe('processes in the journal', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ pid: index + 1, startTimeNanoseconds: index * 1e9 }));

  it.each([0, 1, 200])('of %i are read back', (count) => {
    expect(namesBefore(`${beforeText(many(count))}; virtmedic was interrupted during this step`)?.size).toBe(count);
  });

  it('are not read back where some are left out, or where there are none', () => {
    expect(namesBefore(beforeText(many(201)))).toBeNull();
    expect(namesBefore('something else')).toBeNull();
  });
});
