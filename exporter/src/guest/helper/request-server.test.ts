import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Running } from './deadline.ts';
import { createPlaces, DEFAULT_LIMITS } from './limits.ts';
import { createRefusalCounters, Refusal } from './refusal.ts';
import { createRequestServer } from './request-server.ts';

function world(dispatch: () => Running) {
  const sent: { message: unknown; onSent: (() => void) | undefined }[] = [];
  const counters = createRefusalCounters();
  const gone = new AbortController();
  const errors: string[] = [];
  const serve = createRequestServer(
    {
      peerUid: 1,
      limits: DEFAULT_LIMITS,
      dispatch,
      counters,
      log: { info: () => undefined, warn: () => undefined, error: (_values, text) => void errors.push(text) },
      places: createPlaces(1),
      rate: () => true,
      isStopping: () => false,
      onRunning: () => undefined,
    },
    { send: (message, onSent) => (sent.push({ message, onSent }), true), close: () => undefined },
    gone.signal,
    () => undefined,
  );
  return { sent, counters, gone, errors, ask: (id: number) => serve({ id, verb: 'ping' }) };
}

const done = (): Running => ({ answer: Promise.resolve('yes'), ended: Promise.resolve() });

describe('requests of a connection', () => {
  it('hold their place until their answer was taken', async () => {
    const { ask, sent } = world(done);
    ask(1);
    await nextTurn();
    ask(2);
    sent[0]?.onSent?.();
    await nextTurn();
    ask(3);
    await nextTurn();
    expect(sent.map(({ message }) => message)).toEqual([{ id: 1, answer: 'yes' }, { id: 2, refused: expect.objectContaining({ reason: 'busy' }) as object }, { id: 3, answer: 'yes' }]);
  });

  it('hold their place until nothing runs for them any more', async () => {
    const ended = Promise.withResolvers<void>();
    const { ask, sent } = world(() => ({ answer: Promise.reject(new Refusal('deadline', 'late')), ended: ended.promise }));
    ask(1);
    await nextTurn();
    sent[0]?.onSent?.();
    await nextTurn();
    ask(2);
    expect(sent[1]?.message).toMatchObject({ id: 2, refused: { reason: 'busy' } });
    ended.resolve();
    await nextTurn();
    ask(3);
    await nextTurn();
    expect(sent[2]?.message).toMatchObject({ id: 3, refused: { reason: 'deadline' } });
  });

  it('count nothing and say nothing once the peer has gone, and give their place back', async () => {
    const { ask, sent, gone, counters, errors } = world(() => ({ answer: Promise.reject(new Refusal('internal', 'x')), ended: Promise.resolve() }));
    ask(1);
    gone.abort();
    await nextTurn();
    expect([sent.length, counters.read().internal, errors]).toEqual([0, 0, []]);
    ask(2);
    await nextTurn();
    expect(counters.read().busy).toBe(0);
  });
});
