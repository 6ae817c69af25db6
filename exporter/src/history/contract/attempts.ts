import { describe, expect, it } from 'vitest';
import type { IncidentRecord } from '../store.ts';
import { attempted, type Current, domainTarget, open, plan, type Reopen, T0, twice, UUID } from './fixtures.ts';

export function attemptContract(store: Current, reopen: Reopen): void {
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

    it('of many incidents are read at once', async () => {
      const incidents = await Promise.all(['a', 'b', 'c'].map((name) => open(store(), { target: domainTarget(name, name) })));
      const [a, b, c] = incidents.map((each) => each.id);
      await attempted(store(), a ?? '', T0, T0 + 1);
      await attempted(store(), c ?? '', T0 + 1, T0 + 2);
      await attempted(store(), a ?? '', T0 + 2, T0 + 3);
      const found = await store().attemptsOf([c ?? '', a ?? '', b ?? '', 'nothing', a ?? '']);
      const of = (id = '') => found.filter((each) => each.incidentId === id);
      expect([of(a), of(b), of(c)]).toEqual([await store().attempts(a ?? ''), [], await store().attempts(c ?? '')]);
      expect(found).toHaveLength(3);
      expect(await store().attemptsOf([])).toEqual([]);
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

export function budgetContract(store: Current): void {
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

    it('counts a migration as long as the fault is only forecast', async () => {
      const { id } = await open(store(), { fault: 'domain_failing' });
      await attempted(store(), id, T0, T0 + 9, 'migrate');
      const recent = (fault: IncidentRecord['fault']) => store().recentRecoveries(`domain/${UUID}`, [fault], 0);
      expect(await recent('domain_failing')).toEqual({ count: 1, lastEndedAtMs: T0 + 9 });
      await store().patchIncident(id, { fault: 'domain_crashed' });
      expect(await recent('domain_crashed')).toEqual({ count: 0, lastEndedAtMs: null });
    });
  });
}
