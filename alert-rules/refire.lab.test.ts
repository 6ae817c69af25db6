/** Which changes of an alert make Alertmanager send a webhook and which do not, with the example's route but shorter times. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startAlertmanager } from '../test/lab/alertmanager.ts';
import type { Alertmanager, NewAlert } from '../test/lab/alertmanager.ts';
import { waitUntil } from '../test/lab/wait-until.ts';
import { TOKEN, alertmanagerConfig, startReceiver } from './path-stack.ts';
import type { Receiver } from './path-stack.ts';

const DEADLINE_MS = 120_000;
const LIFETIME_MS = 240_000;

let folder: string;
let receiver: Receiver;
let alertmanager: Alertmanager;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-refire-'));
  receiver = await startReceiver();
  const config = alertmanagerConfig(folder, receiver.port, { faults: { group_interval: '1s', repeat_interval: '20s' } });
  alertmanager = await startAlertmanager({ folder: join(folder, 'a'), config });
});
afterAll(async () => {
  await alertmanager?.stop();
  await receiver?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => receiver.answer(200));

function labels(domain: string): Record<string, string> {
  return { alertname: 'VirtmedicDomainCrashed', virtmedic_fault: 'domain_crashed', host: 'kvm1', domain };
}

/** As Prometheus sends it: it ends later unless it is sent again. */
function firing(domain: string, startsAt: Date): NewAlert {
  return { labels: labels(domain), startsAt: startsAt.toISOString(), endsAt: new Date(Date.now() + LIFETIME_MS).toISOString() };
}

function resolved(domain: string, startsAt: Date): NewAlert {
  return { labels: labels(domain), startsAt: startsAt.toISOString(), endsAt: new Date().toISOString() };
}

/** `firing 2026-…` for each webhook about the domain, in order of arrival. */
function sent(domain: string): string[] {
  return receiver.webhooks
    .flatMap((webhook) => webhook.body.alerts)
    .filter((alert) => alert.labels['domain'] === domain)
    .map((alert) => `${alert.status} ${new Date(alert.startsAt).toISOString()}`);
}

function delivered(domain: string, status: 'firing' | 'resolved', startsAt: Date): Promise<true> {
  const wanted = `${status} ${startsAt.toISOString()}`;
  return waitUntil(`a webhook: ${domain} ${wanted}`, () => sent(domain).includes(wanted), { deadlineMs: DEADLINE_MS });
}

async function fire(domain: string): Promise<Date> {
  const startsAt = new Date();
  await alertmanager.postAlerts([firing(domain, startsAt)]);
  return startsAt;
}

/** The quickest way that a second firing can be told: the end is told first. */
async function fireTellFireAgain(domain: string): Promise<void> {
  const first = await fire(domain);
  await delivered(domain, 'firing', first);
  await alertmanager.postAlerts([resolved(domain, first)]);
  await delivered(domain, 'resolved', first);
  await delivered(domain, 'firing', await fire(domain));
}

test('firing, resolved and firing again are each told, with the token', async () => {
  await fireTellFireAgain('told');
  expect(sent('told').map((text) => text.split(' ')[0])).toEqual(['firing', 'resolved', 'firing']);
  expect(new Set(receiver.webhooks.map((webhook) => webhook.authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
});

test('resolved and fired again between two flushes: told only when repeat_interval is over, but in the API at once', async () => {
  const first = await fire('unseen');
  await delivered('unseen', 'firing', first);
  const second = new Date();
  await alertmanager.postAlerts([resolved('unseen', first), firing('unseen', second)]);
  const inApi = (await alertmanager.alerts()).find((alert) => alert.labels['domain'] === 'unseen');
  expect(inApi?.status.state).toBe('active');
  expect(new Date(inApi?.startsAt ?? 0).toISOString()).toBe(second.toISOString());
  await fireTellFireAgain('unseen-witness');
  expect(sent('unseen')).toEqual([`firing ${first.toISOString()}`]);
  await delivered('unseen', 'firing', second);
  expect(sent('unseen')).toHaveLength(2);
});

test('a new start while the old alert has not ended keeps the old start: a restart of Prometheus is no new alert', async () => {
  const first = await fire('merged');
  await delivered('merged', 'firing', first);
  await alertmanager.postAlerts([firing('merged', new Date(first.getTime() + 1))]);
  const inApi = (await alertmanager.alerts()).find((alert) => alert.labels['domain'] === 'merged');
  expect(new Date(inApi?.startsAt ?? 0).toISOString()).toBe(first.toISOString());
});

test('a silenced alert is not told, but is in the API with its silence; it is told when the silence ends', async () => {
  const id = await alertmanager.silence({ labels: labels('silenced') });
  const startsAt = await fire('silenced');
  await fireTellFireAgain('silenced-witness');
  expect(sent('silenced')).toEqual([]);
  const inApi = (await alertmanager.alerts()).find((alert) => alert.labels['domain'] === 'silenced');
  expect(inApi?.status).toMatchObject({ state: 'suppressed', silencedBy: [id] });
  await alertmanager.expireSilence(id);
  await delivered('silenced', 'firing', startsAt);
});

test('resolved under a silence is never told, and the next firing only when repeat_interval is over', async () => {
  const first = await fire('hidden');
  await delivered('hidden', 'firing', first);
  const id = await alertmanager.silence({ labels: labels('hidden') });
  await alertmanager.postAlerts([resolved('hidden', first)]);
  await fireTellFireAgain('hidden-witness-1');
  await alertmanager.expireSilence(id);
  const second = await fire('hidden');
  await fireTellFireAgain('hidden-witness-2');
  expect(sent('hidden')).toEqual([`firing ${first.toISOString()}`]);
  await delivered('hidden', 'firing', second);
});

test.each([503, 401])('a webhook answered with %i comes again, with the same identity', async (status) => {
  receiver.answer(status);
  const domain = `refused-${status}`;
  const startsAt = await fire(domain);
  await waitUntil('a second try', () => sent(domain).length >= 2, { deadlineMs: DEADLINE_MS });
  receiver.answer(200);
  const tries = sent(domain).length;
  await waitUntil('one more try', () => sent(domain).length > tries, { deadlineMs: DEADLINE_MS });
  expect(new Set(sent(domain))).toEqual(new Set([`firing ${startsAt.toISOString()}`]));
});
