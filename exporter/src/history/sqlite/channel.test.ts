import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../../events/fake-clock.ts';
import { StoreUnavailableError } from '../store.ts';
import { Channel } from './channel.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

/** A worker that does nothing by itself. The real one is tested beside it in open.test.ts. */
class IdleWorker extends EventEmitter {
  readonly received: ToWorker[] = [];
  postMessage(message: ToWorker): void {
    this.received.push(message);
  }
  say(message: FromWorker): void {
    this.emit('message', message);
  }
  /** Answers the request that came as number `index`. */
  answer(index: number, value: unknown): void {
    const message = this.received[index];
    if (message?.kind !== 'request') throw new Error(`message ${index} is no request`);
    this.say({ kind: 'replies', replies: [{ id: message.request.id, ok: true, value }] });
  }
  terminate(): Promise<number> {
    return Promise.resolve(0);
  }
}

function set(mostPending = 100): { channel: Channel; clock: FakeClock; workers: IdleWorker[] } {
  const clock = createFakeClock();
  const workers: IdleWorker[] = [];
  const start = (): Worker => {
    const worker = new IdleWorker();
    workers.push(worker);
    return worker as unknown as Worker;
  };
  return { channel: new Channel({ start, clock, callTimeoutMs: 1000, mostPending, onWarning: () => {} }), clock, workers };
}

const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'answered',
    (error: unknown) => (error instanceof StoreUnavailableError ? error.message : `unexpected ${String(error)}`),
  );

describe('a worker that ends', () => {
  it('fails the calls that wait and is replaced by the next call, then with growing pauses', async () => {
    const { channel, clock, workers } = set();
    const waiting = [refusal(channel.call('domains', [])), refusal(channel.call('domains', []))];
    workers[0]?.emit('error', new Error('out of memory'));
    workers[0]?.emit('exit', 1);
    expect(await Promise.all(waiting)).toEqual(Array(2).fill(`the store's worker failed: out of memory`));
    const pauses: string[] = [];
    for (let index = 1; index <= 8; index += 1) {
      const call = refusal(channel.call('domains', []));
      workers[index]?.emit('exit', 1);
      await call;
      const message = await refusal(channel.call('domains', []));
      pauses.push(/next try in (\d+) s/.exec(message)?.[1] ?? message);
      await clock.advance(Number(pauses.at(-1)) * 1000);
    }
    expect(pauses).toEqual(['1', '2', '4', '8', '16', '30', '30', '30']);
    expect(workers).toHaveLength(9);
  });

  it('is forgiven once its successor answers', async () => {
    const { channel, clock, workers } = set();
    for (const index of [0, 1]) {
      const call = refusal(channel.call('domains', []));
      workers[index]?.emit('exit', 1);
      await call;
    }
    await clock.advance(1000);
    const answered = channel.call('domains', []);
    workers[2]?.answer(0, []);
    expect(await answered).toEqual([]);
    const failed = refusal(channel.call('domains', []));
    workers[2]?.emit('exit', 1);
    await failed;
    const next = channel.call('domains', []);
    workers[3]?.answer(0, ['again']);
    expect(await next).toEqual(['again']);
  });

  it('because it could not open the database says why', async () => {
    const { channel, workers } = set();
    const call = refusal(channel.call('domains', []));
    workers[0]?.say({ kind: 'failed', error: { type: 'unavailable', message: 'its disk is full' } });
    workers[0]?.emit('exit', 0);
    expect(await call).toBe('its disk is full');
  });
});

describe('a worker that does not answer', () => {
  it('fails each call at its limit; a late answer changes nothing', async () => {
    const { channel, clock, workers } = set();
    const call = refusal(channel.call('putDomain', []));
    await clock.advance(1000);
    expect(await call).toMatch(/did not answer within 1 s; whether putDomain was written is not known/);
    workers[0]?.answer(0, null);
    expect(clock.timers).toBe(0);
  });

  it('gets no more than a bounded number of calls', async () => {
    const { channel, workers } = set(2);
    const calls = [channel.call('domains', []), channel.call('domains', [])];
    expect(await refusal(channel.call('domains', []))).toMatch(/does not keep up: 2 calls wait/);
    workers[0]?.answer(0, 'a');
    workers[0]?.answer(1, 'b');
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
  });

  it('is ended by close at its limit', async () => {
    const { channel, clock, workers } = set();
    const call = refusal(channel.call('domains', []));
    const closed = channel.close();
    expect(channel.close()).toBe(closed);
    expect(await refusal(channel.call('domains', []))).toBe('the store is closed');
    await clock.advance(1000);
    await closed;
    await call;
    expect(workers[0]?.received.at(-1)).toEqual({ kind: 'close' });
  });
});

it('rejects what cannot be sent, and goes on', async () => {
  const { channel, workers } = set();
  const idle = channel.call('domains', []);
  const worker = workers[0] as IdleWorker;
  const { postMessage } = worker;
  worker.postMessage = () => {
    throw new Error('could not be cloned');
  };
  await expect(channel.call('putSetting', ['k', () => {}])).rejects.toThrow(/could not be cloned/);
  worker.postMessage = postMessage;
  worker.answer(0, 'fine');
  expect(await idle).toBe('fine');
});
