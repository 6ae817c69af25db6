/** The probes that apps declare, run by the same prober as those of domains. */
import type { Clock } from '../../events/clock.ts';
import { createProber, type ProberOptions } from '../prober.ts';
import type { DeclaredApp } from './declared.ts';
import type { WatchableDomain } from './hold.ts';
import type { ProbeOutcome } from './probes.ts';

export interface AppProber {
  /** Runs what is declared while the domain runs, and nothing while it does not. */
  watch(domain: WatchableDomain, declared: readonly DeclaredApp[]): void;
  /** The guest boots anew. */
  rebooted(uuid: string, declared: readonly DeclaredApp[]): void;
  forget(uuid: string, apps: readonly string[]): void;
  stop(): void;
}

export interface AppProberOptions {
  clock: Clock;
  onOutcome(uuid: string, app: string, outcome: ProbeOutcome): void;
  run?: NonNullable<ProberOptions['run']>;
}

export function createAppProber({ clock, onOutcome, run }: AppProberOptions): AppProber {
  const prober = createProber({
    clock,
    ...(run && { run }),
    onOutcome({ uuid: key, name, probe, result }) {
      const { uuid, app } = partsOf(key);
      const { failures, intervalSeconds, timeoutSeconds } = probe;
      onOutcome(uuid, app, { atMs: clock.monotonicMs(), name, result, failures, intervalSeconds, timeoutSeconds });
    },
  });
  return {
    watch({ uuid, name, hold }, declared) {
      for (const { app } of declared) {
        if (hold === null) prober.watch(keyOf(uuid, app.name), name, app.probes);
        else prober.unwatch(keyOf(uuid, app.name));
      }
    },
    rebooted(uuid, declared) {
      for (const { app } of declared) prober.rebooted(keyOf(uuid, app.name));
    },
    forget(uuid, apps) {
      for (const app of apps) prober.unwatch(keyOf(uuid, app));
    },
    stop: () => prober.stop(),
  };
}

/** Neither a UUID nor the name of an app has a blank. */
function keyOf(uuid: string, app: string): string {
  return `${uuid} ${app}`;
}

function partsOf(key: string): { uuid: string; app: string } {
  const [uuid = '', app = ''] = key.split(' ');
  return { uuid, app };
}
