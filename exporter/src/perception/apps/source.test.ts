import { expect, it } from 'vitest';
import { createFakeClock } from '../../events/fake-clock.ts';
import { HelperError, type HelperClient } from '../../guest/helper/client.ts';
import { helperSource, NO_SOURCE } from './source.ts';
import { INIT, process } from './testing/looks.ts';

const UUID = '00000000-0000-4000-8000-000000000001';

/** A source over a client that answers what `answer` gives. */
function over(answer: (verb: string) => unknown) {
  const clock = createFakeClock();
  const asked: unknown[] = [];
  const call = async (verb: string, given: unknown) => {
    asked.push([verb, given]);
    await new Promise<void>((resolve) => clock.after(5, resolve));
    return answer(verb);
  };
  const client = { call, close: () => undefined } as unknown as HelperClient;
  return { clock, asked, source: helperSource({ client, clock, hasHelper: (host) => host === 'h1' }) };
}

it('a look is a list from before it was asked for, with a boot that stays', async () => {
  const { clock, source, asked } = over(() => ({ processes: [INIT, process()] }));
  const first = source.look(UUID, 'h1');
  await clock.advance(5);
  const { boot } = await first;
  expect(await first).toEqual({ kind: 'list', atMs: 0, boot: expect.stringMatching(/^boot \d+$/) as string, processes: [INIT, process()], sockets: null, liveness: null });
  const second = source.look(UUID, 'h1');
  await clock.advance(5);
  expect(await second).toMatchObject({ kind: 'list', atMs: 5, boot });
  expect(asked[0]).toEqual(['processes', { domain: UUID }]);
});

it.each([
  ['not-opted-in', () => Promise.reject(new HelperError('not-opted-in', 'add it', { isRefusal: true }))],
  ['helper-lost', () => Promise.reject(new HelperError('helper-lost', 'hung up'))],
  ['helper-untrusted', () => ({})],
  ['helper-untrusted', () => null],
  ['internal', () => Promise.reject(new Error('what?'))],
])('what goes wrong is a reason: %s', async (reason, answer) => {
  const { clock, source } = over(answer);
  const look = source.look(UUID, 'h1');
  await clock.advance(5);
  expect(await look).toMatchObject({ kind: 'unknown', reason, boot: null, liveness: null });
});

it('there is none where nobody can look', async () => {
  const { source, asked } = over(() => ({ processes: [] }));
  expect(await source.look(UUID, 'h2')).toMatchObject({ kind: 'unknown', reason: 'no-helper' });
  await expect(source.processes(UUID, 'h2')).rejects.toMatchObject({ reason: 'no-helper', isRefusal: true });
  expect(asked).toEqual([]);
  expect(await NO_SOURCE.look(UUID, 'h1')).toMatchObject({ kind: 'unknown', reason: 'no-helper' });
  await expect(NO_SOURCE.processes(UUID, 'h1')).rejects.toMatchObject({ reason: 'no-helper' });
});

it('domains may be looked into as the helper says', async () => {
  const { clock, source } = over(() => ({ domains: [{ uuid: UUID, name: 'a', read: true, write: false }, { uuid: 'x', name: 'b', read: false, write: false }] }));
  const readable = source.readable();
  await clock.advance(5);
  expect(await readable).toEqual(new Set([UUID]));
});
