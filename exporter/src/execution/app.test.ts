import { describe, expect, it } from 'vitest';
import type { AppDeclaration } from '../config/apps.ts';
import { configSchema } from '../config/schema.ts';
import { HelperError } from '../guest/helper/client.ts';
import type { AppActionContext } from './app.ts';
import { notDeclared, performAppAction, startOf } from './app.ts';
import type { GuestActions, GuestProcessId } from './guest-actions.ts';
import { beforeText, describeProcesses, namesBefore } from './process-names.ts';

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
}

function scene({ app = UNIT, isHung = false, members = [], undecided = 0, says, survivors = [], listing }: Scene) {
  const log: string[] = [];
  let there = members;
  let waitedMs = 0;
  const ask = (text: string, then: () => void = () => undefined) => {
    log.push(text);
    if (says) return Promise.reject(says);
    then();
    return Promise.resolve({ method: 'fake', detail: '' });
  };
  const guest: GuestActions = {
    restartUnit: ({ unit, killFirst, generation }) => ask(`restart ${unit} ${killFirst} of ${generation}`),
    startCommand: ({ command }) => ask(`start ${command.join(' ')}`),
    killProcesses: ({ processes, signal }) => ask(`kill ${describeProcesses(processes)} ${signal}`, () => (there = survivors)),
  };
  const context: AppActionContext = {
    uuid: 'u',
    host: 'h1',
    app,
    isHung,
    guest,
    generation: () => Promise.resolve(42),
    processes: () => (listing ? Promise.reject(listing) : Promise.resolve({ members: there, undecided })),
    step(name, detail, run) {
      log.push(`step ${name} (${detail})`);
      return run();
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
    expect(log).toEqual(['step restart unit nginx.service (processes before: 7@70)', 'restart nginx.service false of 42']);
  });

  it('has what hangs killed first', async () => {
    const { log, context } = scene({ members: [OLD], isHung: true });
    await performAppAction('restart_app', context);
    expect(log[1]).toBe('restart nginx.service true of 42');
  });

  it('by command kills what there is, waits until it is gone, then starts it once', async () => {
    const { log, context } = scene({ app: COMMAND, members: [OLD] });
    expect(await performAppAction('restart_app', context)).toMatchObject({ before: [OLD] });
    expect(log.filter((line) => !line.startsWith('step'))).toEqual(['kill 7@70 KILL', 'start /opt/shop --daemon']);
  });

  it('by command starts nothing beside what does not end', async () => {
    const { log, context, waited } = scene({ app: COMMAND, members: [OLD], survivors: [OLD] });
    await expect(performAppAction('restart_app', context)).rejects.toMatchObject({ kind: 'failed', message: 'killed, but still there after 5 s: 7@70' });
    expect(log.some((line) => line.startsWith('start'))).toBe(false);
    expect(waited()).toBe(5000);
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
  expect(absent.log.at(-1)).toBe('start /opt/shop --daemon');
  const there = scene({ app: COMMAND, members: [OLD] });
  await expect(performAppAction('start_process', there.context)).rejects.toMatchObject({ kind: 'unavailable', message: 'it runs already: 7@70' });
  expect(there.log).toEqual([]);
});

it('kill_process ends the processes of one list, and has nothing to do without any', async () => {
  const { log, context } = scene({ members: [OLD] });
  await performAppAction('kill_process', context);
  expect(log).toEqual(['step kill process 7@70 (processes before: 7@70)', 'kill 7@70 KILL']);
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

it('how an app is started: as declared, else by its plain unit', () => {
  expect(startOf(UNIT)).toEqual({ unit: 'nginx.service' });
  expect(startOf(declared({ match: { unit: 'nginx*.service' } }))).toBeNull();
  expect(startOf(declared({ match: { unit: 'a.slice' }, start: { unit: 'b.service' } }))).toEqual({ unit: 'b.service' });
  expect(notDeclared('restart_app', declared({ match: { executable: '/x' } }))).toContain('nothing tells how it is started');
  expect(notDeclared('kill_process', declared({ match: { executable: '/x' } }))).toBeNull();
  expect(notDeclared('kill_process', declared({ probes: [{ type: 'tcp', address: 'a', port: 1 }] }))).toContain('declares no `match`');
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
