/** What every implementation of the Store must do. A test file calls `storeContract` with its own way to make one. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Target } from '../vocabulary.ts';
import { LIMITS } from './bounds.ts';
import { StoreRequestError, StoreUnavailableError, type DomainRecord, type Evidence, type IncidentRecord, type Store } from './store.ts';

export interface StoreUnderTest {
  /** Opens the same data anew. */
  open(): Promise<Store>;
  /** Removes the data. */
  dispose(): Promise<void>;
}

const T0 = 1_700_000_000_000;
const UUID = '6d2f9a0e-3c5b-4b57-9a55-0a8b6d2f9a0e';

export const domainTarget = (name = 'web1', uuid = UUID, host = 'alpha'): Target => ({ kind: 'domain', uuid, name, host });
const evidence = (text: string, atMs = T0): Evidence => ({ atMs, source: 'event', text });
const record = (fields: Partial<DomainRecord> = {}): DomainRecord => ({
  uuid: UUID,
  name: 'web1',
  host: 'alpha',
  desired: 'running',
  desiredSource: 'observed',
  firstSeenMs: T0,
  lastSeenMs: T0 + 1,
  lastNotification: null,
  undefinedAtMs: null,
  ...fields,
});

/** Repeated at once and in parallel: what makes a method safe to repeat. */
async function twice<T>(call: () => Promise<T>): Promise<[T, T]> {
  return Promise.all([call(), call()]);
}

