import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../bounds.ts';
import type { Target } from '../../vocabulary.ts';
import { StoreRequestError } from '../store.ts';
import { type Current, domainTarget, evidence, forecast, open, type Reopen, T0, twice, UUID } from './fixtures.ts';

export function incidentContract(store: Current, reopen: Reopen): void {
  describe('incidents', () => {
    it('open once per target; a second opening adds what is new', async () => {
      const request = { target: domainTarget(), fault: 'domain_crashed' as const, faultAtMs: T0 - 5, openedAtMs: T0 };
      const alert = { fingerprint: 'f1', startsAtMs: T0, name: 'VmCrashed' };
      const [first, second] = await twice(() => store().openIncident({ ...request, evidence: [evidence('a')], alerts: [alert] }));
      const third = await store().openIncident({ ...request, fault: 'domain_hung', openedAtMs: T0 + 9, evidence: [evidence('a'), evidence('b')], alerts: [alert] });
      expect([first.created, second.created, third.created]).toEqual([true, false, false]);
      expect(second.incident).toEqual(first.incident);
      expect(third.incident).toEqual({ ...first.incident, evidence: [evidence('a'), evidence('b')] });
      expect(first.incident).toMatchObject({
        target: domainTarget(),
        targetKey: `domain/${UUID}`,
        fromHost: 'alpha',
        fault: 'domain_crashed',
        state: 'open',
        faultAtMs: T0 - 5,
        openedAtMs: T0,
        hold: null,
        closedAtMs: null,
        alerts: [alert],
        owner: null,
        generation: 0,
      });
      await reopen();
      expect(await store().openIncidents()).toEqual([third.incident]);
      expect(await store().incident(first.incident.id)).toEqual(third.incident);
      expect(await store().incident('nothing')).toBeNull();
    });

    it('keep what was forecast when they were opened, and nothing later', async () => {
      const request = { target: domainTarget(), fault: 'domain_failing' as const, faultAtMs: T0, openedAtMs: T0, evidence: [] };
      const { incident } = await store().openIncident({ ...request, forecast: forecast(0.93) });
      expect(incident.forecast).toEqual(forecast(0.93));
      await store().openIncident({ ...request, openedAtMs: T0 + 1, forecast: forecast(0.1) });
      await store().patchIncident(incident.id, { fault: 'domain_crashed' });
      await store().closeIncident(incident.id, { atMs: T0 + 2, outcome: 'recovered' });
      await reopen();
      expect((await store().recovery(incident.id))?.incident).toMatchObject({ fault: 'domain_crashed', forecast: forecast(0.93) });
      expect((await open(store(), { target: domainTarget('other', 'other') })).forecast).toBeNull();
    });

    it('of many targets opened at once are as many, sorted by time of opening', async () => {
      const opened = await Promise.all(Array.from({ length: 100 }, (_, index) => open(store(), { target: domainTarget(`d${index}`, `u${index}`) })));
      const ids = opened.map((each) => each.id);
      expect(new Set(ids).size).toBe(100);
      expect((await store().openIncidents()).map((each) => each.id)).toEqual(ids);
      expect(ids).toEqual([...ids].sort());
    });

    it('are read many at once, in the order asked for, without those that are not there', async () => {
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => open(store(), { target: domainTarget(name, name) })));
      expect(await store().incidents([c?.id ?? '', 'nothing', a?.id ?? '', c?.id ?? ''])).toEqual([c, a]);
      expect(await store().incidents([])).toEqual([]);
      expect((await store().incidents([b?.id ?? ''])).map((each) => each.id)).toEqual([b?.id]);
    });

    it('may be about a host', async () => {
      const opened = await open(store(), { target: { kind: 'host', host: 'alpha' } });
      expect(opened).toMatchObject({ target: { kind: 'host', host: 'alpha' }, targetKey: 'host/alpha' });
    });

    it('may be about an app: beside the incident of its domain, one for each app', async () => {
      const target: Target = { kind: 'app', uuid: UUID, name: 'web1', host: 'alpha', app: 'shop' };
      await open(store());
      const opened = await open(store(), { target, fault: 'app_down' });
      expect(opened).toMatchObject({ target, targetKey: `app/${UUID}/shop`, fault: 'app_down' });
      expect(await open(store(), { target, fault: 'app_hung' })).toMatchObject({ id: opened.id, fault: 'app_down' });
      const other = await open(store(), { target: { ...target, app: 'mail' }, fault: 'app_hung' });
      expect((await store().openIncidents()).map(({ targetKey }) => targetKey).sort()).toEqual([`app/${UUID}/mail`, `app/${UUID}/shop`, `domain/${UUID}`]);
      expect(await store().patchIncident(other.id, { host: 'beta' })).toMatchObject({ target: { ...target, app: 'mail', host: 'beta' } });
    });

    it('are patched field by field, safe to repeat', async () => {
      const { id } = await open(store());
      const hold = { reason: 'cooldown' as const, why: 'until later', retryAtMs: T0 + 1.5 };
      const patch = { hold, releasedAtMs: T0, releasedBy: 'alert' as const, host: 'beta', addEvidence: [evidence('b')], addAlert: { fingerprint: 'f', startsAtMs: T0, name: 'A' } };
      const [first, second] = await twice(() => store().patchIncident(id, patch));
      expect(second).toEqual(first);
      expect(first).toMatchObject({ hold, releasedBy: 'alert', target: { host: 'beta' }, fromHost: 'alpha', state: 'open', evidence: [evidence('QEMU gone'), evidence('b')] });
      const third = await store().patchIncident(id, { state: 'escalated', hold: null, fault: 'domain_hung', outcomeText: 'budget', acknowledgedBy: 'ann', acknowledgedAtMs: T0 });
      expect(third).toEqual({ ...first, state: 'escalated', hold: null, fault: 'domain_hung', outcomeText: 'budget', acknowledgedBy: 'ann', acknowledgedAtMs: T0 });
      await reopen();
      expect(await store().incident(id)).toEqual(third);
    });

    it('close once; then they change no more and the target may open another', async () => {
      const { id } = await open(store());
      await store().patchIncident(id, { hold: { reason: 'pause', why: 'all', retryAtMs: null } });
      const closed = await store().closeIncident(id, { atMs: T0 + 10, outcome: 'recovered', text: 'start' });
      expect(closed).toMatchObject({ closedAtMs: T0 + 10, outcome: 'recovered', outcomeReason: null, outcomeText: 'start', hold: null });
      expect(await store().closeIncident(id, { atMs: T0 + 99, outcome: 'failed' })).toEqual(closed);
      await expect(store().patchIncident(id, { state: 'open' })).rejects.toThrow(StoreRequestError);
      expect(await store().openIncidents()).toEqual([]);
      const next = await open(store(), { openedAtMs: T0 + 20 });
      expect(next.id).not.toBe(id);
      const suppressed = await store().closeIncident(next.id, { atMs: T0 + 30, outcome: 'suppressed', reason: 'dry_run' });
      expect(suppressed).toMatchObject({ state: 'suppressed', outcomeReason: 'dry_run' });
    });

    it('that nobody knows are refused', async () => {
      await expect(store().patchIncident('x', { state: 'open' })).rejects.toThrow(/no incident x/);
      await expect(store().closeIncident('x', { atMs: T0, outcome: 'failed' })).rejects.toThrow(StoreRequestError);
      const decision = { incidentId: 'x', atMs: T0, kind: 'act' as const, reason: 'r', why: 'w' };
      await expect(store().addDecision(decision)).rejects.toThrow(StoreRequestError);
    });

    it('collect one decision for each change of mind', async () => {
      const { id } = await open(store());
      const decide = (kind: 'hold' | 'act', reason: string, atMs: number) => store().addDecision({ incidentId: id, atMs, kind, reason, why: `why ${atMs}` });
      await twice(() => decide('hold', 'cooldown', T0));
      await decide('hold', 'pause', T0 + 1);
      await decide('act', 'start', T0 + 2);
      await decide('hold', 'pause', T0 + 3);
      const detail = await store().recovery(id);
      expect(detail?.decisions.map((each) => `${each.kind} ${each.reason} ${each.why}`)).toEqual([
        `hold cooldown why ${T0}`,
        `hold pause why ${T0 + 1}`,
        `act start why ${T0 + 2}`,
        `hold pause why ${T0 + 3}`,
      ]);
    });
  });
}

