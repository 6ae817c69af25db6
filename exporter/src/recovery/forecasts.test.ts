import { describe, expect, it } from 'vitest';
import { BY_ALERT, ladder, until, useHarness } from './testing/harness.ts';

const harness = useHarness();
const ALERT = { labels: { alertname: 'VirtmedicDomainFailing', virtmedic_fault: 'domain_failing' }, fingerprint: 'failing' };
const DIRECT = [{ managed: true, trigger: 'direct' }];
/** On one host it is always quiet. */
const idle = () => harness.engine.idle();
const actions = async (): Promise<string[]> => {
  const [recovery] = await harness.history();
  return (await harness.engine.store.attempts(recovery?.id ?? '')).map(({ action, result }) => `${action} ${result}`);
};

async function fails(probability = 0.93): Promise<void> {
  harness.world.forecast(harness.domain.uuid, probability);
  await idle();
}

describe('a domain that is forecast to fail', () => {
  it('has an incident that waits for its alert, is told then, and ends with the forecast', async () => {
    await harness.start({ domains: BY_ALERT });
    await fails();
    expect(await harness.open()).toMatchObject([{ fault: 'domain_failing', state: 'open', hold: { reason: 'waiting_for_alert' }, forecast: { failing: true, failureProbability: [{ probability: 0.93 }] } }]);
    expect((await harness.open())[0]?.evidence).toMatchObject([{ source: 'perception', text: 'runs, but is going to fail: forecast 0.93 within 60 s' }]);
    expect(await harness.receive(harness.alert(ALERT))).toEqual(['released']);
    await idle();
    expect(await actions()).toEqual(['notify succeeded']);
    // Open while it lasts, and nobody has to act.
    harness.world.list();
    await idle();
    expect(await harness.open()).toMatchObject([{ state: 'open', hold: null, outcomeText: null }]);
    harness.world.forecast(harness.domain.uuid, 0.2);
    await idle();
    const [ended] = await harness.history();
    expect(ended).toMatchObject({ fault: 'domain_failing', outcome: 'suppressed', outcomeReason: 'notify_only' });
    expect(ended?.outcomeText).toMatch(/^the forecast was over its limit from \d{4}-\S+Z to \d{4}-\S+Z; now 0\.20 within 60 s$/);
    expect(harness.effects()).toEqual([]);
    expect(await actions()).toEqual(['notify succeeded']);
  });

  it('is told at once where the trigger is direct', async () => {
    await harness.start({ domains: DIRECT });
    await fails();
    expect(await actions()).toEqual(['notify succeeded']);
    expect(await harness.open()).toMatchObject([{ releasedBy: 'direct', state: 'open' }]);
  });

  it('ended by itself where nothing was told yet', async () => {
    await harness.start({ domains: BY_ALERT });
    await fails();
    harness.world.forecast(harness.domain.uuid, null);
    await idle();
    expect(await harness.history()).toMatchObject([{ outcome: 'suppressed', outcomeReason: 'self_recovered', outcomeText: expect.stringContaining('there is no forecast any more') as string }]);
  });

  it('is not believed to an alert alone', async () => {
    await harness.start({ domains: BY_ALERT });
    await harness.receive(harness.alert(ALERT));
    await idle();
    expect(await harness.history()).toMatchObject([{ outcome: 'suppressed', outcomeReason: 'not_verified' }]);
    expect(await actions()).toEqual([]);
  });

  it('that is not managed is in history once, and again after it was well', async () => {
    await harness.start({ domains: [] });
    await fails();
    await fails(0.95);
    expect(await harness.history()).toMatchObject([{ outcomeReason: 'not_managed' }]);
    harness.world.forecast(harness.domain.uuid, 0.1);
    await idle();
    await fails();
    expect(await harness.history()).toHaveLength(2);
  });

  it('and that a person closed stays closed until the forecast was over', async () => {
    await harness.start({ domains: DIRECT });
    await fails();
    const [incident] = await harness.open();
    await harness.engine.recovery.control.close(incident?.id ?? '', 'ann', 'known');
    await fails(0.97);
    expect(await harness.open()).toEqual([]);
    harness.world.forecast(harness.domain.uuid, 0.1);
    await idle();
    await fails();
    expect(await harness.open()).toHaveLength(1);
  });

  it('is an incident over a restart, though the new process has yet to find it failing again', async () => {
    await harness.start({ domains: DIRECT });
    await fails();
    await harness.engine.stop();
    harness.world.forecast(harness.domain.uuid, null);
    await harness.start({ domains: DIRECT });
    harness.world.forecast(harness.domain.uuid, 0.6);
    await idle();
    expect(await harness.open()).toHaveLength(1);
    harness.world.forecast(harness.domain.uuid, 0.3);
    await idle();
    expect(await harness.open()).toEqual([]);
  });

  it('in a dry run is told what would follow', async () => {
    await harness.start({ domains: [{ managed: true, trigger: 'direct', dryRun: true, relocate: true, ladders: { domain_failing: ladder('notify', 'migrate') } }] });
    await fails();
    expect(await harness.history()).toMatchObject([{ outcome: 'dry_run', outcomeText: expect.stringContaining('notify, then migrate (not available: no host may take it: there is no other host)') as string }]);
    await fails(0.95);
    expect(await harness.history()).toHaveLength(1);
  });
});

