import type { Interval, Labels, SymbolRecord } from '../../../exporter/src/prediction/states-known.ts';
import { MISSING } from '../../../exporter/src/prediction/hmm/model.ts';
import { timeOf } from '../trace/trace.ts';
import type { Trace } from '../trace/trace.ts';
import type { ReplayedTick } from './replay.ts';
import { operationsOf } from './replay.ts';

/** As the daemon does: so long after a recovery nothing is learnt. */
const AFTER_RECOVERY_MS = 600_000;

/**
 * What the daemon would have kept for training of this guest: when it failed until it served again; what was done to it on purpose, and a
 * while after its recovery, censored. Its decline is not told: no daemon knows when one began. One that was survived is censored as well,
 * for whoever calls it healthy, or a failure, would be wrong.
 */
export function labelsOf(trace: Trace): Labels {
  const [declineMs, failedMs, restartedMs] = [timeOf(trace, 'decline'), timeOf(trace, 'failed'), timeOf(trace, 'restarted')];
  const failures: Interval[] = failedMs === null ? [] : [{ fromMs: failedMs, toMs: restartedMs ?? Infinity }];
  const censored: Interval[] = [...operationsOf(trace)];
  if (restartedMs !== null) censored.push({ fromMs: restartedMs, toMs: restartedMs + AFTER_RECOVERY_MS });
  if (declineMs !== null && failedMs === null) censored.push({ fromMs: declineMs, toMs: Infinity });
  return { failures, censored };
}

/** Symbols on an even grid of ticks: one that libvirt did not answer is missing. */
export function recordOf(ticks: readonly ReplayedTick[], tickSeconds: number): SymbolRecord {
  const startMs = ticks[0]?.atMs ?? 0;
  const placeOf = (atMs: number): number => Math.round((atMs - startMs) / (tickSeconds * 1000));
  const symbols = new Int16Array(ticks.length === 0 ? 0 : placeOf(ticks.at(-1)!.atMs) + 1).fill(MISSING);
  for (const { atMs, code } of ticks) symbols[placeOf(atMs)] = code;
  return { startMs, tickSeconds, symbols };
}