export function boundContract(store: Current): void {
  describe('bounds', () => {
    it('keep the first and the latest evidence and say how much is missing', async () => {
      const { id } = await open(store());
      const texts = Array.from({ length: 300 }, (_, index) => `event ${index}`);
      await store().patchIncident(id, { addEvidence: texts.slice(0, 250).map((text) => evidence(text)) });
      const patched = await store().patchIncident(id, { addEvidence: texts.slice(250).map((text) => evidence(text)) });
      expect(patched.evidence).toHaveLength(LIMITS.evidenceEntries);
      expect(patched.evidence[0]?.text).toBe('QEMU gone');
      expect(patched.evidence.at(-1)?.text).toBe('event 299');
      const missing = patched.evidence.filter((each) => each.source === 'history');
      expect(missing.map((each) => each.text)).toEqual(['102 entries are left out here']);
      const kept = patched.evidence.filter((each) => each.source === 'event').slice(1);
      expect(kept.map((each) => each.text)).toEqual([...texts.slice(0, 98), ...texts.slice(200)]);
    });

    it('cut text, whatever it holds', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 3000 }), async (text, times) => {
          const { id } = await open(store());
          const long = text.repeat(times).slice(0, 200_000);
          const patched = await store().patchIncident(id, { addEvidence: [evidence(long)], outcomeText: long, hold: { reason: 'pause', why: long, retryAtMs: null } });
          expect(Math.max(...patched.evidence.map((each) => Buffer.byteLength(each.text)))).toBeLessThanOrEqual(LIMITS.evidenceTextBytes);
          expect(Buffer.byteLength(patched.outcomeText ?? '')).toBeLessThanOrEqual(LIMITS.textBytes);
          expect(await store().incident(id)).toEqual(patched);
        }),
        { numRuns: 30 },
      );
    });

    it('keep the first and the latest decisions', async () => {
      const { id } = await open(store());
      const decide = (index: number) => store().addDecision({ incidentId: id, atMs: T0 + index, kind: 'hold', reason: `r${index}`, why: 'w' });
      await Promise.all(Array.from({ length: 1_010 }, (_, index) => decide(index)));
      const reasons = (await store().recovery(id))?.decisions.map((each) => each.reason) ?? [];
      expect(reasons).toHaveLength(LIMITS.decisionsPerIncident);
      expect([reasons[0], reasons[499], reasons[500], reasons.at(-1)]).toEqual(['r0', 'r499', 'r510', 'r1009']);
    });

    it('hold for the alerts that an incident names', async () => {
      const { id } = await open(store());
      const many = Array.from({ length: LIMITS.alertsPerIncident + 20 }, (_, index) => ({ fingerprint: `f${index}`, startsAtMs: T0, name: 'A' }));
      await Promise.all(many.map((addAlert) => store().patchIncident(id, { addAlert })));
      expect((await store().incident(id))?.alerts).toHaveLength(LIMITS.alertsPerIncident);
    });

    it('refuse numbers that are none', async () => {
      await expect(open(store(), { openedAtMs: Number.NaN })).rejects.toThrow();
      const { id } = await open(store());
      await expect(store().closeIncident(id, { atMs: Infinity, outcome: 'failed' })).rejects.toThrow(StoreRequestError);
      expect(await store().openIncidents()).toHaveLength(1);
    });
  });
}
