import type { ProbeConfig } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import { phase } from './phase.ts';
import { probeName, runProbe, type ProbeResult } from './probe.ts';

/** After this a guest that never answered is no longer taken for one that boots. */
export const BOOT_GRACE_MS = 120_000;
const CONCURRENCY = 64;

export interface ProbeOutcome {
  uuid: string;
  /** See `probeName`. */
  name: string;
  probe: ProbeConfig;
  result: ProbeResult;
}

export interface Prober {
  /** The domain runs with these probes, from now on; does nothing where that is so already. */
  watch(uuid: string, domainName: string, probes: readonly ProbeConfig[]): void;
  /** The guest boots anew: failures don't count until it answered or the grace is over. */
  rebooted(uuid: string): void;
  unwatch(uuid: string): void;
  stop(): void;
}

export interface ProberOptions {
  clock: Clock;
  /** Called for every answer, and for every failure that counts. */
  onOutcome(outcome: ProbeOutcome): void;
  bootGraceMs?: number;
  run?: typeof runProbe;
}

interface Watched {
  probes: readonly ProbeConfig[];
  domainName: string;
  /** Monotonic. */
  graceEndsMs: number;
  answered: boolean;
  cancels: Map<string, () => void>;
}

/** Runs the declared probes of running domains, each at its interval, spread in time, a bounded number at once. */
export function createProber(options: ProberOptions): Prober {
  const { clock, onOutcome, bootGraceMs = BOOT_GRACE_MS, run = runProbe } = options;
  const watched = new Map<string, Watched>();
  const limit = createLimit(CONCURRENCY);

  function schedule(uuid: string, domain: Watched, probe: ProbeConfig, name: string, delayMs: number): void {
    domain.cancels.set(
      name,
      clock.after(delayMs, () => void once(uuid, domain, probe, name)),
    );
  }

  async function once(uuid: string, domain: Watched, probe: ProbeConfig, name: string): Promise<void> {
    const startedMs = clock.monotonicMs();
    const graceEndsMs = domain.graceEndsMs;
    const result = await limit(() => (watched.get(uuid) === domain ? run(probe, domain.domainName, clock) : Promise.resolve(null)));
    if (result === null || watched.get(uuid) !== domain) return;
    const intervalMs = probe.intervalSeconds * 1000;
    schedule(uuid, domain, probe, name, Math.max(0, startedMs + intervalMs - clock.monotonicMs()));
    // A probe that began before a reboot says nothing about the guest after it.
    if (graceEndsMs !== domain.graceEndsMs) return;
    if (result.ok) domain.answered = true;
    else if (!domain.answered && startedMs < domain.graceEndsMs) return;
    onOutcome({ uuid, name, probe, result });
  }

  function unwatch(uuid: string): void {
    const domain = watched.get(uuid);
    watched.delete(uuid);
    for (const cancel of domain?.cancels.values() ?? []) cancel();
  }

  return {
    watch(uuid, domainName, probes) {
      const known = watched.get(uuid);
      if (known?.probes === probes && known.domainName === domainName) return;
      unwatch(uuid);
      if (probes.length === 0) return;
      const graceEndsMs = known?.graceEndsMs ?? clock.monotonicMs() + bootGraceMs;
      const domain: Watched = { probes, domainName, graceEndsMs, answered: known?.answered ?? false, cancels: new Map() };
      watched.set(uuid, domain);
      for (const probe of probes) {
        const name = probeName(probe, domainName);
        schedule(uuid, domain, probe, name, probe.intervalSeconds * 1000 * phase(uuid + name));
      }
    },
    rebooted(uuid) {
      const domain = watched.get(uuid);
      if (!domain) return;
      domain.answered = false;
      domain.graceEndsMs = clock.monotonicMs() + bootGraceMs;
    },
    unwatch,
    stop() {
      for (const uuid of [...watched.keys()]) unwatch(uuid);
    },
  };
}

function createLimit(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  let active = 0;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (active >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else active++;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else active--;
    }
  };
}
