/** Replays a source from beginning to end: rows as they come, a summary for each target at the end. */
import type { AlarmSettings } from '../prediction/alarm.ts';
import type { Interval } from '../prediction/states-known.ts';
import { headerRow, tickRow } from './rows.ts';
import type { Named, RowOptions } from './rows.ts';
import type { BacktestTick } from './replay.ts';
import { createSummary } from './summary.ts';
import type { Summary } from './summary.ts';
import { createThinner } from './thin.ts';
import type { Point } from './thin.ts';

/** Readings of one target, in order of time; those of several targets may alternate. */
export interface Batch<Reading> {
  target: Named;
  readings: readonly Reading[];
}

export interface RunOptions<Reading> extends CommonOptions {
  batches: AsyncIterable<Batch<Reading>>;
  /** A replay of its own for each target. */
  replayOf(target: Named): (reading: Reading) => BacktestTick;
}

/** Whatever is replayed. */
export interface CommonOptions {
  failuresOf(target: Named): readonly Interval[];
  tickSeconds: number;
  alarm: AlarmSettings;
  rows: RowOptions;
  write(text: string): Promise<void> | void;
  /** Points of a picture, for each target at most so many; 0: none. */
  mostPoints: number;
  /** Ends it early: what was replayed so far counts. */
  signal: AbortSignal;
}

export interface TargetResult {
  target: Named;
  summary: Summary;
  points: Point[];
}

/** What is on its way when it is interrupted may fail for that. */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  try {
    for await (const item of items) {
      if (signal.aborted) return;
      yield item;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

interface Running<Reading> {
  target: Named;
  replay: (reading: Reading) => BacktestTick;
  summary: ReturnType<typeof createSummary>;
  thinner: ReturnType<typeof createThinner> | null;
}

export async function runBacktest<Reading>(options: RunOptions<Reading>): Promise<TargetResult[]> {
  const { batches, rows, write, signal, tickSeconds, alarm, mostPoints } = options;
  const targets = new Map<string, Running<Reading>>();
  const begin = (target: Named): Running<Reading> => ({
    target,
    replay: options.replayOf(target),
    summary: createSummary({ tickSeconds, alarm, failures: options.failuresOf(target) }),
    thinner: mostPoints === 0 ? null : createThinner(mostPoints),
  });
  await write(headerRow(rows));
  for await (const { target, readings } of untilAborted(batches, signal)) {
    const key = JSON.stringify([target.host, target.domain]);
    const running = targets.get(key) ?? begin(target);
    targets.set(key, running);
    let text = '';
    for (const reading of readings) {
      const tick = running.replay(reading);
      running.summary.take(tick);
      running.thinner?.take(tick);
      text += tickRow(tick, rows, target);
    }
    if (text !== '') await write(text);
  }
  return [...targets.values()].map(({ target, summary, thinner }) => ({ target, summary: summary.result(), points: thinner?.points() ?? [] }));
}
