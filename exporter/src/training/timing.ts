/** When it is trained: each night by cron expression, and in between at even intervals. */
import { schedule } from 'node-cron';
import type { ScheduledTask } from 'node-cron';
import type { Clock } from '../events/clock.ts';

export interface Times {
  enabled: boolean;
  /** Cron expression, local time. */
  nightlyAt: string;
  onlineSeconds: number;
}

export interface Timing {
  /** From now on at these times. The same again change nothing. */
  set(times: Times): void;
  stop(): void;
}

/** Neither must throw. */
export function createTiming(clock: Pick<Clock, 'after'>, due: { nightly(): void; online(): void }): Timing {
  let task: ScheduledTask | null = null;
  let inForce = '';
  let cancel = (): void => undefined;

  function online(everyMs: number): void {
    cancel = clock.after(everyMs, () => {
      online(everyMs);
      due.online();
    });
  }

  function stop(): void {
    void task?.destroy();
    task = null;
    cancel();
    inForce = '';
  }

  return {
    set({ enabled, nightlyAt, onlineSeconds }) {
      const next = JSON.stringify([enabled, nightlyAt, onlineSeconds]);
      if (next === inForce) return;
      stop();
      inForce = next;
      if (!enabled) return;
      task = schedule(nightlyAt, () => due.nightly());
      online(onlineSeconds * 1000);
    },
    stop,
  };
}
