/**
 * What proves that a running guest is not well. Standing counters, a silent balloon or a failing probe alone prove
 * nothing: an idle guest looks the same. Hung is a positive proof (the watchdog, the ticks of the guest's kernel frozen, or a declared
 * probe that failed as often as configured) together with network transmit and block requests that stand still.
 */
import type { Health } from '../policy/types.ts';
import type { GuestHealth } from './apps/guest-health.ts';

export interface Counters {
  /** Monotonic. */
  atMs: number;
  networkTransmitPackets: number;
  blockRequests: number;
}

export interface HealthReport {
  health: Health;
  evidence: string[];
}

export interface ProbeReport {
  probe: string;
  state: 'answering' | 'failing' | 'failed';
  /** Monotonic time of the last answer; null: none. */
  answeredAtMs: number | null;
}

/** Health evidence of the domains of one host, by UUID. */
export interface Faults {
  panicked(uuid: string): void;
  /** `action`: what QEMU did about it, as in `DomainWatchdogEvent`. */
  watchdogFired(uuid: string, action: string): void;
  /** What looks into the guest show of its kernel, whenever it is looked into and there is or was something. */
  guestSeen(uuid: string, health: GuestHealth): void;
  /** True: it had not answered before, or had failed as often as needed. */
  probeAnswered(uuid: string, probe: string, atMs: number): boolean;
  /** `counters`: read after the failure; null: they could not be read, so they prove nothing. Returns the consecutive failures. */
  probeFailed(uuid: string, failure: { probe: string; needed: number; error: string; counters: Counters | null }): number;
  /** Domains whose watchdog fired without stopping them, or whose kernel's ticks are frozen: counters decide. */
  wantsCounters(): string[];
  counters(uuid: string, counters: Counters): void;
  hasPanicked(uuid: string): boolean;
  health(uuid: string): HealthReport;
  /** What each probe said last, since the domain began to run: answering, or failed as often as configured. */
  probes(uuid: string): ProbeReport[];
  /** It stopped, began anew, or is held or resumed: what was known of it is void. */
  clear(uuid: string): void;
}

/** QEMU has ended the guest's run itself: nothing is hung any more. */
const SELF_HEALING_ACTIONS: ReadonlySet<string> = new Set(['reset', 'poweroff', 'shutdown']);
/** A fired watchdog whose guest still runs, or a kernel without ticks, counts when the counters then stood still for this long. */
const WATCHDOG_STILL_MS = 5_000;

/** Since when the counters have not moved. */
interface Stillness {
  counters: Counters;
  samples: number;
  lastMs: number;
}

interface ProbeRecord {
  failures: number;
  needed: number;
  error: string;
  still: Stillness | null;
  answeredAtMs: number | null;
}

interface Suspect {
  panicked: boolean;
  watchdog: { action: string; still: Stillness | null } | null;
  guest: (GuestHealth & { still: Stillness | null }) | null;
  probes: Map<string, ProbeRecord>;
}

