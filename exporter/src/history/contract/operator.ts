import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../bounds.ts';
import { StoreRequestError } from '../store.ts';
import { type Current, open, type Reopen, T0, twice, UUID } from './fixtures.ts';

export function lockContract(store: Current, reopen: Reopen): void {
  describe('locks', () => {
    it('are held by one owner, who may take them again', async () => {
      const results = await Promise.all(['a', 'b', 'a'].map((owner) => store().acquireLock(UUID, owner, 'start', T0)));
      expect(results).toEqual([true, false, true]);
      await store().releaseLock(UUID, 'b');
      expect(await store().acquireLock(UUID, 'b', 'start', T0)).toBe(false);
      await twice(() => store().releaseLock(UUID, 'a'));
      expect(await store().acquireLock(UUID, 'b', 'start', T0)).toBe(true);
    });

    it('outlive a restart and are freed all at once', async () => {
      await store().acquireLock(UUID, 'a', 'start', T0);
      await store().acquireLock('other', 'a', 'reset', T0);
      await reopen();
      expect(await store().acquireLock(UUID, 'b', 'start', T0)).toBe(false);
      expect(await store().releaseAllLocks()).toBe(2);
      expect(await store().releaseAllLocks()).toBe(0);
      expect(await store().acquireLock(UUID, 'b', 'start', T0)).toBe(true);
    });
  });
}

export function alertContract(store: Current): void {
  it('remembers alerts by fingerprint and begin', async () => {
    const { id } = await open(store());
    const alert = { fingerprint: 'f', startsAtMs: T0, name: 'VmCrashed', receivedAtMs: T0 + 1, incidentId: null };
    const [first, repeated] = await twice(() => store().recordAlert(alert));
    expect([first, repeated]).toEqual([{ first: true, incidentId: null }, { first: false, incidentId: null }]);
    expect(await store().recordAlert({ ...alert, incidentId: id })).toEqual({ first: false, incidentId: id });
    expect(await store().recordAlert(alert)).toEqual({ first: false, incidentId: id });
    expect(await store().recordAlert({ ...alert, startsAtMs: T0 + 60_000 })).toEqual({ first: true, incidentId: null });
    await expect(store().recordAlert({ ...alert, fingerprint: 'g', incidentId: 'x' })).rejects.toThrow(/no incident x/);
  });
}

export function operatorContract(store: Current, reopen: Reopen): void {
  describe('operator state', () => {
    it('keeps maintenance until it ends', async () => {
      const base = { fromMs: T0, untilMs: T0 + 100, reason: 'new disk', createdBy: 'ann' };
      const [host, same] = await twice(() => store().addMaintenance({ ...base, scope: { kind: 'host', host: 'alpha' } }));
      expect(same).toEqual(host);
      const domain = await store().addMaintenance({ ...base, fromMs: T0 + 50, scope: { kind: 'domain', uuid: UUID } });
      const all = await store().addMaintenance({ ...base, untilMs: T0 + 10, scope: { kind: 'all' } });
      await reopen();
      expect(await store().maintenance(T0)).toEqual([host, all, domain]);
      expect(await store().maintenance(T0 + 10)).toEqual([host, domain]);
      expect(await store().maintenance(T0 + 100)).toEqual([]);
      expect(await store().removeMaintenance(host.id)).toBe(true);
      expect(await store().removeMaintenance(host.id)).toBe(false);
      await expect(store().addMaintenance({ ...base, untilMs: T0, scope: { kind: 'all' } })).rejects.toThrow(/end before it begins/);
    });

    it('keeps settings of any JSON shape', async () => {
      expect(await store().setting('pause')).toBeNull();
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          await store().putSetting('pause', value);
          expect(JSON.stringify(await store().setting('pause'))).toBe(JSON.stringify(value));
        }),
        { numRuns: 30 },
      );
      await store().putSetting('pause', { by: 'ann', atMs: T0 });
      await reopen();
      expect(await store().setting('pause')).toEqual({ by: 'ann', atMs: T0 });
      await expect(store().putSetting('big', 'x'.repeat(LIMITS.settingBytes))).rejects.toThrow(StoreRequestError);
    });

    it('takes audit entries', async () => {
      await twice(() => store().recordAudit({ atMs: T0, actor: 'ann', action: 'pause', target: 'all', detail: 'x'.repeat(100_000) }));
    });
  });
}
