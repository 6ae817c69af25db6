/** The whole loop on one stack: libvirt, virtmedic, Prometheus, Alertmanager. Every test has guests of its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Guest, Lab } from '../lab/lab.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { seriesValue } from '../stack/api.ts';
import { startStack } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import type { Plan } from '../stack/virtmedic-config.ts';
import { DEADLINE_MS, actionsOf, defineEmpty, historyOf, keepLogsOnFailure, startsOf, untilIncident, untilLookedAgain, untilOutcomes, withoutLateAlerts } from './domains.ts';

const STORM = 20;
const TEST_MS = 300_000;

let stack: Stack;
const guests = new Map<string, Guest>();

const START_ONLY = [{ action: 'start' as const, timeoutSeconds: 60 }];

async function prepare(lab: Lab): Promise<Plan> {
  const storm = Array.from({ length: STORM }, (_, index) => `storm-${index + 1}`);
  for (const [index, name] of ['ten', 'budget', 'spent', 'quiet', 'told', 'catch', ...storm].entries()) {
    guests.set(name, await defineEmpty(lab, lab.host((index % lab.hosts.length) + 1), name));
  }
  for (const name of ['user', 'nomad']) guests.set(name, lab.guest(lab.host(1), { name }));
  for (const guest of guests.values()) await guest.start();
  return {
    sampling: { intervalSeconds: 3 },
    recovery: { verifySeconds: 2 },
    domains: [
      {
        match: { name: 'ten' }, managed: true, trigger: 'direct',
        ladders: { domain_crashed: { rungs: START_ONLY, budget: { recoveries: 10, windowSeconds: 1800 }, cooldownSeconds: 0 } },
      },
      { match: { name: 'budget' }, managed: true, trigger: 'direct' },
      {
        match: { name: 'spent' }, managed: true, trigger: 'direct',
        ladders: { domain_crashed: { rungs: START_ONLY, budget: { recoveries: 1, windowSeconds: 1800 }, cooldownSeconds: 0 } },
      },
      { managed: true },
    ],
  };
}

beforeAll(async () => {
  stack = await startStack({ hosts: 2, name: 'e2e', prepare });
});
afterAll(() => stack?.stop());

function guest(name: string): Guest {
  const found = guests.get(name);
  if (!found) throw new Error(`no guest ${name}`);
  return found;
}

/** A webhook of Alertmanager, version 4, about the crash of a guest. */
function notification(vm: Guest, fingerprint: string, status: 'firing' | 'resolved', startsAtMs: number): unknown {
  const labels = { alertname: 'VirtmedicDomainCrashed', virtmedic_fault: 'domain_crashed', host: vm.host.name, domain: vm.name, domain_uuid: vm.uuid };
  const endsAt = status === 'firing' ? '0001-01-01T00:00:00Z' : new Date(startsAtMs + 1000).toISOString();
  return { version: '4', status, alerts: [{ status, labels, annotations: {}, startsAt: new Date(startsAtMs).toISOString(), endsAt, fingerprint }] };
}

