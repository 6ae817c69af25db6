/** What was observed of one target while a source was replayed, as training takes it. */
import type { Observation } from '../../prediction/observation/observer.ts';
import type { SymbolRecord } from '../../prediction/states-known.ts';
import { addTick, newRecorder, recordOf } from '../recorder.ts';
import type { Recorder } from '../recorder.ts';

export interface Recorded {
  /** Ticks in order of time. */
  take(atMs: number, observation: Pick<Observation, 'code' | 'rates'>): void;
  /** Uninterrupted times, one life of the target each at most. */
  records(): SymbolRecord[];
}

const MOST_TICKS = 1 << 16;

export function createRecorded(tickSeconds: number): Recorded {
  const done: SymbolRecord[] = [];
  let recorder: Recorder | null = null;
  return {
    take(atMs, { code, rates }) {
      if (!Number.isFinite(atMs)) return;
      if (recorder !== null && rates.interruption !== 'restart' && addTick(recorder, atMs, tickSeconds, code, MOST_TICKS)) return;
      if (recorder !== null) done.push(recordOf(recorder));
      recorder = newRecorder(atMs, tickSeconds, code);
    },
    records: () => (recorder === null ? [...done] : [...done, recordOf(recorder)]),
  };
}
