import { beforeEach, describe, expect, it } from 'vitest';
import type { AppWorld } from './testing/apps.ts';
import { createAppWorld } from './testing/apps.ts';
import { BY_ALERT, until, useHarness } from './testing/harness.ts';

const harness = useHarness();
let apps: AppWorld;
beforeEach(() => {
  apps = createAppWorld(harness.world, harness.domain);
  apps.add('web');
});

const start = (domains: Record<string, unknown>[] = [{ managed: true, trigger: 'direct' }]): Promise<void> => harness.start({ apps, domains });
const done = () => apps.effects.map(({ kind }) => kind);
const ended = (count: number) => until(async () => (await harness.history()).filter(({ closedAtMs }) => closedAtMs !== null).length >= count);
const ends = async () => (await harness.history()).map(({ targetKey, fault, outcome, outcomeReason }) => [targetKey.split('/')[0], fault, outcome, outcomeReason]);

describe('orders', () => {
  const act = (action: 'restart_app' | 'start_process' | 'kill_process' | 'recover' | 'reset', more: { app?: string; dryRun?: boolean } = { app: 'web' }) =>
    harness.engine.recovery.control.act({ domain: 'web-1', action, dryRun: false, actor: 'ann', reason: 'test', ...more });

  it('restart an app that is well', async () => {
    await start();
    const { explanation } = await act('restart_app');
    expect(explanation).toBe('restart_app of web in web-1 on h1');
    await ended(1);
    expect(done()).toEqual(['restart']);
    expect(await ends()).toEqual([['app', 'requested', 'recovered', null]]);
  });

  it('kill its processes: they are gone then', async () => {
    await start(BY_ALERT);
    await act('kill_process');
    await ended(1);
    expect(done()).toEqual(['kill']);
    expect((await ends())[0]).toEqual(['app', 'requested', 'recovered', null]);
  });

  it('start it only where it does not run', async () => {
    await start(BY_ALERT);
    await act('start_process');
    await ended(1);
    expect((await harness.history())[0]).toMatchObject({ outcome: 'failed', outcomeText: expect.stringContaining('it runs already: ') });
    expect(done()).toEqual([]);
  });

  it('are refused with the reason', async () => {
    await start();
    await expect(act('restart_app', { app: 'mail' })).rejects.toThrow('domain web-1 has no app mail; it has web');
    await expect(act('recover')).rejects.toThrow('nothing to recover: web in web-1 runs');
    await expect(act('reset')).rejects.toThrow('reset is done to domains, not to an app');
    await expect(act('restart_app', {})).rejects.toThrow('restart_app is done to an app; name it');
    harness.world.pause(harness.domain.uuid, 'user');
    await expect(act('restart_app')).rejects.toThrow('its domain is paused (user)');
    expect(done()).toEqual([]);
  });

  it('change nothing when they are tried', async () => {
    await start();
    expect(await act('restart_app', { app: 'web', dryRun: true })).toMatchObject({ accepted: true, dryRun: true, incidentId: null });
    await harness.engine.idle();
    expect([done(), await harness.history()]).toEqual([[], []]);
  });
});
