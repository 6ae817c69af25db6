import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../events/clock.ts';
import { openSqliteStore } from '../history/index.ts';
import { StoreUnavailableError } from '../history/store.ts';
import type { Store } from '../history/store.ts';
import { openSettings } from './settings.ts';
import type { RuntimeSettings, SettingsOptions } from './settings.ts';

let folder = '';
let store: Store;
const openStore = (): Promise<Store> => openSqliteStore(join(folder, 'virtmedic.db'));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
  store = await openStore();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const settings = (more: Partial<SettingsOptions> = {}): Promise<RuntimeSettings> =>
  openSettings({ store, clock: systemClock, configured: () => 15, apply: () => undefined, onWarning: () => undefined, ...more });
const value = (from: RuntimeSettings): number => from.read().samplingIntervalSeconds.value;

describe('settings', () => {
  it('hold over a restart, until they are set to null', async () => {
    await (await settings()).setSamplingInterval(3, 'ann');
    await store.close();
    store = await openStore();
    const restarted = await settings();
    expect(value(restarted)).toBe(3);
    await restarted.setSamplingInterval(null, 'ann');
    expect(value(await settings())).toBe(15);
  });

  it('follow the configuration file where nothing is set', async () => {
    let configured = 15;
    const open = await settings({ configured: () => configured });
    configured = 20;
    expect(open.read().samplingIntervalSeconds).toMatchObject({ value: 20, default: 20 });
    await open.setSamplingInterval(1, 'ann');
    configured = 30;
    expect(open.read().samplingIntervalSeconds).toMatchObject({ value: 1, default: 30 });
  });

  it('are not in force unless they are stored', async () => {
    const applied: number[] = [];
    const failing = { setting: () => Promise.resolve(null), recordAudit: () => Promise.resolve(), putSetting: () => Promise.reject(new StoreUnavailableError('disk')) };
    const open = await settings({ store: failing, apply: (seconds) => void applied.push(seconds) });
    await expect(open.setSamplingInterval(3, 'ann')).rejects.toThrow(StoreUnavailableError);
    expect([value(open), applied]).toEqual([15, []]);
  });

  it.each(['soon', -5, 1e12, { a: 1 }])('that cannot be used are left out with a warning: %j', async (stored) => {
    await store.putSetting('samplingIntervalSeconds', stored);
    const warnings: string[] = [];
    expect(value(await settings({ onWarning: (text) => void warnings.push(text) }))).toBe(15);
    expect(warnings).toHaveLength(1);
  });
});
