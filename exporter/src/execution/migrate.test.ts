import { describe, expect, it } from 'vitest';
import type { ActionContext } from './action.ts';
import { ActionError, UnknownEndError } from './action.ts';
import { destinationUri } from './destination-uri.ts';
import type { ActiveState, DomainStateNow, Hypervisor } from './hypervisor.ts';
import { MigrationRefused } from './hypervisor.ts';
import { migrate } from './migrate.ts';

type Shown = ActiveState | 'absent' | 'silent';

interface Two {
  /** What each host shows. */
  source: Shown;
  target: Shown;
  job: boolean;
  asked: string[];
  context: ActionContext;
}

/** Two hosts, and a migration that does what is given and answers as it does. */
function two(onMigrate: (hosts: Two, options: { uri: string; persistent: boolean }) => Promise<void>, overrides: Partial<ActionContext> = {}): Two {
  const hosts: Two = { source: 'running', target: 'absent', job: false, asked: [], context: undefined as never };
  const show = (shown: Shown): Promise<DomainStateNow | null> => {
    if (shown === 'silent') return Promise.reject(new Error('connection lost'));
    return Promise.resolve(shown === 'absent' ? null : { state: shown, reason: 'test', persistent: true });
  };
  const never = (): never => {
    throw new Error('not in these tests');
  };
  const base: Hypervisor = {
    state: () => show(hosts.source),
    uuidOfName: never, create: never, resume: never, reset: never, destroy: never, shutdown: never, define: never,
    availableMemoryBytes: never, domainMemoryBytes: never,
    hasJob: () => Promise.resolve(hosts.job),
    abortJob: () => Promise.resolve(void hosts.asked.push('abort')),
    migrate: (_uuid, { uri, persistent }) => {
      hosts.asked.push(`migrate to ${uri}${persistent ? ', persistent' : ''}`);
      return onMigrate(hosts, { uri, persistent });
    },
  };
  hosts.context = {
    uuid: 'u', name: 'web-1', host: 'h1', desired: 'running',
    hypervisor: base,
    step: (_name, run) => run(),
    activeElsewhere: () => [],
    absentEverywhere: () => Promise.resolve({ absent: true, why: '' }),
    savedDefinition: () => Promise.resolve(null),
    destination: () => Promise.resolve({ host: 'h2', uri: 'qemu+tcp://h2/system', hypervisor: { ...base, state: () => show(hosts.target) }, why: '' }),
    runsOn: () => Promise.resolve(hosts.target === 'running' ? 'h2' : null),
    timeLeftMs: () => 60_000,
    verifyMs: 5000,
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    ...overrides,
  };
  return hosts;
}

const arrive = (hosts: Two): void => void Object.assign(hosts, { source: 'absent', target: 'running' });
const fails = (error: Error) => (): Promise<void> => Promise.reject(error);
const UNSAFE = new MigrationRefused('Unsafe migration: Migration without shared storage is unsafe');

