import type { Guest } from '../../lab/lab.ts';
import { pause } from './faults.ts';
import type { Measured } from './faults.ts';

/** What one kind of fault gave, over all its guests. */
export interface Sample {
  /** How often each guest was broken. */
  faults: Map<Guest, number>;
  measured: { guest: Guest; result: Measured }[];
}

export interface RoundOptions {
  guests: readonly Guest[];
  /** Faults of each guest, one after the other. */
  perGuest: number;
  /** Least and most seconds between the end of a recovery and the next fault. */
  pauseSeconds: readonly [number, number];
  signal: AbortSignal;
  progress(text: string): void;
}

/** Breaks every guest again and again, the guests side by side. A fault without a recovery is told and counted, and the guest left alone. */
export async function breakAgainAndAgain(options: RoundOptions, breakOnce: (guest: Guest) => Promise<Measured>): Promise<Sample> {
  const sample: Sample = { faults: new Map(), measured: [] };
  await Promise.all(options.guests.map((guest) => breakOne(options, breakOnce, guest, sample)));
  return sample;
}

async function breakOne(options: RoundOptions, breakOnce: (guest: Guest) => Promise<Measured>, guest: Guest, sample: Sample): Promise<void> {
  const { perGuest, pauseSeconds, signal, progress } = options;
  for (let count = 1; count <= perGuest; count++) {
    await pause(...pauseSeconds, signal);
    sample.faults.set(guest, count);
    try {
      const result = await breakOnce(guest);
      sample.measured.push({ guest, result });
      progress(`${guest.name} ${count}/${perGuest}: ${result.seconds.toFixed(2)} s, ${result.recovery.incident.outcome}`);
    } catch (error) {
      signal.throwIfAborted();
      progress(`${guest.name} ${count}/${perGuest}: ${(error as Error).message}`);
      return;
    }
  }
}

export function faultsIn({ faults }: Sample): number {
  return [...faults.values()].reduce((sum, count) => sum + count, 0);
}

export function recoveredIn({ measured }: Sample): number {
  return measured.filter(({ result }) => result.recovery.incident.outcome === 'recovered').length;
}

/** A fault without a recovery takes forever, so that it can't improve a figure. */
export function secondsOf(sample: Sample): number[] {
  const { measured } = sample;
  return [...measured.map(({ result }) => result.seconds), ...Array<number>(faultsIn(sample) - measured.length).fill(Infinity)];
}
