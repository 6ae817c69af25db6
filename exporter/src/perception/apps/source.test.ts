import { expect, it } from 'vitest';
import { createFakeClock } from '../../events/fake-clock.ts';
import { HelperError, type HelperClient } from '../../guest/helper/client.ts';
import { helperSource, noSource } from './source.ts';
import { INIT, process, socket } from './testing/looks.ts';

const UUID = '00000000-0000-4000-8000-000000000001';

/** A source over a client that answers what `answer` gives. */
function over(answer: () => unknown) {
  const clock = createFakeClock();
  const asked: [string, unknown][] = [];
  const call = async (verb: string, given: unknown) => {
    asked.push([verb, given]);
    await new Promise<void>((resolve) => clock.after(5, resolve));
    return answer();
  };
  const client = { call, close: () => undefined } as unknown as HelperClient;
  return { clock, asked, source: helperSource({ client, clock, hasHelper: (host) => host === 'h1' }) };
}

const BOOT = 'b'.repeat(64);
const LIVENESS = { jiffies: '4294892000', jiffiesPerSecond: 250, systemState: 'running', panicked: false, panicCpu: null, oopsInProgress: false, oopses: 0, tainted: '0', load: [0, 0, 0], threads: 99, forks: '1000', clock: { uptimeSeconds: 50, wallSeconds: 1.7e9, bootTimeSeconds: 1.6e9 }, memory: null };
const LOOK = { version: 1, boot: BOOT, release: '6.1.0', banner: 'Linux version 6.1.0', processes: [INIT, process()], sockets: { listening: [{ ...socket(), descriptor: 3, protocol: 'tcp4' }], incomplete: true }, liveness: LIVENESS };

async function settled<T>(clock: { advance(ms: number): Promise<void> }, work: Promise<T>): Promise<T> {
  await clock.advance(10);
  return work;
}

it('a look is what the helper saw, from before it was asked for', async () => {
  const { clock, source, asked } = over(() => LOOK);
  await clock.advance(7);
  const look = await settled(clock, source.look(UUID, 'h1'));
  expect(look).toMatchObject({ kind: 'list', atMs: 7, boot: BOOT, processes: [INIT, process()], sockets: { sockets: [socket()], incomplete: true } });
  expect(look.liveness).toMatchObject({ jiffies: 4_294_892_000n, jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 50 });
  expect(look).toMatchObject({ resources: { load: [0, 0, 0], memory: null, fileSystems: null } });
  expect(asked).toEqual([['look', { domain: UUID }]]);
});

it('a look has load, memory and file systems as far as the helper tells', async () => {
  const memory = { totalBytes: 100, freeBytes: 50, availableBytes: null, swapTotalBytes: 0, swapFreeBytes: 0 };
  const root = { mountpoint: '/', device: '/dev/vda', type: 'ext4', readOnly: false, use: { totalBytes: 10, freeBytes: 5, availableBytes: 4, files: 3, freeFiles: 2 }, unknown: null };
  const { clock, source } = over(() => ({ ...LOOK, liveness: { ...LIVENESS, load: [1, 2, 3], memory }, fileSystems: [root] }));
  expect(await settled(clock, source.look(UUID, 'h1'))).toMatchObject({ resources: { load: [1, 2, 3], memory, fileSystems: [root] } });
  const older = over(() => ({ ...LOOK, liveness: null }));
  expect(await settled(older.clock, older.source.look(UUID, 'h1'))).toMatchObject({ kind: 'list', resources: { load: null, memory: null, fileSystems: null } });
});

function refuse(reason: string): Promise<never> {
  return Promise.reject(new HelperError(reason, `${reason}: no`, { isRefusal: true }));
}

it.each([
  ['not-opted-in', () => refuse('not-opted-in')],
  ['helper-lost', () => Promise.reject(new HelperError('helper-lost', 'hung up'))],
  ['helper-untrusted', () => ({})],
  ['helper-untrusted', () => null],
  ['helper-untrusted', () => ({ ...LOOK, version: 2 })],
  ['helper-untrusted', () => ({ ...LOOK, processes: 3 })],
  ['not-supported', () => refuse('not-supported')],
  ['internal', () => Promise.reject(new Error('what?'))],
])('what goes wrong is a reason: %s', async (reason, answer) => {
  const { clock, source } = over(answer);
  expect(await settled(clock, source.look(UUID, 'h1'))).toMatchObject({ kind: 'unknown', reason, boot: null, liveness: null });
});

it('a list for people is one, or why there is none', async () => {
  const good = over(() => LOOK);
  expect(await settled(good.clock, good.source.processes(UUID, 'h1'))).toEqual([INIT, process()]);
  const bad = over(() => ({}));
  const refused = expect(bad.source.processes(UUID, 'h1')).rejects.toMatchObject({ name: 'HelperError', reason: 'helper-untrusted' });
  await bad.clock.advance(10);
  await refused;
});

it('there is none where nobody can look', async () => {
  const { source, asked } = over(() => ({ processes: [] }));
  expect(await source.look(UUID, 'h2')).toMatchObject({ kind: 'unknown', reason: 'no-helper' });
  await expect(source.processes(UUID, 'h2')).rejects.toMatchObject({ reason: 'no-helper', isRefusal: true });
  expect(asked).toEqual([]);
  const none = noSource(createFakeClock());
  expect(await none.look(UUID, 'h1')).toMatchObject({ kind: 'unknown', reason: 'no-helper' });
  await expect(none.processes(UUID, 'h1')).rejects.toMatchObject({ reason: 'no-helper' });
});

it('domains may be looked into as the helper says', async () => {
  const { clock, source } = over(() => ({ domains: [{ uuid: UUID, name: 'a', read: true, write: false }, { uuid: 'x', name: 'b', read: false, write: false }] }));
  expect(await settled(clock, source.readable())).toEqual(new Set([UUID]));
});
