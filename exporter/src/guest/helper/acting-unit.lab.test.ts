import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEBIAN_APPS, serves } from '../../../../test/lab/linux-guest.ts';
import { startLab, type Lab, type LinuxGuest } from '../../../../test/lab/lab.ts';
import { waitUntil } from '../../../../test/lab/wait-until.ts';
import { kernelTrouble } from '../actions/testing/lab-tools.ts';
import type { GuestProcess } from '../processes/process.ts';
import { realHelper, type RealHelper } from './testing/real-helper.ts';

/** A service of a real systemd that was killed or stopped, restarted by the real helper, asked by a user without rights. */

const [WEB] = DEBIAN_APPS;
let lab: Lab;
let guest: LinuxGuest;
let helper: RealHelper;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'acting-unit' });
  guest = await lab.debianGuest(lab.host(1), { name: 'with-units', kernel: '6.1-cloud' });
  await guest.start();
  await guest.waitServing();
  await guest.agent.waitReady();
  helper = await realHelper(guest.host.unixUri, `domains: [{ match: { uuid: ${guest.uuid} }, read: true, write: true }]\n`);
  await helper.start();
}, 400_000);

afterAll(async () => {
  await helper?.[Symbol.asyncDispose]();
  await lab?.down();
});

async function processes(): Promise<GuestProcess[]> {
  return (await helper.see(guest.uuid)).processes.filter(({ unit, state }) => unit === WEB.unit && state !== 'Z');
}

const nameOf = ({ pid, startTimeNanoseconds }: GuestProcess) => `${pid}@${startTimeNanoseconds}`;

async function expectNew(before: readonly GuestProcess[]): Promise<void> {
  const old = new Set(before.map(nameOf));
  await waitUntil('new processes', async () => {
    const now = await processes();
    return now.length > 0 && now.every((process) => !old.has(nameOf(process)));
  }, { deadlineMs: 60_000 });
  await waitUntil('a page', () => serves(guest.address, WEB), { deadlineMs: 60_000 });
  expect([await helper.unhealed(), await kernelTrouble(guest), (await guest.agent.run(`systemctl is-active ${WEB.unit}`)).trim()]).toEqual([[], [], 'active']);
}

describe('a service', () => {
  it('that was killed is restarted', { timeout: 200_000 }, async () => {
    const before = await processes();
    expect(before.length).toBeGreaterThan(0);
    await guest.agent.run(`systemctl kill -s KILL ${WEB.unit}`);
    await waitUntil('its end', async () => (await processes()).length === 0, { deadlineMs: 30_000 });
    const restarted = await helper.ask('restart-unit', { domain: guest.uuid, generation: 1, unit: WEB.unit, killFirst: false });
    expect(restarted.commands?.map(({ way }) => way)).toEqual(['keyboard']);
    await expectNew(before);
  });

  it('that stands still is killed and restarted', { timeout: 200_000 }, async () => {
    const before = await processes();
    await guest.agent.run(`systemctl kill -s STOP ${WEB.unit}`);
    await expect(serves(guest.address, WEB, 1000)).rejects.toThrow();
    const restarted = await helper.ask('restart-unit', { domain: guest.uuid, generation: 2, unit: WEB.unit, killFirst: true });
    expect(restarted.commands).toHaveLength(2);
    await expectNew(before);
  });
});
