import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEBIAN_APPS, serves } from '../../../../test/lab/linux-guest.ts';
import { startLab, type Lab, type LinuxGuest } from '../../../../test/lab/lab.ts';
import { waitUntil } from '../../../../test/lab/wait-until.ts';
import { restartUnit } from './restart-unit.ts';
import type { Ways } from './start-process.ts';
import { signalProcess } from './signal-process.ts';
import { createActionTasks, type ActionTask } from './tasks.ts';
import { kernelTrouble, openLabTools, type LabTools } from './testing/lab-tools.ts';

/** A web server under systemd that was killed or stopped inside of its guest, and is served again. */

let lab: Lab;
let guest: LinuxGuest;
let opened: LabTools;
const [WEB] = DEBIAN_APPS;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'units' });
  guest = await lab.debianGuest(lab.host(1), { name: 'served', kernel: '6.1-cloud', cpu: 'max' });
  await guest.start();
  await guest.waitServing();
  await guest.agent.waitReady();
  opened = await openLabTools(guest);
}, 400_000);

afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  await lab?.down();
});

function servers(): ActionTask[] {
  const list = createActionTasks(opened.tools.kernel).list();
  if (list === null) throw new Error('no list of processes');
  return list.filter((task) => task.name === WEB.name && !task.isEnding);
}

const keyOf = (task: ActionTask) => `${task.pid}:${task.startTimeNanoseconds}`;
const ways = (): Ways => ({ order: ['keyboard', 'injection'], console: null, gdbFolder: opened.folder });
const unit = (condition: 'dead' | 'hung') => ({ name: WEB.unit, condition, earlier: [], isGone: () => servers().length === 0 });

async function expectServed(before: readonly ActionTask[]): Promise<void> {
  await waitUntil('a page', () => serves(guest.address, WEB), { deadlineMs: 60_000 });
  const old = new Set(before.map(keyOf));
  expect(servers().length).toBeGreaterThan(0);
  expect(servers().filter((task) => old.has(keyOf(task)))).toEqual([]);
  expect(await kernelTrouble(guest)).toEqual([]);
  expect(opened.tools.journal.domains()).toEqual([]);
  expect((await guest.agent.run(`systemctl is-active ${WEB.unit}`)).trim()).toBe('active');
}

describe("a unit of the guest's systemd", () => {
  it('that was killed is started', async () => {
    const before = servers();
    await guest.agent.run(`systemctl kill -s KILL ${WEB.unit}`);
    await waitUntil('its end', () => servers().length === 0, { deadlineMs: 30_000 });
    const results = await restartUnit(opened.tools, ways(), unit('dead'));
    expect(results.map(({ way }) => way)).toEqual(['keyboard']);
    await expectServed(before);
  });

  it('that stands still is killed and started', async () => {
    const before = servers();
    for (const task of before) await signalProcess(opened.tools, opened.folder, task, 'STOP');
    await expect(serves(guest.address, WEB, 1000)).rejects.toThrow();
    const results = await restartUnit(opened.tools, ways(), unit('hung'));
    expect(results).toHaveLength(2);
    await expectServed(before);
  });
});
