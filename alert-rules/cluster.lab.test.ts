/** Two Alertmanagers: what comes twice, and that it can be known as the same. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAlertmanager } from '../test/lab/alertmanager.ts';
import type { Alertmanager } from '../test/lab/alertmanager.ts';
import { waitUntil } from '../test/lab/wait-until.ts';
import { alertmanagerConfig, startPathStack, startReceiver } from './path-stack.ts';
import type { Receiver } from './path-stack.ts';

const DEADLINE_MS = 120_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-cluster-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function about(receiver: Receiver, domain: string): { identity: string; status: string; atMs: number }[] {
  return receiver.webhooks.flatMap((webhook) =>
    webhook.body.alerts
      .filter((alert) => alert.labels['domain'] === domain)
      .map((alert) => ({ identity: `${alert.fingerprint} ${alert.startsAt}`, status: alert.status, atMs: webhook.atMs })),
  );
}

test('a cluster tells each fault, the other member too when one is killed, always with one identity', async () => {
  const stack = await startPathStack(folder, { pair: true });
  const { exposition, receiver } = stack;
  const told = (domain: string, status: string) =>
    waitUntil(`${domain} ${status}`, () => about(receiver, domain).find((one) => one.status === status), { deadlineMs: DEADLINE_MS });
  const kill = async (domain: string) => {
    exposition.series.set(`virtmedic_domain_fault{host="kvm1",domain="${domain}",fault="domain_crashed"}`, 1);
    const sinceMs = performance.now();
    console.log(`${domain}: webhook after ${Math.round((await told(domain, 'firing')).atMs - sinceMs)} ms`);
  };
  try {
    await waitUntil('the heartbeat', () => receiver.webhooks.length > 0, { deadlineMs: DEADLINE_MS });
    await kill('both-up');
    exposition.series.clear();
    await told('both-up', 'resolved');
    await stack.alertmanagers[0]?.kill();
    await kill('one-killed');
    expect(new Set(about(receiver, 'both-up').map((one) => one.identity)).size).toBe(1);
    expect(new Set(about(receiver, 'one-killed').map((one) => one.identity)).size).toBe(1);
    console.log(`both-up: ${about(receiver, 'both-up').map((one) => one.status).join(', ')}`);
  } finally {
    await stack.stop();
  }
});

test('two Alertmanagers that do not know each other tell each alert twice, with one identity', async () => {
  const receiver = await startReceiver();
  const members: Alertmanager[] = [];
  try {
    for (const name of ['a', 'b']) {
      const config = alertmanagerConfig(folder, receiver.port);
      members.push(await startAlertmanager({ folder: join(folder, name), config }));
    }
    const labels = { alertname: 'VirtmedicDomainCrashed', virtmedic_fault: 'domain_crashed', host: 'kvm1', domain: 'twice' };
    const startsAt = new Date().toISOString();
    for (const member of members) await member.postAlerts([{ labels, startsAt }]);
    await waitUntil('two webhooks', () => about(receiver, 'twice').length >= 2, { deadlineMs: DEADLINE_MS });
    expect(new Set(about(receiver, 'twice').map((one) => one.identity)).size).toBe(1);
  } finally {
    for (const member of members) await member.stop();
    await receiver.stop();
  }
});
