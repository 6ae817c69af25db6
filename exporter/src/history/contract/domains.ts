import { describe, expect, it } from 'vitest';
import { LIMITS } from '../bounds.ts';
import { StoreRequestError } from '../store.ts';
import { type Current, record, type Reopen, T0, twice, UUID } from './fixtures.ts';

export function domainContract(store: Current, reopen: Reopen): void {
  describe('domains', () => {
    it('are kept, replaced as a whole and listed by name', async () => {
      await twice(() => store().putDomain(record()));
      await store().putDomain(record({ uuid: 'b', name: 'db1', desired: 'stopped', desiredSource: 'operator', lastNotification: 'k', undefinedAtMs: T0 }));
      await store().putDomain(record({ host: 'beta', lastSeenMs: T0 + 5 }));
      await reopen();
      expect(await store().domains()).toEqual([
        record({ uuid: 'b', name: 'db1', desired: 'stopped', desiredSource: 'operator', lastNotification: 'k', undefinedAtMs: T0 }),
        record({ host: 'beta', lastSeenMs: T0 + 5 }),
      ]);
    });

    it('are forgotten with their definition', async () => {
      await store().putDomain(record());
      await store().saveDefinition(UUID, 'alpha', '<domain/>', T0);
      expect(await store().definition(UUID)).toEqual({ host: 'alpha', xml: '<domain/>', savedAtMs: T0 });
      expect(await store().forgetDomain(UUID)).toBe(true);
      expect(await store().forgetDomain(UUID)).toBe(false);
      expect(await store().definition(UUID)).toBeNull();
      expect(await store().domains()).toEqual([]);
    });

    it('have one definition, the last, kept to the letter', async () => {
      const xml = `<domain>\r\n  <name>Prüf-VM ${'x'.repeat(100_000)}</name>\t</domain>`;
      await twice(() => store().saveDefinition(UUID, 'alpha', '<old/>', T0));
      await store().saveDefinition(UUID, 'beta', xml, T0 + 1);
      await reopen();
      expect(await store().definition(UUID)).toEqual({ host: 'beta', xml, savedAtMs: T0 + 1 });
      await expect(store().saveDefinition(UUID, 'beta', 'x'.repeat(LIMITS.definitionBytes + 1), T0)).rejects.toThrow(StoreRequestError);
      expect((await store().definition(UUID))?.xml).toBe(xml);
    });
  });
}