describe.concurrent('side by side', () => {
  test('ten kills in a row, budget 10, no cooldown: ten recoveries, one start each', { timeout: TEST_MS }, async () => {
    keepLogsOnFailure(() => stack);
    const vm = guest('ten');
    for (let kill = 1; kill <= 10; kill++) {
      vm.killQemu();
      await untilOutcomes(stack, vm, 'recovered', kill);
      expect(startsOf(vm)).toBe(1 + kill);
    }
    const history = withoutLateAlerts(await historyOf(stack, vm));
    expect(history.map(({ incident }) => incident.outcome)).toEqual(Array(10).fill('recovered'));
    expect(history.every(({ incident }) => incident.releasedBy === 'direct')).toBe(true);
    expect(actionsOf(history)).toEqual(Array(10).fill('start'));
  });

  test('default budget: three recoveries, then escalated, told through Alertmanager and left alone', { timeout: TEST_MS }, async () => {
    keepLogsOnFailure(() => stack);
    const vm = guest('budget');
    for (let kill = 1; kill <= 3; kill++) {
      vm.killQemu();
      await untilOutcomes(stack, vm, 'recovered', kill);
    }
    vm.killQemu();
    const incident = await untilIncident(stack, vm, 'escalated', ({ state }) => state === 'escalated');
    expect(incident.outcomeText).toMatch(/budget of 3/);
    const told = async (): Promise<boolean> =>
      (await stack.alertmanager.alerts()).some(({ labels, status }) => labels['alertname'] === 'VirtmedicIncidentEscalated' && labels['fault'] === 'domain_crashed' && status.state === 'active');
    await waitUntil('the escalation in Alertmanager', told, { deadlineMs: DEADLINE_MS });
    await untilLookedAgain(stack);
    expect(actionsOf(await historyOf(stack, vm))).toEqual(['start', 'start', 'start']);
    expect(startsOf(vm)).toBe(4);
    expect(await vm.state()).toMatchObject({ state: 'shut off' });
    expect((await stack.api.incidents()).find(({ id }) => id === incident.id)?.state).toBe('escalated');
  });

  test(`${STORM} domains killed at once: each recovered by its own alert, none twice`, { timeout: TEST_MS }, async () => {
    keepLogsOnFailure(() => stack);
    const storm = Array.from({ length: STORM }, (_, index) => guest(`storm-${index + 1}`));
    for (const vm of storm) vm.killQemu();
    const histories = await Promise.all(storm.map((vm) => untilOutcomes(stack, vm, 'recovered', 1)));
    await untilLookedAgain(stack);
    expect(histories.map(actionsOf)).toEqual(Array(STORM).fill(['start']));
    expect(histories.every(([first]) => first?.incident.releasedBy === 'alert' || first?.incident.releasedBy === 'backstop')).toBe(true);
    expect((await Promise.all(storm.map((vm) => historyOf(stack, vm)))).map((history) => withoutLateAlerts(history).length)).toEqual(Array(STORM).fill(1));
    expect(storm.map(startsOf)).toEqual(Array(STORM).fill(2));
    expect((await Promise.all(storm.map((vm) => vm.state()))).map(({ state }) => state)).toEqual(Array(STORM).fill('running'));
  });

  test('a silence in Alertmanager: no action, history says why; it goes on when the silence is over', { timeout: TEST_MS }, async () => {
    keepLogsOnFailure(() => stack);
    const vm = guest('quiet');
    const id = await stack.alertmanager.silence({ labels: { domain: 'quiet' }, comment: 'planned work' });
    vm.killQemu();
    const held = await untilIncident(stack, vm, 'held by the silence', ({ hold }) => hold?.reason === 'silence');
    expect(held.hold?.why).toContain('planned work');
    await untilLookedAgain(stack);
    expect(actionsOf(await historyOf(stack, vm))).toEqual([]);
    expect(startsOf(vm)).toBe(1);
    await stack.alertmanager.expireSilence(id);
    const [recovery, ...others] = await untilOutcomes(stack, vm, 'recovered', 1);
    expect(others).toEqual([]);
    expect(recovery?.decisions.map(({ reason }) => reason)).toContain('silence');
    expect(startsOf(vm)).toBe(2);
  });

  test('one fault told many times, at once, out of order and by two Alertmanagers: one recovery', { timeout: TEST_MS }, async () => {
    keepLogsOnFailure(() => stack);
    const vm = guest('told');
    vm.killQemu();
    const { openedAtMs } = await untilIncident(stack, vm, 'open', () => true);
    const tell = (fingerprint: string, status: 'firing' | 'resolved', startsAtMs: number): Promise<unknown> => stack.api.post('/api/v1/alerts', notification(vm, fingerprint, status, startsAtMs));
    const older = openedAtMs - 60_000;
    await Promise.all(['a', 'b'].flatMap((fingerprint) => [...Array(10).keys()].flatMap(() => [tell(fingerprint, 'firing', openedAtMs), tell(fingerprint, 'resolved', older), tell(fingerprint, 'firing', older)])));
    await untilOutcomes(stack, vm, 'recovered', 1);
    await Promise.all(['a', 'b'].map((fingerprint) => tell(fingerprint, 'firing', openedAtMs)));
    await untilLookedAgain(stack);
    const history = withoutLateAlerts(await historyOf(stack, vm));
    expect(history.map(({ incident }) => incident.outcome)).toEqual(['recovered']);
    expect(actionsOf(history)).toEqual(['start']);
    expect(startsOf(vm)).toBe(2);
  });

  test('what a person or the guest itself stops stays as it is', { timeout: TEST_MS }, async () => {
    keepLogsOnFailure(() => stack);
    const vm = guest('user');
    await vm.waitHttp();
    await vm.host.virsh('suspend', vm.name);
    await untilLookedAgain(stack);
    expect(await vm.state()).toEqual({ state: 'paused', reason: 'user' });
    await vm.host.virsh('resume', vm.name);
    expect(await historyOf(stack, vm)).toEqual([]);

    await vm.host.virsh('shutdown', vm.name);
    await vm.waitState('shut off');
    await untilLookedAgain(stack);
    expect(startsOf(vm)).toBe(1);

    await vm.start();
    await vm.waitHttp();
    await vm.fault('poweroff');
    await vm.waitState('shut off');
    await untilLookedAgain(stack);
    expect(startsOf(vm)).toBe(2);
    const history = await historyOf(stack, vm);
    expect(actionsOf(history)).toEqual([]);
    expect(history.map(({ incident }) => [incident.fault, incident.outcome, incident.outcomeReason])).toEqual(
      Array(2).fill(['domain_stopped', 'suppressed', 'notify_only']),
    );
  });

  test('a domain migrated by hand to another watched host: no incident, and it is recovered where it is now', { timeout: TEST_MS }, async () => {
    keepLogsOnFailure(() => stack);
    const vm = guest('nomad');
    await vm.waitHttp();
    const there = vm.on(stack.lab.host(2));
    await vm.host.virsh('migrate', '--live', '--unsafe', '--persistent', '--undefinesource', vm.name, there.host.tcpUri);
    await untilLookedAgain(stack);
    expect(await historyOf(stack, vm)).toEqual([]);
    expect((await stack.api.domains()).find(({ uuid }) => uuid === vm.uuid)).toMatchObject({ host: 'h2', state: 'running', desired: 'running', incidentId: null });
    there.killQemu();
    const [recovery] = await untilOutcomes(stack, vm, 'recovered', 1);
    expect(recovery?.attempts.map(({ action, host }) => [action, host])).toEqual([['start', 'h2']]);
    expect(await vm.state()).toMatchObject({ state: 'absent' });
  });
});