export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a Store`, () => {
    let underTest: StoreUnderTest;
    let store: Store;
    const current = (): Store => store;
    const reopen = async (): Promise<void> => {
      await store.close();
      store = await underTest.open();
    };
    beforeEach(async () => {
      underTest = await make();
      store = await underTest.open();
    });
    afterEach(async () => {
      await store.close();
      await underTest.dispose();
    });
    domainContract(current, reopen);
    incidentContract(current, reopen);
    boundContract(current);
    attemptContract(current, reopen);
    budgetContract(current);
    lockContract(current, reopen);
    alertContract(current);
    operatorContract(current, reopen);
    historyContract(current);
    pruneContract(current);
    lifeContract(current);
  });
}

async function open(store: Store, fields: { target?: Target; openedAtMs?: number; fault?: IncidentRecord['fault'] } = {}): Promise<IncidentRecord> {
  const { target = domainTarget(), openedAtMs = T0, fault = 'domain_crashed' } = fields;
  const opened = await store.openIncident({ target, fault, faultAtMs: openedAtMs, openedAtMs, evidence: [evidence('QEMU gone')] });
  return opened.incident;
}

const plan = (store: Store, incidentId: string, plannedAtMs = T0) =>
  store.planAttempt({ incidentId, action: 'start', host: 'alpha', plannedAtMs, actor: 'policy' });

/** An attempt from begin to end at the given times. */
async function attempted(store: Store, incidentId: string, fromMs: number, toMs: number, action: 'start' | 'notify' = 'start'): Promise<void> {
  const { id } = await store.planAttempt({ incidentId, action, host: 'alpha', plannedAtMs: fromMs, actor: 'policy' });
  await store.patchAttempt(id, { state: 'executing', executingAtMs: fromMs });
  await store.patchAttempt(id, { state: 'ended', endedAtMs: toMs, result: 'succeeded' });
}

type Current = () => Store;
type Reopen = () => Promise<void>;

function domainContract(store: Current, reopen: Reopen): void {
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

function incidentContract(store: Current, reopen: Reopen): void {
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

    it('of many targets opened at once are as many, sorted by time of opening', async () => {
      const opened = await Promise.all(Array.from({ length: 100 }, (_, index) => open(store(), { target: domainTarget(`d${index}`, `u${index}`) })));
      const ids = opened.map((each) => each.id);
      expect(new Set(ids).size).toBe(100);
      expect((await store().openIncidents()).map((each) => each.id)).toEqual(ids);
      expect(ids).toEqual([...ids].sort());
    });

    it('may be about a host', async () => {
      const opened = await open(store(), { target: { kind: 'host', host: 'alpha' } });
      expect(opened).toMatchObject({ target: { kind: 'host', host: 'alpha' }, targetKey: 'host/alpha' });
    });

    it('are patched field by field, safe to repeat', async () => {
      const { id } = await open(store());
      const hold = { reason: 'cooldown' as const, why: 'until later', retryAtMs: T0 + 1.5 };
      const patch = { hold, releasedAtMs: T0, releasedBy: 'alert' as const, host: 'beta', addEvidence: [evidence('b')], addAlert: { fingerprint: 'f', startsAtMs: T0, name: 'A' } };
      const [first, second] = await twice(() => store().patchIncident(id, patch));
      expect(second).toEqual(first);
      expect(first).toMatchObject({ hold, releasedBy: 'alert', target: { host: 'beta' }, state: 'open', evidence: [evidence('QEMU gone'), evidence('b')] });
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

function boundContract(store: Current): void {
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

function attemptContract(store: Current, reopen: Reopen): void {
  describe('attempts', () => {
    it('are planned, begun, verified and ended, each with its steps', async () => {
      const { id: incidentId } = await open(store());
      const [planned, again] = await twice(() => plan(store(), incidentId));
      expect(again).toEqual(planned);
      expect(planned).toMatchObject({ incidentId, ordinal: 1, action: 'start', host: 'alpha', state: 'planned', executingAtMs: null, actor: 'policy' });
      await store().patchAttempt(planned.id, { state: 'executing', executingAtMs: T0 + 1 });
      const [step, sameStep] = await twice(() => store().beginStep({ attemptId: planned.id, name: 'create', startedAtMs: T0 + 2 }));
      expect(sameStep).toEqual(step);
      expect(step).toEqual({ attemptId: planned.id, ordinal: 1, name: 'create', state: 'started', startedAtMs: T0 + 2, endedAtMs: null, detail: null });
      await reopen();
      expect(await store().unfinishedAttempts()).toMatchObject([{ id: planned.id, state: 'executing' }]);
      await twice(() => store().endStep(planned.id, 1, { state: 'succeeded', endedAtMs: T0 + 3, detail: 'ok' }));
      await store().beginStep({ attemptId: planned.id, name: 'verify running', startedAtMs: T0 + 4, detail: '5 s' });
      await store().patchAttempt(planned.id, { state: 'verifying', verifyingAtMs: T0 + 4 });
      const [ended, sameEnd] = await twice(() => store().patchAttempt(planned.id, { state: 'ended', endedAtMs: T0 + 9, result: 'timed_out', error: 'no answer' }));
      expect(sameEnd).toEqual(ended);
      expect(ended).toEqual({ ...planned, state: 'ended', executingAtMs: T0 + 1, verifyingAtMs: T0 + 4, endedAtMs: T0 + 9, result: 'timed_out', error: 'no answer' });
      expect(await store().unfinishedAttempts()).toEqual([]);
      const second = await plan(store(), incidentId, T0 + 10);
      expect(second.ordinal).toBe(2);
      const detail = await store().recovery(incidentId);
      expect(detail?.attempts).toEqual([ended, second]);
      expect(detail?.attempts).toEqual(await store().attempts(incidentId));
      expect(detail?.steps.map((each) => [each.ordinal, each.name, each.state, each.detail])).toEqual([
        [1, 'create', 'succeeded', 'ok'],
        [2, 'verify running', 'started', '5 s'],
      ]);
    });

    it('come one at a time, and never for a closed incident', async () => {
      const { id } = await open(store());
      const first = await plan(store(), id);
      await expect(plan(store(), id, T0 + 1)).rejects.toThrow(/attempt 1 \(start\) has not ended/);
      await store().patchAttempt(first.id, { state: 'executing', executingAtMs: T0 });
      await expect(plan(store(), id)).rejects.toThrow(/has not ended/);
      await store().patchAttempt(first.id, { state: 'ended', endedAtMs: T0 + 1, result: 'failed' });
      await store().closeIncident(id, { atMs: T0 + 2, outcome: 'failed' });
      await expect(plan(store(), id, T0 + 3)).rejects.toThrow(/is closed/);
      await expect(plan(store(), 'x')).rejects.toThrow(/no incident x/);
    });

    it('only go forward', async () => {
      const { id: incidentId } = await open(store());
      const { id } = await plan(store(), incidentId);
      await store().patchAttempt(id, { state: 'verifying', verifyingAtMs: T0 });
      await expect(store().patchAttempt(id, { state: 'executing' })).rejects.toThrow(/is verifying and cannot become executing/);
      await store().patchAttempt(id, { state: 'ended', endedAtMs: T0 + 1, result: 'interrupted' });
      await expect(store().patchAttempt(id, { result: 'succeeded' })).rejects.toThrow(/has ended/);
      await expect(store().beginStep({ attemptId: id, name: 'create', startedAtMs: T0 })).rejects.toThrow(/has ended/);
      await expect(store().patchAttempt('x', { error: 'e' })).rejects.toThrow(/no attempt x/);
    });

    it('have steps whose unknown result may become known, and no other', async () => {
      const { id: incidentId } = await open(store());
      const { id } = await plan(store(), incidentId);
      await store().beginStep({ attemptId: id, name: 'create', startedAtMs: T0 });
      await store().endStep(id, 1, { state: 'unknown', endedAtMs: T0 + 1 });
      await store().endStep(id, 1, { state: 'failed', endedAtMs: T0 + 2, detail: 'observed' });
      await expect(store().endStep(id, 1, { state: 'succeeded', endedAtMs: T0 + 3 })).rejects.toThrow(/has failed and cannot become succeeded/);
      await expect(store().endStep(id, 7, { state: 'failed', endedAtMs: T0 })).rejects.toThrow(/no step 7/);
      expect((await store().recovery(incidentId))?.steps).toMatchObject([{ state: 'failed', detail: 'observed', endedAtMs: T0 + 2 }]);
    });
  });
}

function budgetContract(store: Current): void {
  describe('budget', () => {
    it('counts incidents in which an action was begun in the window, by fault', async () => {
      const times = [0, 100, 200].map((offset) => T0 + offset);
      for (const atMs of times) {
        const { id } = await open(store(), { openedAtMs: atMs });
        await attempted(store(), id, atMs, atMs + 10);
        await attempted(store(), id, atMs + 20, atMs + 30);
        await store().closeIncident(id, { atMs: atMs + 40, outcome: 'recovered' });
      }
      const other = await open(store(), { target: domainTarget('other', 'other') });
      await attempted(store(), other.id, T0 + 500, T0 + 510);
      const recent = (sinceMs: number, faults: IncidentRecord['fault'][] = ['domain_crashed']) => store().recentRecoveries(`domain/${UUID}`, faults, sinceMs);
      expect(await recent(T0)).toEqual({ count: 3, lastEndedAtMs: T0 + 230 });
      expect(await recent(T0 + 101)).toEqual({ count: 2, lastEndedAtMs: T0 + 230 });
      expect(await recent(T0 + 220)).toEqual({ count: 1, lastEndedAtMs: T0 + 230 });
      expect(await recent(T0 + 221)).toEqual({ count: 0, lastEndedAtMs: T0 + 230 });
      expect(await recent(T0, ['domain_hung'])).toEqual({ count: 0, lastEndedAtMs: null });
      expect(await recent(T0, [])).toEqual({ count: 0, lastEndedAtMs: null });
    });

    it('does not count what was only planned, unavailable or a notification', async () => {
      const { id } = await open(store());
      const { id: attemptId } = await plan(store(), id);
      await store().patchAttempt(attemptId, { state: 'ended', endedAtMs: T0 + 5, result: 'unavailable' });
      await attempted(store(), id, T0, T0 + 9, 'notify');
      expect(await store().recentRecoveries(`domain/${UUID}`, ['domain_crashed'], 0)).toEqual({ count: 0, lastEndedAtMs: null });
    });
  });
}

function lockContract(store: Current, reopen: Reopen): void {
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

function alertContract(store: Current): void {
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

function operatorContract(store: Current, reopen: Reopen): void {
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

function historyContract(store: Current): void {
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

function pruneContract(store: Current): void {
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

function lifeContract(store: Current): void {
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
