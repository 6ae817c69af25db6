import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../vocabulary.ts';
import { StoreRequestError, StoreUnavailableError, type Store } from '../store.ts';
import { attempted, type Current, domainTarget, evidence, open, T0, twice, UUID } from './fixtures.ts';

export function historyContract(store: Current): void {
  describe('history', () => {
    const collect = async (query: Parameters<Store['recoveries']>[0]): Promise<string[]> => {
      const names: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await store().recoveries({ ...query, ...(cursor ? { cursor } : {}) });
        expect(page.items.length).toBeLessThanOrEqual(query.limit ?? 100);
        names.push(...page.items.map((each) => (each.target.kind === 'domain' ? each.target.name : each.target.host)));
        cursor = page.nextCursor;
      }
      return names;
    };

    it('pages from the newest on, without gap or repetition, while new ones arrive', async () => {
      // Three share each millisecond, so that the cursor has to tell them apart.
      for (let index = 0; index < 20; index += 1) await open(store(), { target: domainTarget(`d${index}`, `u${index}`), openedAtMs: T0 + Math.floor(index / 3) });
      const first = await store().recoveries({ limit: 6 });
      await open(store(), { target: domainTarget('late', 'late'), openedAtMs: T0 + 1000 });
      const names = first.items.map((each) => (each.target.kind === 'domain' ? each.target.name : ''));
      for (let cursor = first.nextCursor; cursor; ) {
        const page = await store().recoveries({ limit: 6, cursor });
        names.push(...page.items.map((each) => (each.target.kind === 'domain' ? each.target.name : '')));
        cursor = page.nextCursor;
      }
      expect(names).toEqual(Array.from({ length: 20 }, (_, index) => `d${19 - index}`));
    });

    it('filters by app, and by the domain of an app', async () => {
      const shop: Target = { kind: 'app', uuid: UUID, name: 'web1', host: 'alpha', app: 'shop' };
      await open(store(), { openedAtMs: T0 });
      await open(store(), { target: shop, fault: 'app_down', openedAtMs: T0 + 1 });
      await open(store(), { target: { ...shop, uuid: 'other', name: 'web2' }, fault: 'app_down', openedAtMs: T0 + 2 });
      await open(store(), { target: { ...shop, app: 'mail' }, fault: 'app_hung', openedAtMs: T0 + 3 });
      const keys = async (query: Parameters<Store['recoveries']>[0]): Promise<string[]> => (await store().recoveries(query)).items.map(({ targetKey }) => targetKey);
      expect(await keys({ app: 'shop' })).toEqual(['app/other/shop', `app/${UUID}/shop`]);
      expect(await keys({ app: ['mail', 'shop'], domain: 'web1' })).toEqual([`app/${UUID}/mail`, `app/${UUID}/shop`]);
      expect(await keys({ domain: UUID })).toEqual([`app/${UUID}/mail`, `app/${UUID}/shop`, `domain/${UUID}`]);
    });

    it('filters', async () => {
      const one = await open(store(), { openedAtMs: T0 });
      await store().closeIncident(one.id, { atMs: T0 + 1, outcome: 'recovered' });
      await open(store(), { target: domainTarget('db1', 'uuid-2', 'beta'), openedAtMs: T0 + 10, fault: 'domain_hung' });
      await open(store(), { target: { kind: 'host', host: 'beta' }, openedAtMs: T0 + 20, fault: 'domain_stopped' });
      expect(await collect({ limit: 1 })).toEqual(['beta', 'db1', 'web1']);
      expect(await collect({ fromMs: T0 + 10 })).toEqual(['beta', 'db1']);
      expect(await collect({ toMs: T0 + 10 })).toEqual(['web1']);
      expect(await collect({ host: 'beta' })).toEqual(['beta', 'db1']);
      expect(await collect({ domain: 'db1' })).toEqual(['db1']);
      expect(await collect({ domain: UUID.toUpperCase() })).toEqual(['web1']);
      expect(await collect({ fault: 'domain_hung', host: 'beta' })).toEqual(['db1']);
      expect(await collect({ outcome: 'recovered' })).toEqual(['web1']);
      expect(await collect({ domain: `' or 1=1 --` })).toEqual([]);
    });

    it('filters by any of several values', async () => {
      const faults = ['domain_crashed', 'domain_hung', 'domain_paused'] as const;
      for (const [index, host] of ['alpha', 'beta', 'gamma'].entries()) {
        const opened = await open(store(), { target: domainTarget(`d${index}`, `U${index}`.toLowerCase(), host), openedAtMs: T0 + index, fault: faults[index] ?? 'domain_crashed' });
        if (index > 0) await store().closeIncident(opened.id, { atMs: T0 + 9, outcome: index === 1 ? 'recovered' : 'failed' });
      }
      expect(await collect({ host: ['alpha', 'gamma', 'nowhere'], limit: 1 })).toEqual(['d2', 'd0']);
      expect(await collect({ host: ['beta'] })).toEqual(['d1']);
      expect(await collect({ domain: ['d0', 'U2'] })).toEqual(['d2', 'd0']);
      expect(await collect({ fault: ['domain_hung', 'domain_paused'], outcome: ['recovered', 'escalated'] })).toEqual(['d1']);
      expect(await collect({ host: [`beta') or 1=1 --`, `"]`] })).toEqual([]);
      await expect(store().recoveries({ host: Array.from({ length: 101 }, String) })).rejects.toThrow(/host: 101 values, at most 100/);
    });

    it('shows also what had not ended at the begin of the range, page by page', async () => {
      const spans: [string, number, number | null][] = [['ended', 0, 50], ['ends-then', 1, 100], ['spans', 2, 101], ['still-open', 3, null], ['inside', 100, 120], ['new', 150, null], ['later', 300, null]];
      for (const [name, from, to] of spans) {
        const { id } = await open(store(), { target: domainTarget(name, name), openedAtMs: T0 + from });
        if (to !== null) await store().closeIncident(id, { atMs: T0 + to, outcome: 'recovered' });
      }
      const range = { fromMs: T0 + 100, toMs: T0 + 200 };
      expect(await collect(range)).toEqual(['new', 'inside']);
      for (const limit of [1, 2, 3, 4, 100]) expect(await collect({ ...range, overlapping: true, limit })).toEqual(['new', 'inside', 'still-open', 'spans']);
      expect(await collect({ ...range, overlapping: true, outcome: 'recovered' })).toEqual(['inside', 'spans']);
      expect(await collect({ toMs: T0 + 2, overlapping: true })).toEqual(['ends-then', 'ended']);
    });

    it('refuses limits and cursors that are none', async () => {
      for (const limit of [0, 1001, 1.5, Number.NaN]) await expect(store().recoveries({ limit })).rejects.toThrow(/limit .*: expected 1 to 1000/);
      await fc.assert(
        fc.asyncProperty(fc.string(), async (cursor) => {
          await expect(store().recoveries({ cursor })).rejects.toThrow(StoreRequestError);
        }),
        { numRuns: 30 },
      );
      expect(await store().recovery('nothing')).toBeNull();
    });
  });
}

