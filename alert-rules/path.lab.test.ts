/** The example configurations as they are: from a series to a webhook. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULTS, isAppFault, isForecast } from '../exporter/src/vocabulary.ts';
import type { Fault } from '../exporter/src/vocabulary.ts';
import { waitUntil } from '../test/lab/wait-until.ts';
import { alertmanagerConfig, startPathStack } from './path-stack.ts';
import type { PathStack, SentAlert } from './path-stack.ts';

const DEADLINE_MS = 120_000;
/** What is seen, not forecast: reported and alerted at once. */
const SEEN_FAULTS = FAULTS.filter((fault) => !isForecast(fault));

let folder: string;
let stack: PathStack;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-path-'));
  stack = await startPathStack(folder);
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function sent(name: string, value: string): SentAlert[] {
  return stack.receiver.webhooks.flatMap((webhook) => webhook.body.alerts).filter((alert) => alert.labels[name] === value);
}

function told(name: string, value: string, status: string): Promise<SentAlert> {
  return waitUntil(`a webhook: ${value} ${status}`, () => sent(name, value).findLast((alert) => alert.status === status), { deadlineMs: DEADLINE_MS });
}

/** The series of a fault of a domain, or of the app `shop` in it. */
function seriesOf(domain: string, name: Fault): string {
  return isAppFault(name) ? `virtmedic_app_fault{host="kvm1",domain="${domain}",app="shop",fault="${name}"}` : fault(domain, name);
}

function fault(domain: string, name: string = 'domain_crashed'): string {
  return `virtmedic_domain_fault{host="kvm1",domain="${domain}",fault="${name}"}`;
}

test('the heartbeat comes without any fault, marked as virtmedic\'s own', async () => {
  expect((await told('alertname', 'VirtmedicHeartbeat', 'firing')).labels).toEqual({
    alertname: 'VirtmedicHeartbeat',
    virtmedic_origin: 'virtmedic',
    severity: 'none',
  });
});

test('every fault comes with its target when its series is there, and is resolved when it is gone', async () => {
  const { series } = stack.exposition;
  for (const name of SEEN_FAULTS) {
    series.set(`virtmedic_domain_info{host="kvm1",domain="vm-${name}",uuid="uuid-${name}"}`, 1);
    series.set(seriesOf(`vm-${name}`, name), 1);
  }
  const sinceMs = performance.now();
  for (const name of SEEN_FAULTS) {
    const domain = `vm-${name}`;
    const alert = await told('domain', domain, 'firing');
    expect(alert.labels).toMatchObject({ virtmedic_fault: name, host: 'kvm1', domain, domain_uuid: `uuid-${name}` });
    expect(alert.annotations).toMatchObject({ summary: expect.stringContaining(domain), runbook_url: `runbooks/${alert.labels['alertname']}.md` });
    expect(alert.labels['app']).toBe(isAppFault(name) ? 'shop' : undefined);
    expect(alert.labels).not.toHaveProperty('virtmedic_origin');
    expect(alert.labels).not.toHaveProperty('instance');
  }
  console.log(`all faults told after ${Math.round(performance.now() - sinceMs)} ms`);
  for (const name of SEEN_FAULTS) series.delete(seriesOf(`vm-${name}`, name));
  for (const name of SEEN_FAULTS) {
    const ends = await told('domain', `vm-${name}`, 'resolved');
    expect(ends.fingerprint).toBe(sent('domain', `vm-${name}`)[0]?.fingerprint);
  }
});

test('gone and back within one scrape: the same alert goes on, nothing is told', async () => {
  stack.exposition.series.set(fault('quick'), 1);
  const first = await told('domain', 'quick', 'firing');
  // Nothing can scrape between these two lines.
  stack.exposition.series.delete(fault('quick'));
  stack.exposition.series.set(fault('quick'), 1);
  const scrapes = stack.exposition.scrapes();
  await waitUntil('three more scrapes', () => stack.exposition.scrapes() >= scrapes + 3, { deadlineMs: DEADLINE_MS });
  stack.exposition.series.delete(fault('quick'));
  await told('domain', 'quick', 'resolved');
  expect(sent('domain', 'quick').map((alert) => [alert.status, alert.startsAt])).toEqual([
    ['firing', first.startsAt],
    ['resolved', first.startsAt],
  ]);
});

test('a silenced fault is not told and stands in the API as suppressed', async () => {
  const [alertmanager] = stack.alertmanagers;
  const id = await alertmanager?.silence({ labels: { domain: 'silenced' } });
  stack.exposition.series.set(fault('silenced'), 1);
  const status = async () => (await alertmanager?.alerts())?.find((alert) => alert.labels['domain'] === 'silenced')?.status;
  await waitUntil('the silenced alert in the API', async () => (await status())?.state === 'suppressed', { deadlineMs: DEADLINE_MS });
  expect((await status())?.silencedBy).toEqual([id]);
  stack.exposition.series.set(fault('witness'), 1);
  await told('domain', 'witness', 'firing');
  expect(sent('domain', 'silenced')).toEqual([]);
  stack.exposition.series.clear();
});

test('a catch-all route brings what is about virtmedic itself too, and none of it looks like a fault', async () => {
  const { exposition, receiver, alertmanagers } = stack;
  const root = { receiver: 'virtmedic', group_wait: '0s', group_interval: '1s' };
  await alertmanagers[0]?.reload(alertmanagerConfig(folder, receiver.port, { root }));
  exposition.series.set('virtmedic_incidents{fault="domain_crashed",state="escalated"}', 1);
  exposition.series.set('virtmedic_config_last_reload_successful', 0);
  await told('alertname', 'VirtmedicIncidentEscalated', 'firing');
  await told('alertname', 'VirtmedicConfigReloadFailed', 'firing');
  const own = sent('virtmedic_origin', 'virtmedic');
  expect(own.filter((alert) => 'virtmedic_fault' in alert.labels)).toEqual([]);
  const faults = receiver.webhooks.flatMap((webhook) => webhook.body.alerts).filter((alert) => 'virtmedic_fault' in alert.labels);
  expect(faults.filter((alert) => 'virtmedic_origin' in alert.labels)).toEqual([]);
});
