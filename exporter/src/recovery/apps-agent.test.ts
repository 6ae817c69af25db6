import { beforeEach, expect, it } from 'vitest';
import { HelperError } from '../guest/helper/client.ts';
import type { AppWorld } from './testing/apps.ts';
import { createAppWorld } from './testing/apps.ts';
import { until, useHarness } from './testing/harness.ts';

const harness = useHarness();
let apps: AppWorld;
beforeEach(() => {
  apps = createAppWorld(harness.world, harness.domain);
});

const PROBES = [{ type: 'tcp', address: 'a', port: 1 }];
const SELECTOR = { managed: true, trigger: 'direct', guestAgent: true };
const ladder = (timeoutSeconds: number) => ({ rungs: [{ action: 'restart_app', timeoutSeconds }] });
const start = (timeoutSeconds = 5, config: Record<string, unknown> = { guest: { agent: true } }) =>
  harness.start({ apps, config, domains: [{ ...SELECTOR, ladders: { app_down: ladder(timeoutSeconds), app_hung: ladder(timeoutSeconds) } }] });
const ended = () => until(async () => (await harness.history()).some(({ closedAtMs }) => closedAtMs !== null));
async function told() {
  const [incident] = await harness.history();
  const steps = (await harness.engine.store.recovery(incident?.id ?? ''))?.steps ?? [];
  return { outcome: incident?.outcome, text: incident?.outcomeText, steps: steps.map(({ name, state, detail }) => `${name}: ${state}: ${detail ?? ''}`) };
}
const refusing = () => (apps.instead = () => Promise.reject(new HelperError('not-opted-in', 'not opted in to being written to', { isRefusal: true })));

it('restarts what the ways from outside may not, and new processes prove it', async () => {
  apps.add('web');
  refusing();
  await start();
  apps.kill('web');
  await ended();
  expect(apps.byAgent).toEqual(['restart']);
  expect(await told()).toMatchObject({
    outcome: 'recovered',
    text: 'restart_app in web-1 on h1: verified by new processes',
    steps: [
      'restart unit web.service: failed: processes before: none; not-opted-in: not opted in to being written to',
      'restart unit web.service by guest-agent: succeeded: processes before: none; guest-agent: done',
    ],
  });
});

it.each<[string, Record<string, unknown>]>([['for this daemon', {}], ['for this domain', { guest: { agent: true }, domains: [{ ...SELECTOR, guestAgent: false }] }]])('is not asked where it is not allowed %s', async (_, config) => {
  apps.add('web');
  refusing();
  const { domains = [SELECTOR], ...rest } = config as { domains?: Record<string, unknown>[] };
  await harness.start({ apps, config: rest, domains: domains.map((one) => ({ ...one, ladders: { app_down: ladder(5) } })) });
  apps.kill('web');
  await until(async () => (await harness.open()).some(({ state }) => state === 'escalated'));
  expect(apps.byAgent).toEqual([]);
});

it('restarts an app that only probes tell of, which answer then and later', async () => {
  apps.add('iis', { probes: PROBES, start: { agentCommand: ['C:\\restart.exe'] } });
  await start();
  apps.hang('iis');
  await ended();
  expect(apps.byAgent).toEqual(['declared']);
  expect(await told()).toMatchObject({
    outcome: 'recovered',
    text: 'restart_app in web-1 on h1: verified by its probes alone, as its processes could not be listed',
    steps: ['run C:\\restart.exe by guest-agent: succeeded: processes before: not listed; guest-agent: done'],
  });
});

it('has not recovered an app whose probes do not answer after it', async () => {
  apps.add('iis', { probes: PROBES, start: { agentCommand: ['C:\\restart.exe'] } });
  apps.isBroken = true;
  await start(0.3);
  apps.hang('iis');
  await until(async () => (await harness.open()).some(({ state }) => state === 'escalated'));
  const [incident] = await harness.history();
  expect((await harness.engine.store.attempts(incident?.id ?? '')).map(({ result, error }) => [result, error])).toEqual([
    ['timed_out', 'not verified within 0.3 s: its processes cannot be listed, and not all its probes answer'],
  ]);
});

it('that came too late to be seen in time has recovered it when its probes answer again', async () => {
  apps.add('iis', { probes: PROBES, start: { agentCommand: ['C:\\restart.exe'] } });
  apps.isBroken = true;
  const rungs = [{ action: 'restart_app', timeoutSeconds: 0.3 }, { action: 'restart_app', timeoutSeconds: 5, delaySeconds: 3600 }];
  await harness.start({ apps, config: { guest: { agent: true } }, domains: [{ ...SELECTOR, ladders: { app_hung: { rungs } } }] });
  apps.hang('iis');
  await until(async () => (await harness.open()).some(({ hold }) => hold?.reason === 'backoff'));
  apps.revive('iis');
  await ended();
  expect(apps.byAgent).toEqual(['declared']);
  expect(await told()).toMatchObject({ outcome: 'recovered', text: 'as it should be again after restart_app: verified by its probes alone, as its processes could not be listed' });
});

it('an app that only probes tell of is recovered by its domain\'s reset too, where they answer then', async () => {
  apps.add('iis', { probes: PROBES });
  await harness.start({ apps, config: {}, domains: [{ ...SELECTOR, ladders: { app_hung: { rungs: [{ action: 'reset', timeoutSeconds: 30 }] } } }] });
  apps.hang('iis');
  await until(() => harness.world.effects.length > 0);
  apps.revive('iis');
  await ended();
  expect([harness.effects(), await told()]).toMatchObject([['reset'], { outcome: 'recovered', text: 'reset in web-1 on h1: verified by its probes alone, as its processes could not be listed' }]);
});
