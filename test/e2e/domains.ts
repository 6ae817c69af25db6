/** Guests of the end-to-end tests, and what is asked of virtmedic about them. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFailed } from 'vitest';
import type { IncidentRecord } from '../../exporter/src/history/store.ts';
import type { Guest, Host, Lab } from '../lab/lab.ts';
import { waitUntil } from '../lab/wait-until.ts';
import type { Recovery } from '../stack/api.ts';
import { qemuStarts } from '../stack/qemu-log.ts';
import type { Stack } from '../stack/stack.ts';

export const DEADLINE_MS = 150_000;

/** Defines a domain without an operating system: real for libvirt and QEMU, and next to no load. Start it then. */
export async function defineEmpty(lab: Lab, host: Host, name: string): Promise<Guest> {
  const guest = lab.guest(host, { name, memoryMiB: 32 });
  const path = join(lab.folder, `${name}.empty.xml`);
  writeFileSync(path, guest.xml.replace(/<kernel>.*<\/cmdline>/s, ''), { mode: 0o600 });
  await host.virsh('define', path);
  return guest;
}

/** History of one guest, the oldest first, with all details. */
export async function historyOf({ api }: Stack, guest: Guest): Promise<Recovery[]> {
  const incidents = await api.recoveries({ domain: guest.uuid });
  return Promise.all(incidents.toReversed().map(({ id }) => api.recovery(id)));
}

/** Waits until the guest has `count` recoveries of this outcome. Returns its whole history. */
export function untilOutcomes(stack: Stack, guest: Guest, outcome: string, count: number): Promise<Recovery[]> {
  const ask = async (): Promise<Recovery[] | false> => {
    const ended = (await stack.api.recoveries({ domain: guest.uuid })).filter((incident) => incident.outcome === outcome);
    return ended.length >= count && historyOf(stack, guest);
  };
  return waitUntil(`${count} times ${outcome}: ${guest.name}`, ask, { deadlineMs: DEADLINE_MS, intervalMs: 200 });
}

/** Waits until the open incident of the guest is as wanted. */
export function untilIncident(stack: Stack, guest: Guest, what: string, wanted: (incident: IncidentRecord) => boolean): Promise<IncidentRecord> {
  const ask = async (): Promise<IncidentRecord | undefined> =>
    (await stack.api.incidents()).find((incident) => incident.targetKey === `domain/${guest.uuid}` && wanted(incident));
  return waitUntil(`${guest.name}: ${what}`, ask, { deadlineMs: DEADLINE_MS, intervalMs: 20 });
}

/**
 * Waits until every host was listed three times more and Prometheus has evaluated what it scraped in the meantime: whatever virtmedic
 * would do about the present state, it has decided it by then.
 */
export async function untilLookedAgain({ api, prometheus }: Stack): Promise<void> {
  const listings = async (): Promise<Map<string, number>> => new Map((await api.hosts()).map((host) => [host.name, host.listings]));
  const before = await listings();
  const options = { deadlineMs: DEADLINE_MS, intervalMs: 250 };
  await waitUntil('three more listings', async () => [...(await listings())].every(([name, count]) => count >= (before.get(name) ?? 0) + 3), options);
  const scrapes = async (): Promise<number> => (await prometheus.query('sum(count_over_time(up{job="virtmedic"}[1h]))'))[0]?.value ?? 0;
  const scraped = await scrapes();
  await waitUntil('two more scrapes', async () => (await scrapes()) >= scraped + 2, options);
}

/** In a test: where its logs are when it failed, since the lab goes away. */
export function keepLogsOnFailure(stack: () => Stack): void {
  const save = (): void => {
    const folder = mkdtempSync(join(tmpdir(), 'virtmedic-e2e-'));
    stack().saveLogs(folder);
    console.error(`logs: ${folder}`);
  };
  try {
    onTestFailed(save);
  } catch {
    // The runner knows no current test where one of several at once is tried again; its first try has saved them.
  }
}

/** How often libvirt has launched QEMU for the guest on its host. */
export function startsOf({ host, name }: Guest): number {
  return qemuStarts(host, name).length;
}

/**
 * History without what alerts left that began after their fault was recovered: Prometheus judges the last scrape, which may be
 * older. Such an alert is looked into, and nothing is done.
 */
export function withoutLateAlerts(history: readonly Recovery[]): Recovery[] {
  return history.filter(({ incident, attempts }) => incident.outcomeReason !== 'not_verified' || attempts.length > 0);
}

/** Actions that were begun for a guest, over all its history. */
export function actionsOf(history: readonly Recovery[]): string[] {
  return history.flatMap(({ attempts }) => attempts.filter(({ executingAtMs }) => executingAtMs !== null).map(({ action }) => action));
}
