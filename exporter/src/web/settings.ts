/** What may be changed while virtmedic runs. It is stored, and overrides the configuration file until it is set to null. */
import { z } from 'zod';
import { schemaNode } from '../config/expected.ts';
import { configSchema } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import type { Store } from '../history/store.ts';

const STORED_AS = 'samplingIntervalSeconds';
/** Timers count whole milliseconds. */
const SHORTEST_SECONDS = 0.001;

/** Bounds of the option in the configuration file. */
const { minimum = SHORTEST_SECONDS, maximum = Number.MAX_SAFE_INTEGER } = schemaNode(configSchema).properties?.['sampling']?.properties?.['intervalSeconds'] ?? {};

export const samplingIntervalSeconds = z.number().min(minimum).max(maximum);

export interface Setting {
  value: number;
  /** What the configuration file says. */
  default: number;
  minimum: number;
  maximum: number;
}

export interface Settings {
  /** EDR's salvage time. */
  samplingIntervalSeconds: Setting;
}

export interface RuntimeSettings {
  read(): Settings;
  /** Null: as the configuration file says. Resolves when it is stored and in force. */
  setSamplingInterval(seconds: number | null, actor: string): Promise<void>;
}

export interface SettingsOptions {
  store: Pick<Store, 'setting' | 'putSetting' | 'recordAudit'>;
  clock: Clock;
  /** What the configuration file says; asked again each time. */
  configured(): number;
  /** Puts a new interval in force. */
  apply(intervalSeconds: number): void;
  onWarning(text: string): void;
}

/** With what the store kept from before the start. */
export async function openSettings({ store, clock, configured, apply, onWarning }: SettingsOptions): Promise<RuntimeSettings> {
  let override = await stored(store, onWarning);
  return {
    read: () => ({ samplingIntervalSeconds: { value: override ?? configured(), default: configured(), minimum, maximum } }),
    async setSamplingInterval(seconds, actor) {
      const detail = seconds === null ? 'as in the configuration file' : `${seconds} s`;
      await store.recordAudit({ atMs: clock.nowMs(), actor, action: 'set sampling interval', target: '', detail });
      await store.putSetting(STORED_AS, seconds);
      override = seconds;
      apply(override ?? configured());
    },
  };
}

async function stored(store: SettingsOptions['store'], onWarning: SettingsOptions['onWarning']): Promise<number | null> {
  const found = samplingIntervalSeconds.nullable().safeParse(await store.setting(STORED_AS));
  if (found.success) return found.data;
  onWarning('the stored sampling interval cannot be used; the configuration file decides');
  return null;
}
