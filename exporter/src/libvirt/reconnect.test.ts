import { describe, expect, it } from 'vitest';
import { getHostname } from './calls/connect.ts';
import { NotConnectedError, UriError } from './errors.ts';
import { createFakeDaemon, type FakeDaemon } from './testing/fake-daemon.ts';
import { backoffMs, superviseConnection, type ConnectionState, type SupervisedConnection, type SupervisedOptions } from './reconnect.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Bench {
  supervised: SupervisedConnection;
  states: ConnectionState[];
  daemons: FakeDaemon[];
  /** What the next connections find: a daemon, or why there is none. */
  reachable: boolean;
  delays(): number[];
  /** Runs the one timer with this delay. */
  fire(delayMs: number): Promise<void>;
}

function bench(options: Partial<SupervisedOptions> = {}): Bench {
  const timers = new Map<object, { delayMs: number; run: () => void }>();
  const self = { states: [] as ConnectionState[], daemons: [] as FakeDaemon[], reachable: true };
  const supervised = superviseConnection({
    uri: 'qemu:///system',
    keepalive: false,
    random: () => 0.5,
    after(delayMs, run) {
      const key = {};
      timers.set(key, { delayMs, run });
      return () => timers.delete(key);
    },
    onStateChange: (state) => self.states.push(state),
    async connectTransport() {
      if (!self.reachable) throw new Error('nobody there');
      const daemon = createFakeDaemon();
      self.daemons.push(daemon);
      return daemon.transport;
    },
    ...options,
  });
  return Object.assign(self, {
    supervised,
    delays: () => [...timers.values()].map(({ delayMs }) => delayMs),
    async fire(delayMs: number) {
      const [key, timer] = [...timers].find(([, candidate]) => candidate.delayMs === delayMs)!;
      timers.delete(key);
      timer.run();
      await settle();
    },
  });
}

describe('supervised connection', () => {
  it('connects, and again after a loss', async () => {
    const prepared: unknown[] = [];
    const { supervised, states, daemons, delays, fire } = bench({ onConnected: (connection) => void prepared.push(connection) });
    const first = await supervised.connected();
    expect(states.map(({ status }) => status)).toEqual(['connecting', 'connected']);
    daemons[0]!.end();
    await settle();
    expect(supervised.state).toMatchObject({ status: 'disconnected', error: { reason: 'eof' }, attempt: 1, retryInMs: 375 });
    expect(delays()).toEqual([375]);
    await fire(375);
    expect(supervised.state.status).toBe('connected');
    const second = await supervised.connected();
    expect(second).not.toBe(first);
    expect(prepared).toEqual([first, second]);
    await supervised.close();
  });

  it('waits longer and longer, and starts anew after a connection that lasted', async () => {
    const self = bench();
    await self.supervised.connected();
    self.reachable = false;
    self.daemons[0]!.end();
    await settle();
    const seen: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const [delayMs] = self.delays();
      seen.push(delayMs!);
      await self.fire(delayMs!);
    }
    expect(seen).toEqual([375, 750, 1500, 3000, 6000, 12_000, 22_500, 22_500, 22_500]);
    self.reachable = true;
    await self.fire(22_500);
    expect(self.delays()).toEqual([10_000]);
    await self.fire(10_000);
    self.daemons.at(-1)!.end();
    await settle();
    expect(self.delays()).toEqual([375]);
    await self.supervised.close();
  });

  it('does not take a connection that is lost at once for a good one', async () => {
    const { supervised, daemons, delays, fire } = bench();
    for (const delayMs of [375, 750, 1500]) {
      await supervised.connected();
      daemons.at(-1)!.end();
      await settle();
      expect(delays()).toEqual([delayMs]);
      await fire(delayMs);
    }
    await supervised.close();
  });

  it('refuses calls at once while it is down, with the cause', async () => {
    const self = bench({
      connectTransport: async () => {
        throw new Error('nobody there');
      },
    });
    await settle();
    const error = await self.supervised.call(getHostname, {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotConnectedError);
    expect(error).toMatchObject({ message: 'libvirt call connectGetHostname: not connected to qemu:///system (disconnected): nobody there' });
    await self.supervised.close();
  });

  it('passes calls on while it is up', async () => {
    const { supervised, daemons } = bench();
    await supervised.connected();
    const name = supervised.call(getHostname, {});
    await settle();
    daemons[0]!.reply(daemons[0]!.calls[0]!, (writer) => writer.string('kvm1'));
    expect(await name).toBe('kvm1');
    await supervised.close();
  });

  it('gives up a connection that could not be prepared', async () => {
    let failures = 1;
    const { supervised, daemons, fire } = bench({
      onConnected: async () => {
        if (failures-- > 0) throw new Error('no events');
      },
    });
    await settle();
    expect(supervised.state).toMatchObject({ status: 'disconnected', error: { message: 'no events' } });
    expect(daemons[0]!.dropped).toBe(true);
    await fire(375);
    expect(supervised.state.status).toBe('connected');
    await supervised.close();
  });

  it('hands out no connection that was lost while it was prepared', async () => {
    const self = bench({ onConnected: (connection) => connection.close() });
    await settle();
    expect(self.states.map(({ status }) => status)).toEqual(['connecting', 'disconnected']);
    await self.supervised.close();
  });

  it('closes for good: in any state, with its waiters told', async () => {
    for (const reachable of [true, false]) {
      const self = bench(
        reachable ? {} : { connectTransport: () => Promise.reject(new Error('nobody there')) },
      );
      if (reachable) await self.supervised.connected();
      else await settle();
      const waiter = reachable ? null : self.supervised.connected().catch((error: unknown) => error);
      await self.supervised.close();
      await self.supervised.close();
      if (waiter !== null) expect(await waiter).toBeInstanceOf(NotConnectedError);
      await settle();
      expect([self.supervised.state.status, self.delays()]).toEqual(['closed', []]);
      expect(self.states.filter(({ status }) => status === 'closed').length).toBe(1);
      await expect(self.supervised.connected()).rejects.toThrow(NotConnectedError);
      if (reachable) expect(self.daemons[0]!.dropped).toBe(true);
    }
  });

  it('drops a connection that is opened too late', async () => {
    const daemon = createFakeDaemon();
    const { promise, resolve } = Promise.withResolvers<FakeDaemon['transport']>();
    const { supervised, states } = bench({ connectTransport: () => promise });
    await settle();
    await supervised.close();
    resolve(daemon.transport);
    await settle();
    expect(daemon.dropped).toBe(true);
    expect(states.map(({ status }) => status)).toEqual(['connecting', 'closed']);
  });

  it('refuses a wrong URI at once', () => {
    expect(() => superviseConnection({ uri: 'qemu+tls://h/system' })).toThrow(UriError);
  });
});

it('backs off by powers of two, the upper half at random, up to the limit', () => {
  expect([0, 1, 2].map((attempt) => backoffMs(attempt, 0))).toEqual([250, 500, 1000]);
  expect(backoffMs(0, 0.999)).toBeCloseTo(499.75);
  expect(backoffMs(1000, 0.5, { initialMs: 100, maxMs: 4000 })).toBe(3000);
});