export function createFaults(): Faults {
  const suspects = new Map<string, Suspect>();

  function suspect(uuid: string): Suspect {
    let found = suspects.get(uuid);
    if (!found) suspects.set(uuid, (found = { panicked: false, watchdog: null, guest: null, probes: new Map() }));
    return found;
  }

  return {
    panicked: (uuid) => void (suspect(uuid).panicked = true),
    watchdogFired(uuid, action) {
      if (!SELF_HEALING_ACTIONS.has(action)) suspect(uuid).watchdog = { action, still: null };
    },
    guestSeen(uuid, health) {
      const isSeen = health.panicked !== null || health.frozen !== null;
      if (!isSeen && !suspects.has(uuid)) return;
      const known = suspect(uuid);
      known.guest = isSeen ? { ...health, still: health.frozen === null ? null : (known.guest?.still ?? null) } : null;
    },
    probeAnswered(uuid, probe, answeredAtMs) {
      const { probes } = suspect(uuid);
      const before = probes.get(probe);
      probes.set(probe, { failures: 0, needed: 0, error: '', still: null, answeredAtMs });
      return before === undefined || (before.failures > 0 && before.failures >= before.needed);
    },
    probeFailed(uuid, { probe, needed, error, counters }) {
      const { probes } = suspect(uuid);
      const before = probes.get(probe);
      const failures = (before?.failures ?? 0) + 1;
      const still = counters === null ? (before?.still ?? null) : extend(before?.still ?? null, counters);
      probes.set(probe, { failures, needed, error, still, answeredAtMs: before?.answeredAtMs ?? null });
      return failures;
    },
    wantsCounters: () => [...suspects].filter(([, suspicion]) => wantsCounters(suspicion)).map(([uuid]) => uuid),
    counters(uuid, counters) {
      const guest = suspects.get(uuid)?.guest;
      if (guest) guest.still = extend(guest.still, counters);
      const watchdog = suspects.get(uuid)?.watchdog;
      if (!watchdog) return;
      const still = extend(watchdog.still, counters);
      // It moved after it fired: the guest came back by itself.
      if (watchdog.still !== null && still.samples === 1) (suspects.get(uuid) as Suspect).watchdog = null;
      else watchdog.still = still;
    },
    hasPanicked: (uuid) => suspects.get(uuid)?.panicked === true || (suspects.get(uuid)?.guest?.panicked ?? null) !== null,
    health: (uuid) => judge(suspects.get(uuid)),
    probes: (uuid) => [...(suspects.get(uuid)?.probes ?? [])].map(probeReport),
    clear: (uuid) => void suspects.delete(uuid),
  };
}

function probeReport([probe, { failures, needed, answeredAtMs }]: [string, ProbeRecord]): ProbeReport {
  const state = failures === 0 ? 'answering' : failures < needed ? 'failing' : 'failed';
  return { probe, state, answeredAtMs };
}

function extend(still: Stillness | null, counters: Counters): Stillness {
  const moved =
    still === null ||
    still.counters.networkTransmitPackets !== counters.networkTransmitPackets ||
    still.counters.blockRequests !== counters.blockRequests;
  if (moved) return { counters, samples: 1, lastMs: counters.atMs };
  return { counters: still.counters, samples: still.samples + 1, lastMs: counters.atMs };
}

function judge(suspect: Suspect | undefined): HealthReport {
  if (!suspect) return { health: 'healthy', evidence: [] };
  if (suspect.panicked) return { health: 'panicked', evidence: ['panic event'] };
  if (suspect.guest !== null && suspect.guest.panicked !== null) return { health: 'panicked', evidence: [suspect.guest.panicked] };
  const evidence = [...watchdogEvidence(suspect), ...guestEvidence(suspect), ...probeEvidence(suspect)];
  return evidence.length > 0 ? { health: 'hung', evidence } : { health: 'healthy', evidence: [] };
}

function watchdogEvidence({ watchdog }: Suspect): string[] {
  if (watchdog === null) return [];
  // A paused guest's counters stand still by force; nothing more can be learnt from them.
  if (watchdog.action === 'pause') return ['watchdog fired, guest paused by it'];
  if (watchdog.still === null || stillMs(watchdog.still) < WATCHDOG_STILL_MS) return [];
  return [`watchdog fired (action ${watchdog.action}); ${stillText(watchdog.still)}`];
}

function wantsCounters({ watchdog, guest }: Suspect): boolean {
  return (watchdog !== null && watchdog.action !== 'pause') || (guest !== null && guest.frozen !== null);
}

function guestEvidence({ guest }: Suspect): string[] {
  if (guest === null || guest.frozen === null || guest.still === null || stillMs(guest.still) < WATCHDOG_STILL_MS) return [];
  return [`${guest.frozen}; ${stillText(guest.still)}`];
}

function probeEvidence({ probes }: Suspect): string[] {
  const evidence: string[] = [];
  for (const [name, { failures, needed, error, still }] of probes) {
    // One probe that is answered shows that the guest lives.
    if (failures === 0) return [];
    if (failures < needed || still === null || still.samples < Math.max(2, needed)) continue;
    evidence.push(`probe ${name} failed ${failures} times (${error}); ${stillText(still)}`);
  }
  return evidence;
}

function stillMs(still: Stillness): number {
  return still.lastMs - still.counters.atMs;
}

function stillText(still: Stillness): string {
  return `network transmit and block requests still for ${Math.round(stillMs(still) / 1000)} s`;
}
