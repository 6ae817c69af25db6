import { expect, it } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import { DeadlineError } from '../libvirt/index.ts';
import type { SupervisedConnection, SupervisedOptions } from '../libvirt/index.ts';
import type { SampledHost } from '../prediction/sampled-host.ts';
import { startSampler } from './sampler.ts';

const URI = 'qemu+tcp://h1/system';

/** A host that answers as told, and what was asked of it. */
function hostWith(answers: { stats: () => Promise<unknown>; others?: (name: string) => unknown; wanted?: boolean; take?: (sample: SampledHost) => void }, intervalMs = 10_000) {
  const clock = createFakeClock(1_000_000);
  const samples: SampledHost[] = [];
  const warnings: string[] = [];
  const asked: { name: string; atMs: number; deadlineMs: number | undefined }[] = [];
  let [connections, closed, wanted] = [0, 0, answers.wanted ?? true];
  const connect = ({ uri }: SupervisedOptions): SupervisedConnection => {
    connections++;
    return {
      uri,
      state: { status: 'connected' },
      connected: () => Promise.resolve(null),
      close: () => Promise.resolve(void closed++),
      call: ({ name }: { name: string }, _args: unknown, options?: { deadlineMs?: number }) => {
        asked.push({ name, atMs: clock.monotonicMs(), deadlineMs: options?.deadlineMs });
        if (name === 'connectGetAllDomainStats') return answers.stats();
        return answers.others ? Promise.resolve(answers.others(name)) : Promise.reject(new Error('not supported'));
      },
    } as unknown as SupervisedConnection;
  };
  const sampler = startSampler({ host: { name: 'h1', uri: URI }, libvirt: {}, deadlineMs: 9000, intervalMs, clock, isWanted: () => wanted, onSample: (sample) => (answers.take ?? ((one) => samples.push(one)))(sample), onWarning: (text) => warnings.push(text), connect });
  const times = (name = 'connectGetAllDomainStats'): number[] => asked.filter((one) => one.name === name).map(({ atMs }) => atMs);
  return { clock, sampler, samples, warnings, asked, times, want: (now: boolean) => (wanted = now), counts: () => ({ connections, closed }) };
}

const running = (uuid: string) => ({ domain: { uuid, name: uuid, id: 1 }, params: { 'state.state': 1, 'cpu.time': 5 } });

it('asks for statistics once a tick, within less than a tick, whatever else the host refuses', async () => {
  const { clock, sampler, samples, asked, times } = hostWith({ stats: () => Promise.resolve([running('a')]) });
  await clock.advance(25_000);
  expect(times()).toEqual([0, 10_000, 20_000]);
  expect(asked.every(({ deadlineMs }) => deadlineMs === 8000)).toBe(true);
  expect(samples).toHaveLength(3);
  expect(samples[1]).toMatchObject({ host: 'h1', reading: null });
  expect(samples[1]?.domains?.get('a')).toMatchObject({ running: true, cpuNanoseconds: 5, atMs: 1_010_000 });
  expect(times('connectListAllStoragePools')).toEqual([0]);
  sampler.setInterval(2000);
  await clock.advance(4500);
  expect(times().slice(3)).toEqual([25_000, 27_000, 29_000]);
  expect(asked.at(-1)?.deadlineMs).toBe(1600);
  await sampler.stop();
  await clock.advance(60_000);
  expect(times()).toHaveLength(6);
});

it('misses a tick when nothing comes, and asks a host less and less that owes its answers', async () => {
  let fails = true;
  const { clock, sampler, samples, times } = hostWith({ stats: () => (fails ? Promise.reject(new DeadlineError('stats', 8000, true)) : Promise.resolve([])) });
  await clock.advance(155_000);
  expect(times().map((ms) => ms / 10_000)).toEqual([0, 1, 4, 9]);
  expect(samples).toHaveLength(16);
  expect(samples.every(({ domains }) => domains === null)).toBe(true);
  fails = false;
  await clock.advance(40_000);
  expect(times().map((ms) => ms / 10_000)).toEqual([0, 1, 4, 9, 18, 19]);
  await sampler.stop();
});