describe('a domain that fails as forecast', () => {
  it('goes on as the fault, with the fault\'s own release and ladder', async () => {
    await harness.start({ domains: BY_ALERT });
    await fails();
    await harness.receive(harness.alert(ALERT));
    await idle();
    harness.world.kill(harness.domain.uuid);
    harness.world.forecast(harness.domain.uuid, null);
    await idle();
    // What was released was the telling.
    expect(harness.effects()).toEqual([]);
    expect(await harness.open()).toMatchObject([{ fault: 'domain_crashed', hold: { reason: 'waiting_for_alert' }, releasedAtMs: null, forecast: { failing: true } }]);
    // The forecast's alert still fires: it orders no start.
    expect(await harness.receive(harness.alert({ ...ALERT, fingerprint: 'again' }))).toEqual(['repeated']);
    await idle();
    expect(harness.effects()).toEqual([]);
    expect(await harness.receive(harness.alert())).toEqual(['released']);
    await idle();
    expect(harness.effects()).toEqual(['create']);
    expect(await harness.history()).toMatchObject([{ fault: 'domain_crashed', outcome: 'recovered' }]);
    expect(await actions()).toEqual(['notify succeeded', 'start succeeded']);
  });

  it('is recovered at once where the trigger is direct, and its forecast then does not hide that', async () => {
    await harness.start({ domains: DIRECT });
    await fails();
    harness.world.kill(harness.domain.uuid);
    await idle();
    expect(harness.effects()).toEqual(['create']);
    const closed = (await harness.history()).filter(({ closedAtMs }) => closedAtMs !== null);
    expect(closed).toMatchObject([{ fault: 'domain_crashed', outcome: 'recovered' }]);
  });

  it('and whose alert came before it was seen is released when it is seen', async () => {
    await harness.start({ domains: BY_ALERT });
    await fails();
    expect(await harness.receive(harness.alert())).toEqual(['repeated']);
    await idle();
    expect(await actions()).toEqual([]);
    harness.world.kill(harness.domain.uuid);
    await until(() => harness.effects().length > 0);
    await idle();
    expect(harness.effects()).toEqual(['create']);
  });
});

describe('a host that is forecast to fail', () => {
  const HOST = { labels: { alertname: 'VirtmedicHostDegraded', virtmedic_fault: 'host_degraded', host: 'h1', domain: '', domain_uuid: '' }, fingerprint: 'host' };

  it('has an incident of its own: waits for its alert, is told, ends with the forecast', async () => {
    await harness.start({ domains: DIRECT });
    harness.world.forecast('h1', 0.9);
    await idle();
    expect(await harness.open()).toMatchObject([{ target: { kind: 'host', host: 'h1' }, fault: 'host_degraded', hold: { reason: 'waiting_for_alert' }, forecast: { failing: true } }]);
    expect(await harness.receive(harness.alert(HOST))).toEqual(['released']);
    await idle();
    expect(await actions()).toEqual(['notify succeeded']);
    harness.world.list();
    await idle();
    expect(await harness.open()).toMatchObject([{ state: 'open', hold: null }]);
    harness.world.forecast('h1', 0.1);
    await idle();
    expect(await harness.history()).toMatchObject([{ outcome: 'suppressed', outcomeReason: 'notify_only' }]);
    expect(await actions()).toEqual(['notify succeeded']);
    expect(harness.effects()).toEqual([]);
  });

  it('is held by its maintenance, and told when that ends', async () => {
    await harness.start({ domains: DIRECT });
    const { control } = harness.engine.recovery;
    const { id } = await control.addMaintenance({ host: 'h1', untilMs: Date.now() + 60_000, reason: 'disk', actor: 'ann' });
    harness.world.forecast('h1', 0.9);
    await idle();
    await harness.receive(harness.alert(HOST));
    await until(async () => (await harness.open())[0]?.hold?.reason === 'maintenance');
    await control.removeMaintenance(id, 'ann');
    await until(async () => (await actions()).length > 0);
    expect(await actions()).toEqual(['notify succeeded']);
  });

  it('is not opened again once a person has closed it, over a restart, until the forecast was over', async () => {
    await harness.start({ domains: DIRECT });
    harness.world.forecast('h1', 0.9);
    await idle();
    await harness.engine.recovery.control.close((await harness.open())[0]?.id ?? '', 'ann', 'known');
    await harness.engine.stop();
    await harness.start({ domains: DIRECT });
    harness.world.forecast('h1', 0.95);
    await idle();
    expect(await harness.open()).toEqual([]);
    harness.world.forecast('h1', 0.1);
    await idle();
    harness.world.forecast('h1', 0.95);
    await idle();
    expect(await harness.open()).toHaveLength(1);
  });

  it('says nothing while it is not heard, and nothing of a host that is not watched', async () => {
    await harness.start({ domains: DIRECT });
    harness.world.setHost('h1', 'unreachable');
    harness.world.forecast('h1', 0.9);
    await idle();
    expect(await harness.open()).toEqual([]);
    expect(await harness.receive(harness.alert({ ...HOST, labels: { ...HOST.labels, host: 'h9' } }))).toEqual(['no_target']);
  });
});