export function pruneContract(store: Current): void {
  it('prunes what ended before, with all that belongs to it, and nothing else', async () => {
    for (let index = 0; index < 250; index += 1) {
      const { id } = await open(store(), { target: domainTarget(`d${index}`, `u${index}`) });
      await store().recordAlert({ fingerprint: `f${index}`, startsAtMs: T0, name: 'A', receivedAtMs: T0, incidentId: id });
      if (index < 3) await attempted(store(), id, T0, T0 + 1);
      if (index > 0) await store().closeIncident(id, { atMs: index < 240 ? T0 + 1 : T0 + 100, outcome: 'recovered' });
    }
    const [open0] = await store().openIncidents();
    const [removed, again] = await twice(() => store().prune(T0 + 100));
    expect([removed + again, await store().prune(T0 + 100)]).toEqual([239, 0]);
    expect((await store().openIncidents()).map((each) => each.id)).toEqual([open0?.id]);
    expect((await store().recoveries({ limit: 1000 })).items).toHaveLength(11);
    expect(await store().attempts(open0?.id ?? '')).toHaveLength(1);
    // The alert of the open incident is remembered, that of a removed one is not.
    const alert = { startsAtMs: T0, name: 'A', receivedAtMs: T0, incidentId: null };
    expect(await store().recordAlert({ ...alert, fingerprint: 'f0' })).toEqual({ first: false, incidentId: open0?.id });
    expect(await store().recordAlert({ ...alert, fingerprint: 'f1' })).toEqual({ first: true, incidentId: null });
  });
}

export function lifeContract(store: Current): void {
  describe('life', () => {
    it('closes twice, answers what was asked before, and nothing after', async () => {
      const asked = Promise.all(Array.from({ length: 50 }, (_, index) => store().putSetting(`k${index}`, index)));
      const [first, second] = [store().close(), store().close()];
      await Promise.all([asked, first, second]);
      await expect(store().domains()).rejects.toThrow(StoreUnavailableError);
    });

    it('lets one failing call among many take no other with it', async () => {
      const { id } = await open(store());
      const calls = Array.from({ length: 60 }, (_, index) =>
        index % 3 === 1 ? store().closeIncident(`nobody ${index}`, { atMs: T0, outcome: 'failed' }) : store().patchIncident(id, { addEvidence: [evidence(`e${index}`)] }),
      );
      const results = await Promise.allSettled(calls);
      expect(results.map((each) => each.status)).toEqual(calls.map((_, index) => (index % 3 === 1 ? 'rejected' : 'fulfilled')));
      expect((await store().incident(id))?.evidence).toHaveLength(41);
    });
  });
}