test('a catch-all route to the webhook brings what virtmedic says of itself; no loop comes of it', { timeout: TEST_MS }, async () => {
  keepLogsOnFailure(() => stack);
  const spent = guest('spent');
  spent.killQemu();
  await untilOutcomes(stack, spent, 'recovered', 1);
  spent.killQemu();
  await untilIncident(stack, spent, 'escalated', ({ state }) => state === 'escalated');
  const openBefore = (await stack.api.incidents()).map(({ id }) => id);
  const countBefore = (await stack.api.recoveries()).length;

  const ignored = async (): Promise<number> => seriesValue(await stack.api.metricsText(), 'virtmedic_webhook_alerts_total{result="ignored"}') ?? 0;
  const ignoredBefore = await ignored();
  await stack.changeRoutes({ root: { receiver: 'virtmedic', group_by: ['...'], group_wait: '0s', group_interval: '1s', repeat_interval: '2s' } });
  await waitUntil('alerts about virtmedic itself at the webhook', async () => (await ignored()) >= ignoredBefore + 10, { deadlineMs: DEADLINE_MS });
  const vm = guest('catch');
  vm.killQemu();
  await untilOutcomes(stack, vm, 'recovered', 1);
  await untilLookedAgain(stack);
  expect(startsOf(vm)).toBe(2);
  expect(startsOf(spent)).toBe(2);
  expect((await stack.api.recoveries()).length).toBe(countBefore + 1);
  expect((await stack.api.incidents()).map(({ id }) => id)).toEqual(openBefore);
});