it('asks on when the host answers with errors, or is not connected in time', async () => {
  const { clock, sampler, times } = hostWith({ stats: () => Promise.reject(new Error('internal error')) });
  await clock.advance(50_000);
  expect(times()).toHaveLength(6);
  await sampler.stop();
});

it('neither asks nor connects while nobody wants it', async () => {
  const { clock, sampler, samples, asked, want, counts } = hostWith({ stats: () => Promise.resolve([]), wanted: false });
  await clock.advance(30_000);
  expect([asked.length, samples.length, counts()]).toEqual([0, 0, { connections: 0, closed: 0 }]);
  want(true);
  await clock.advance(10_000);
  expect([samples.length, counts()]).toEqual([1, { connections: 1, closed: 0 }]);
  want(false);
  await clock.advance(10_000);
  expect([samples.length, counts()]).toEqual([1, { connections: 1, closed: 1 }]);
  await sampler.stop();
});

it('goes on when what takes a sample fails', async () => {
  const fail = (): void => {
    throw new Error('broken');
  };
  const { clock, sampler, warnings, times } = hostWith({ stats: () => Promise.resolve([]), take: fail });
  await clock.advance(15_000);
  expect([times(), warnings]).toEqual([[0, 10_000], ['host h1: a sample was lost', 'host h1: a sample was lost']]);
  await sampler.stop();
});

it('leaves no connection behind when it is stopped before there was one', async () => {
  const clock = createFakeClock();
  const { promise, reject } = Promise.withResolvers<never>();
  let closed = 0;
  const connection = {
    state: { status: 'connecting' },
    connected: () => promise,
    close: () => {
      closed++;
      reject(new Error('closed'));
      return Promise.resolve();
    },
  } as unknown as SupervisedConnection;
  const samples: SampledHost[] = [];
  const sampler = startSampler({
    host: { name: 'h1', uri: URI }, libvirt: {}, deadlineMs: 9000, intervalMs: 3_600_000, clock, isWanted: () => true,
    onSample: (sample) => samples.push(sample), onWarning: () => undefined, connect: () => connection,
  });
  await clock.advance(1000);
  await sampler.stop();
  await clock.settle();
  expect([closed, samples.length, clock.timers]).toEqual([1, 0, 0]);
});

it('tells nothing once it was stopped', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { clock, sampler, samples } = hostWith({ stats: () => promise });
  await clock.advance(0);
  const stopped = sampler.stop();
  resolve([running('a')]);
  await stopped;
  await clock.settle();
  expect(samples).toEqual([]);
});

it('tells of the host itself, and asks for its pools once a minute', async () => {
  const answers: Record<string, unknown> = {
    nodeGetCPUStats: { fields: { kernel: 1, user: 2, idle: 3, iowait: 4 }, available: 4 },
    nodeGetMemoryStats: { fields: { total: 8, free: 4, buffers: 1, cached: 2 }, available: 4 },
    connectListAllStoragePools: [{ name: 'p', uuid: 'u' }],
    storagePoolGetInfo: { state: 2, capacityBytes: 100, allocationBytes: 40, availableBytes: 60 },
  };
  const { clock, sampler, samples, times } = hostWith({ stats: () => Promise.resolve([]), others: (name) => answers[name] });
  await clock.advance(65_000);
  expect(times('connectListAllStoragePools')).toEqual([0, 60_000]);
  expect(samples).toHaveLength(7);
  for (const { reading } of samples) expect(reading).toMatchObject({ userNanoseconds: 2, memoryTotalBytes: 8192, poolAllocatedBytes: 40, poolCapacityBytes: 100, receivedBytes: null });
  await sampler.stop();
});
