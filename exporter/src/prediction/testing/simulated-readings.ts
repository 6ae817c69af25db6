import { randomNumbers } from '../hmm/random-model.ts';
import { freshReading, readingAfter } from '../observation/simulated-domain.ts';
import type { DomainReading } from '../observation/reading.ts';

export interface Simulated {
  ticks: number;
  tickSeconds?: number;
  startMs?: number;
  /** From then on memory fills, within five minutes, and the processor works in vain when it is full. Default: never. */
  leakFromTick?: number;
  seed?: number;
}

const LEAK_SECONDS = 300;

/** What libvirt would tell of a small server with a steady, noisy load, from its boot on. */
export function simulatedReadings({ ticks, tickSeconds = 5, startMs = 1_700_000_000_000, leakFromTick = Infinity, seed = 1 }: Simulated): DomainReading[] {
  const random = randomNumbers(seed);
  const readings = [freshReading(startMs)];
  while (readings.length < ticks) {
    const leaked = Math.min(1, Math.max(0, ((readings.length - leakFromTick) * tickSeconds) / LEAK_SECONDS));
    const noise = 0.8 + 0.4 * random();
    const next = readingAfter(readings.at(-1)!, tickSeconds, {
      cpuRatio: leaked >= 1 ? 0.98 : 0.2 * noise,
      memoryUsedRatio: 0.4 + 0.01 * random() + 0.58 * leaked,
      networkBytesPerSecond: (leaked >= 1 ? 100 : 20_000) * noise,
      diskBytesPerSecond: 50_000 * noise,
    });
    readings.push(next);
  }
  return readings;
}
