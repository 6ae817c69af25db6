/** Series of the guest helper of this machine. Like libvirt it is asked at each scrape, by a connection of its own. */
import { setTimeout as delay } from 'node:timers/promises';
import { createHelperClient, type HelperClient, type HelperClientOptions } from '../../guest/helper/client.ts';
import { REFUSAL_REASONS } from '../../guest/helper/refusal.ts';
import type { LabelCache } from './label-cache.ts';
import { family, type Writer } from './writer.ts';

const UP = family('virtmedic_guest_helper_up', 'gauge', 'Whether the guest helper answered at this scrape: 1, else 0. Only where one is configured.');
const REFUSALS = family('virtmedic_guest_helper_refusals_total', 'counter', 'What the guest helper refused since its start, by reason, to whomever.');

/** It answers from memory, or something is wrong. */
const DEADLINE_MS = 1000;
/** A later helper may have reasons that are not known here. */
const MOST_REASONS = 256;
const REASON = /^[a-z][a-z-]{0,63}$/;

export type HelperMeterOptions = Omit<HelperClientOptions, 'runFolder' | 'openMs'>;

export interface HelperAnswer {
  up: boolean;
  /** By reason; null: not known. */
  refusals: ReadonlyMap<string, number> | null;
}

const DOWN: HelperAnswer = { up: false, refusals: null };

export interface HelperMeter {
  /** Never rejects, and takes no longer than `limitMs`; null: there is no helper to be asked. `runFolder`: where it listens; another one after a reload. */
  read(runFolder: string | null, limitMs: number): Promise<HelperAnswer | null>;
  close(): void;
}

export function createHelperMeter(options: HelperMeterOptions = {}): HelperMeter {
  let current: { folder: string; client: HelperClient } | null = null;

  function clientOf(runFolder: string | null): HelperClient | null {
    if (current?.folder !== runFolder) {
      current?.client.close();
      current = runFolder === null ? null : { folder: runFolder, client: createHelperClient({ ...options, runFolder, openMs: DEADLINE_MS }) };
    }
    return current?.client ?? null;
  }

  return {
    async read(runFolder, limitMs) {
      const client = clientOf(runFolder);
      if (client === null) return null;
      const timer = new AbortController();
      const asked = client.call('ping', {}, { deadlineMs: DEADLINE_MS }).then((pong): HelperAnswer => ({ up: true, refusals: refusalsOf(pong) }));
      const over = delay(Math.min(limitMs, DEADLINE_MS), DOWN, { signal: timer.signal });
      try {
        return await Promise.race([asked, over]);
      } catch {
        return DOWN;
      } finally {
        timer.abort();
        over.catch(() => undefined);
        asked.catch(() => undefined);
      }
    },
    close: () => void clientOf(null),
  };
}

export function writeHelper(writer: Writer, cache: LabelCache, answer: HelperAnswer | null): void {
  if (answer === null) return;
  writer.begin(UP);
  writer.sample(cache.get('none', () => ({})), answer.up ? 1 : 0);
  writer.begin(REFUSALS);
  for (const [reason, count] of answer.refusals ?? []) writer.sample(cache.get(`helper/${reason}`, () => ({ reason })), count);
}

/** Every known reason, at 0 where the helper does not name it, and others that it names. */
export function refusalsOf(pong: unknown): Map<string, number> {
  const counts = new Map<string, number>(REFUSAL_REASONS.map((reason) => [reason, 0]));
  const given: unknown = (pong as { refusals?: unknown } | null)?.refusals;
  if (typeof given !== 'object' || given === null) return counts;
  for (const [reason, count] of Object.entries(given)) {
    const isNew = !counts.has(reason);
    if (!Number.isSafeInteger(count) || count < 0 || (isNew && (counts.size >= MOST_REASONS || !REASON.test(reason)))) continue;
    counts.set(reason, count as number);
  }
  return counts;
}
