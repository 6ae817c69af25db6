import { describe, expect, it } from 'vitest';
import { HelperError } from '../guest/helper/client.ts';
import type { GuestProcess } from '../guest/processes/process.ts';
import { createProcessLists } from './process-lists.ts';
import { sampleProcess } from './testing/sample-apps.ts';

interface Asked {
  uuid: string;
  signal: AbortSignal;
  answer(processes: GuestProcess[]): void;
  fail(error: unknown): void;
}

function asking(options?: Parameters<typeof createProcessLists>[1]) {
  const asked: Asked[] = [];
  const lists = createProcessLists({
    processes(uuid, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<{ processes: GuestProcess[] }>();
      asked.push({ uuid, signal, answer: (processes) => resolve({ processes }), fail: reject });
      return promise;
    },
  }, options);
  return { asked, lists };
}

const refused = (reason: string): HelperError => new HelperError(reason, `it is ${reason}`, { isRefusal: true });

describe('lists of processes', () => {
  it('are one look for all who ask at the same time, and a fresh one afterwards', async () => {
    const { asked, lists } = asking();
    const [one, two] = [lists.list('a'), lists.list('a')];
    expect(asked).toHaveLength(1);
    asked[0]?.answer([sampleProcess()]);
    expect(await one).toBe(await two);
    void lists.list('a').catch(() => undefined);
    expect(asked).toHaveLength(2);
  });

  it('are of a few guests at once; a failed look gives its place back', async () => {
    const { asked, lists } = asking({ mostAtOnce: 2 });
    const first = lists.list('a');
    void lists.list('b').catch(() => undefined);
    await expect(lists.list('c')).rejects.toMatchObject({ status: 503, members: { reason: 'busy' }, headers: { 'retry-after': '5' } });
    asked[0]?.fail(refused('paused'));
    await expect(first).rejects.toMatchObject({ status: 409 });
    void lists.list('c').catch(() => undefined);
    expect(asked.map(({ uuid }) => uuid)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['domain-not-found', 404], ['paused', 409], ['not-opted-in', 409], ['no-helper', 409], ['not-linux', 409], ['of-a-later-helper', 409],
    ['helper-unreachable', 503], ['rate-limited', 503], ['deadline', 504], ['unknown-verb', 502],
  ])('say %s as a problem of status %i, with the reason and the text for people', async (reason, status) => {
    const { asked, lists } = asking();
    const list = lists.list('a');
    asked[0]?.fail(refused(reason));
    await expect(list).rejects.toMatchObject({ name: 'Problem', status, message: `it is ${reason}`, members: { reason } });
  });

  it('end at a deadline', async () => {
    const lists = createProcessLists({ processes: (_uuid, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))) }, { deadlineMs: 5 });
    await expect(lists.list('a')).rejects.toMatchObject({ status: 504, members: { reason: 'deadline' } });
  });

  it('pass on what nobody foresaw', async () => {
    const { asked, lists } = asking();
    const list = lists.list('a');
    asked[0]?.fail(new TypeError('odd'));
    await expect(list).rejects.toBeInstanceOf(TypeError);
  });
});
