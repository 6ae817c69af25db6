/** Targets that live, by rules that know nothing of the model; their symbols as a tick reads them. */
import { symbolOf } from '../observation/symbol.ts';
import type { Level } from '../observation/symbol.ts';

const DAY_S = 86_400;

export interface Life {
  symbols: Int16Array;
  /** The tick at which a leak began and at which the target stood still; -1: it stayed healthy. */
  leakTick: number;
  failedTick: number;
}

export interface Living {
  seconds: number;
  tickSeconds: number;
  random: () => number;
  /** From when memory leaks, and how long until nothing is left. Null: never. */
  leak: { fromSeconds: number; lastsSeconds: number } | null;
}

/**
 * Days with a peak at noon, bursts of some minutes, a backup at night, noise; memory follows slowly. With a leak memory rises to its
 * limit, then the target thrashes for a quarter of the leak's time, then it stands still.
 */
export function live({ seconds, tickSeconds, random, leak }: Living): Life {
  const ticks = Math.floor(seconds / tickSeconds);
  const symbols = new Int16Array(ticks);
  const noise = (): number => (random() + random() + random() + random() - 2) / 2;
  const failedAt = leak === null ? Infinity : leak.fromSeconds + 1.25 * leak.lastsSeconds;
  let [burstLeft, wander, memory] = [0, 0, 0.35];
  for (let t = 0; t < ticks; t++) {
    const now = t * tickSeconds;
    burstLeft = burstLeft > 0 ? burstLeft - tickSeconds : random() < tickSeconds / 5400 ? 60 + 400 * random() : 0;
    wander += (-wander * tickSeconds) / 600 + 0.02 * noise() * Math.sqrt(tickSeconds);
    const day = 0.4 - 0.25 * Math.cos((2 * Math.PI * now) / DAY_S);
    const activity = Math.min(1, Math.max(0, day + wander + (burstLeft > 0 ? 0.4 : 0)));
    const backup = now % DAY_S > 10_800 && now % DAY_S < 12_000;
    memory += ((0.3 + 0.2 * activity - memory) * tickSeconds) / 1800;
    const leaked = leak === null || now < leak.fromSeconds ? 0 : Math.min(1, (now - leak.fromSeconds) / leak.lastsSeconds);
    if (now >= failedAt) symbols[t] = symbolOfLevels(0, 2, 0, 0);
    else if (leaked >= 1) symbols[t] = symbolOfLevels(2, 2, level(0.2 + 0.2 * noise()), level(0.8 + 0.2 * noise()));
    else symbols[t] = symbolOfLevels(level(activity + 0.15 * noise()), level(memory * 1.15 + 0.06 * noise() + leaked), level(activity + 0.2 * noise()), busy((backup ? 0.9 : 0.8 * activity + 0.1) + 0.2 * noise()));
  }
  const tickOf = (second: number): number => (second < ticks * tickSeconds ? Math.ceil(second / tickSeconds) : -1);
  return { symbols, leakTick: leak === null ? -1 : tickOf(leak.fromSeconds), failedTick: tickOf(failedAt) };
}

/** About what running quantiles of a target that lives like this would give. */
function level(value: number): Level {
  return value < 0.25 ? 0 : value > 0.7 ? 2 : 1;
}

/** Of a disk: busy is not slow. */
function busy(value: number): Level {
  return Math.min(1, level(value)) as Level;
}

export function symbolOfLevels(cpu: Level, memory: Level, network: Level, disk: Level): number {
  return symbolOf({ cpu, memory, network, disk });
}
