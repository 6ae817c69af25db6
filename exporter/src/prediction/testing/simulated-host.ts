import { randomNumbers } from '../hmm/random-model.ts';
import type { HostReading } from '../observation/host-reading.ts';

const GIBIBYTE = 2 ** 30;
const CPUS = 8;

export interface SimulatedHost {
  ticks: number;
  tickSeconds?: number;
  startMs?: number;
  /** From then on its memory is gone and its processors work in vain. Default: never. */
  troubleFromTick?: number;
  seed?: number;
}

/** What is told of a host of which a quarter is used, with noise. */
export function simulatedHostReadings({ ticks, tickSeconds = 5, startMs = 1_700_000_000_000, troubleFromTick = Infinity, seed = 1 }: SimulatedHost): HostReading[] {
  const random = randomNumbers(seed);
  const elapsed = tickSeconds * 1e9 * CPUS;
  let [busy, bytes, requests] = [0, 0, 0];
  return Array.from({ length: ticks }, (_, n) => {
    const noise = 0.8 + 0.4 * random();
    const isTroubled = n >= troubleFromTick;
    busy += (isTroubled ? 0.99 : 0.25 * noise) * elapsed;
    bytes += Math.round(1e6 * noise * tickSeconds);
    requests += Math.round(50 * noise * tickSeconds);
    return {
      atMs: startMs + n * tickSeconds * 1000,
      kernelNanoseconds: busy / 3,
      userNanoseconds: (busy * 2) / 3,
      interruptNanoseconds: 0,
      idleNanoseconds: (n + 1) * elapsed - busy,
      ioWaitNanoseconds: 0,
      memoryTotalBytes: 64 * GIBIBYTE,
      memoryFreeBytes: isTroubled ? GIBIBYTE : 20 * GIBIBYTE,
      memoryBuffersBytes: 0,
      memoryCachedBytes: isTroubled ? 0 : 10 * GIBIBYTE,
      receivedBytes: bytes,
      transmittedBytes: bytes,
      readBytes: bytes,
      writtenBytes: bytes,
      readRequests: requests,
      writeRequests: requests,
      readNanoseconds: requests * 1e6,
      writeNanoseconds: requests * 1e6,
      poolAllocatedBytes: 100 * GIBIBYTE,
      poolCapacityBytes: 500 * GIBIBYTE,
    };
  });
}