describe('migrate', () => {
  it('moves a running domain with its definition, and is done when it runs there and is gone here', async () => {
    const hosts = two((all) => Promise.resolve(arrive(all)));
    expect(await migrate(hosts.context)).toEqual({ host: 'h2' });
    expect(hosts.asked).toEqual(['migrate to qemu+tcp://h2/system, persistent']);
  });

  it('believes the hosts rather than the answer: an error after it has arrived is a success', async () => {
    const hosts = two((all) => {
      arrive(all);
      return Promise.reject(new Error('connection reset'));
    });
    expect(await migrate(hosts.context)).toEqual({ host: 'h2' });
  });

  it('an answer before it has arrived is none', async () => {
    const hosts = two((all) => {
      Object.assign(all, { source: 'paused', target: 'paused' });
      setTimeout(() => arrive(all), 1);
      return Promise.resolve();
    }, { wait: () => new Promise((resolve) => setTimeout(resolve, 1)) });
    expect(await migrate(hosts.context)).toEqual({ host: 'h2' });
  });

  it.each<[string, Error, string, string]>([
    ['cannot be migrated', UNSAFE, 'unavailable', 'without shared storage'],
    ['fails', new Error('unable to connect to server at h2'), 'failed', 'unable to connect'],
  ])('that %s leaves it where it was', async (_what, error, kind, text) => {
    const hosts = two(fails(error));
    await expect(migrate(hosts.context)).rejects.toMatchObject({ kind, message: expect.stringContaining(text) as string });
  });

  it('is ended at its limit, and it runs on where it was', async () => {
    const hosts = two(() => new Promise(() => undefined));
    await expect(migrate(hosts.context)).rejects.toMatchObject({ kind: 'timed_out', message: expect.stringContaining('not done within 45 s') as string });
    expect(hosts.asked).toEqual(['migrate to qemu+tcp://h2/system, persistent', 'abort']);
  });

  it('that arrives while it is being ended has arrived', async () => {
    const hosts = two(() => new Promise(() => undefined));
    hosts.context.hypervisor.abortJob = () => Promise.resolve(arrive(hosts));
    expect(await migrate(hosts.context)).toEqual({ host: 'h2' });
  });

  it.each<[string, Shown, Shown]>([
    ['the source is not heard', 'silent', 'absent'],
    ['the target is not heard', 'absent', 'silent'],
    ['it runs on both', 'running', 'running'],
    ['it is paused on both', 'paused', 'paused'],
    ['it is gone from both', 'absent', 'absent'],
  ])('has no known end when %s', async (_what, source, target) => {
    const hosts = two((all) => {
      Object.assign(all, { source, target });
      return Promise.reject(new Error('lost'));
    });
    await expect(migrate(hosts.context)).rejects.toThrow(UnknownEndError);
  });

  it.each<ActiveState>(['paused', 'shutoff', 'crashed', 'pmsuspended'])('is not for a domain that is %s', async (source) => {
    const hosts = two(() => Promise.resolve());
    hosts.source = source;
    await expect(migrate(hosts.context)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(hosts.asked).toEqual([]);
  });

  it('waits for a job that is under way already, and takes its end as it is', async () => {
    const moved = two(() => Promise.resolve());
    moved.job = true;
    moved.context.wait = () => Promise.resolve(void Object.assign(moved, { job: false, source: 'absent', target: 'running' }));
    expect(await migrate(moved.context)).toEqual({ host: 'h2' });
    expect(moved.asked).toEqual([]);
    const stayed = two((all) => Promise.resolve(arrive(all)));
    stayed.job = true;
    stayed.context.wait = () => Promise.resolve(void (stayed.job = false));
    expect(await migrate(stayed.context)).toEqual({ host: 'h2' });
    expect(stayed.asked).toHaveLength(1);
  });

  it('begins nothing where no host may take it, or the time is too short', async () => {
    const nowhere = two(() => Promise.resolve(), { destination: () => Promise.reject(new ActionError('unavailable', 'no host may take it')) });
    await expect(migrate(nowhere.context)).rejects.toThrow('no host may take it');
    const short = two(() => Promise.resolve(), { timeLeftMs: () => 15_500 });
    await expect(migrate(short.context)).rejects.toThrow('needs 15 s beside');
    expect([...nowhere.asked, ...short.asked]).toEqual([]);
  });

  it('neither ends nor judges a migration when the process ends: it goes on without it', async () => {
    const hosts = two(() => new Promise(() => undefined), { wait: () => Promise.reject(new Error('virtmedic is being stopped')) });
    await expect(migrate(hosts.context)).rejects.toThrow('being stopped');
    expect(hosts.asked).toEqual(['migrate to qemu+tcp://h2/system, persistent']);
  });
});

it('a host is reached by others at its migrationUri, else at its own URI where that goes over the network', () => {
  expect(destinationUri({ uri: 'qemu:///system' })).toBeNull();
  expect(destinationUri({ uri: 'qemu+unix:///system?socket=/run/x' })).toBeNull();
  expect(destinationUri({ uri: 'qemu+tcp://10.0.0.11/system' })).toBe('qemu+tcp://10.0.0.11/system');
  expect(destinationUri({ uri: 'qemu:///system', migrationUri: 'qemu+tls://kvm1/system' })).toBe('qemu+tls://kvm1/system');
});
