/** virtmedic dies by SIGKILL at several moments of a recovery: the next process takes it up, and nothing is started twice. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IncidentState } from '../../exporter/src/vocabulary.ts';
import type { Guest, Lab } from '../lab/lab.ts';
import { startStack } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import type { Plan } from '../stack/virtmedic-config.ts';
import { defineEmpty, historyOf, keepLogsOnFailure, startsOf, untilIncident, untilLookedAgain, untilOutcomes } from './domains.ts';

const MOMENTS = [
  { name: 'waiting', trigger: 'alert', states: ['open'] },
  { name: 'executing', trigger: 'direct', states: ['executing', 'verifying'] },
  { name: 'verifying', trigger: 'direct', states: ['verifying'] },
] as const satisfies { name: string; trigger: 'alert' | 'direct'; states: IncidentState[] }[];

let stack: Stack;
const guests = new Map<string, Guest>();

async function prepare(lab: Lab): Promise<Plan> {
  for (const { name } of MOMENTS) {
    const vm = await defineEmpty(lab, lab.host(1), name);
    guests.set(name, vm);
    await vm.start();
  }
  return {
    sampling: { intervalSeconds: 3 },
    recovery: { verifySeconds: 4 },
    domains: MOMENTS.map(({ name, trigger }) => ({ match: { name }, managed: true, trigger })),
  };
}

beforeAll(async () => {
  stack = await startStack({ hosts: 1, name: 'restart', prepare });
});
afterAll(() => stack?.stop());

test.each(MOMENTS)('killed while the incident is $name: one recovery, one start', async ({ name, states }) => {
  keepLogsOnFailure(() => stack);
  const vm = guests.get(name) as Guest;
  vm.killQemu();
  const { id } = await untilIncident(stack, vm, states.join(' or '), ({ state }) => states.some((one) => one === state));
  await stack.virtmedic.kill();
  await stack.virtmedic.start();
  await untilOutcomes(stack, vm, 'recovered', 1);
  await untilLookedAgain(stack);
  const history = await historyOf(stack, vm);
  expect(history.map(({ incident }) => [incident.id, incident.outcome])).toEqual([[id, 'recovered']]);
  expect(startsOf(vm)).toBe(2);
  expect(await vm.state()).toMatchObject({ state: 'running' });
});
