import { setPriority } from 'node:os';
import { startLab } from '../../lab/lab.ts';
import { seedsFor, writeTrace } from '../trace/folder.ts';
import { makeGate } from './gate.ts';
import type { Assignment, Plan } from './plans.ts';
import { recordGuest } from './record-guest.ts';
import { startSampler } from './sampler.ts';
import { makeScenario } from './scenario.ts';
import type { Pace } from './scenario.ts';
import type { Studio } from './session.ts';

export interface Recording {
  plan: Plan;
  minutes: number;
  /** Traces are added to what is there; no file is changed. */
  folder: string;
  tickMs?: number;
  /** Ends it early; what is complete is kept. */
  signal: AbortSignal;
  onProgress?: (message: string) => void;
}

export interface Result {
  written: string[];
  /** Guests of which there is no trace, and why. */
  lost: string[];
  missedTicks: number;
}

export const TICK_MS = 5000;
const BOOTS_AT_ONCE = 2;
/** Sampling at real pace matters more than what the guests do. */
const SAMPLER_PRIORITY = -5;

/** Starts two hosts, puts guests through the plan's scenarios and writes a trace file for each that is complete. */
export async function record(recording: Recording): Promise<Result> {
  const { plan, folder, onProgress = () => {}, tickMs = TICK_MS } = recording;
  const nextSeed = seedsFor(folder);
  const result: Result = { written: [], lost: [], missedTicks: 0 };
  await using lab = await startLab({ hosts: 2, name: 'recorder', onProgress });
  onProgress(`lab ${lab.id} is up`);
  const priority = process.getuid?.() === 0;
  if (priority) setPriority(SAMPLER_PRIORITY);
  const sampler = await startSampler(lab.hosts, tickMs);
  const studio: Studio = { lab, sampler, tickMs, boots: makeGate(BOOTS_AT_ONCE), hungry: makeGate(plan.hungryAtOnce), onProgress };
  const endsAtMs = Date.now() + recording.minutes * 60_000;
  const signal = AbortSignal.any([recording.signal, AbortSignal.timeout(recording.minutes * 60_000)]);

  const one = async ({ kind, split }: Assignment, index: number): Promise<void> => {
    const seed = nextSeed(kind, split);
    const pace: Pace = { ...plan.pace, healthySeconds: Math.max(1, Math.round((endsAtMs - Date.now()) / 1000)) };
    const host = lab.host((index % lab.hosts.length) + 1);
    const { trace, note } = await recordGuest(studio, host, makeScenario(kind, seed, pace), pace.healthySeconds, signal);
    if (trace === null || trace.readings.length === 0) result.lost.push(`${kind}-${seed}: ${note || 'no tick was read'}`);
    else result.written.push(writeTrace(folder, trace));
    onProgress(trace === null ? `${kind}-${seed}: no trace: ${note}` : `${kind}-${seed}: ${trace.readings.length} ticks`);
  };
  let next = 0;
  const failing = async (): Promise<void> => {
    for (;;) {
      const assignment = plan.failing[next % plan.failing.length];
      if (assignment === undefined || signal.aborted || endsAtMs - Date.now() < plan.pace.baselineSeconds[0] * 1000) return;
      next += 1;
      await one(assignment, next);
    }
  };
  try {
    await Promise.all([...Array.from({ length: plan.failingAtOnce }, failing), ...plan.healthy.map(one)]);
  } finally {
    result.missedTicks = sampler.missedTicks;
    await sampler.stop();
    if (priority) setPriority(0);
  }
  return result;
}
