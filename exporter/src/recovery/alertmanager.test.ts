/** What Alertmanager says while an incident waits for it, or before an action. */
import { describe, expect, it } from 'vitest';
import type { AlertmanagerAlert } from '../alertmanager/alerts.ts';
import type { AlertmanagerAnswer } from '../alertmanager/client.ts';
import type { Silence } from '../alertmanager/silences.ts';
import { BY_ALERT, until, useHarness } from './testing/harness.ts';

const h = useHarness();
const DIRECT = [{ managed: true, trigger: 'direct' }];

/** An Alertmanager that says what the test wants. */
function saying(first: AlertmanagerAnswer) {
  const one = { answer: first, asked: 0, ask: () => Promise.resolve((one.asked++, one.answer)) };
  return one;
}

const answered = (alerts: AlertmanagerAlert[], silences: Silence[] = []): AlertmanagerAnswer => ({ kind: 'answered', alerts, silences, failures: [] });
const unreachable: AlertmanagerAnswer = { kind: 'unreachable', error: 'connection refused', failures: [] };

function firing(state: AlertmanagerAlert['state'] = 'active', fault = 'domain_crashed'): AlertmanagerAlert {
  const labels = { alertname: 'VirtmedicDomainCrashed', virtmedic_fault: fault, domain_uuid: h.domain.uuid };
  return { fingerprint: 'abc', labels, startsAtMs: Date.now(), state, silencedBy: state === 'suppressed' ? ['s1'] : [], inhibitedBy: [] };
}

function silence(): Silence {
  const matchers = [{ name: 'domain', value: 'web-1', isRegex: false, isEqual: true }];
  return { id: 's1', matchers, startsAtMs: Date.now() - 1000, endsAtMs: Date.now() + 3_600_000, createdBy: 'anna', comment: 'storage work', state: 'active' };
}

const held = (reason: string) => until(async () => (await h.open())[0]?.hold?.reason === reason);

describe('the backstop', () => {
  it('releases by an alert that is active without a webhook', async () => {
    const alertmanager = saying(answered([]));
    await h.start({ domains: BY_ALERT, alertmanager });
    h.world.kill(h.domain.uuid);
    await held('waiting_for_alert');
    alertmanager.answer = answered([firing('active', 'domain_hung'), firing('unprocessed')]);
    const { asked } = alertmanager;
    await until(() => alertmanager.asked > asked + 2);
    expect(h.effects()).toEqual([]);
    alertmanager.answer = answered([firing()]);
    await until(async () => (await h.open()).length === 0);
    expect(h.effects()).toEqual(['create']);
    expect(await h.history()).toMatchObject([{ outcome: 'recovered', releasedBy: 'backstop' }]);
  });

  it('holds what is silenced, says so in history, and lets it wait for its alert when the silence ends', async () => {
    const alertmanager = saying(answered([firing('suppressed')], [silence()]));
    await h.start({ domains: BY_ALERT, alertmanager });
    h.world.kill(h.domain.uuid);
    await held('silence');
    const [open] = await h.open();
    expect((await h.engine.store.recovery(open?.id ?? ''))?.decisions.at(-1)).toMatchObject({ kind: 'hold', reason: 'silence', why: expect.stringContaining('storage work (anna, silence s1)') });
    alertmanager.answer = answered([]);
    await held('waiting_for_alert');
    expect(h.effects()).toEqual([]);
    alertmanager.answer = answered([firing()]);
    await until(async () => (await h.open()).length === 0);
    expect(h.effects()).toEqual(['create']);
  });

  it.each(['proceed', 'hold'])('when no Alertmanager answers: %s, as configured', async (onUnreachable) => {
    const alertmanager = saying(unreachable);
    await h.start({ domains: BY_ALERT, alertmanager, config: { recovery: { verifySeconds: 0.02 }, alertmanager: { pollIntervalSeconds: 0.02, onUnreachable } } });
    h.world.kill(h.domain.uuid);
    if (onUnreachable === 'proceed') {
      await until(async () => (await h.open()).length === 0 && h.effects().length === 1);
      expect(await h.history()).toMatchObject([{ outcome: 'recovered', releasedBy: 'backstop' }]);
    } else {
      await held('alertmanager_unreachable');
      expect(h.effects()).toEqual([]);
    }
  });
});

describe('the direct trigger', () => {
  it('asks for silences too, and goes on when the silence is gone', async () => {
    const alertmanager = saying(answered([], [silence()]));
    await h.start({ domains: DIRECT, alertmanager });
    h.world.kill(h.domain.uuid);
    await held('silence');
    expect(h.effects()).toEqual([]);
    alertmanager.answer = answered([]);
    await until(async () => (await h.open()).length === 0);
    expect(h.effects()).toEqual(['create']);
  });

  it('takes a silence on labels that only the alert has to match until the alert is there', async () => {
    const doubtful = silence();
    doubtful.matchers = [...doubtful.matchers, { name: 'site', value: 'b', isRegex: false, isEqual: true }];
    const other = { ...silence(), id: 's2', matchers: [{ name: 'site', value: 'b', isRegex: false, isEqual: true }, { name: 'domain', value: 'web-2', isRegex: false, isEqual: true }] };
    const alertmanager = saying(answered([], [other, doubtful]));
    await h.start({ domains: DIRECT, alertmanager });
    h.world.kill(h.domain.uuid);
    await held('silence');
    expect((await h.open())[0]?.hold?.why).toContain('only that has site');
    alertmanager.answer = answered([firing()], [other, doubtful]);
    await until(async () => (await h.open()).length === 0);
    expect(h.effects()).toEqual(['create']);
  });

  it('is not held by a silence of another domain', async () => {
    const other = { ...silence(), matchers: [{ name: 'domain', value: 'web-2', isRegex: false, isEqual: true }] };
    await h.start({ domains: DIRECT, alertmanager: saying(answered([], [other])) });
    h.world.kill(h.domain.uuid);
    await h.acted(1);
    expect(h.effects()).toEqual(['create']);
  });

  it('is not held by a silence where a person ordered the recovery', async () => {
    await h.start({ domains: DIRECT, alertmanager: saying(answered([], [silence()])) });
    h.world.kill(h.domain.uuid);
    await held('silence');
    await h.engine.recovery.control.act({ domain: 'web-1', action: 'recover', dryRun: false, actor: 'anna', reason: 'now' });
    await until(async () => (await h.open()).length === 0);
    expect(h.effects()).toEqual(['create']);
  });
});
