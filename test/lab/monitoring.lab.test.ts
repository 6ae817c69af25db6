import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAlertmanager, startAlertmanagerPair } from './alertmanager.ts';
import { freePort } from './free-port.ts';
import { startPrometheus } from './prometheus.ts';
import { identify, isAlive } from './process-info.ts';
import { waitUntil } from './wait-until.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitoring-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NO_RECEIVER = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n';

test('an alert goes from a rule in Prometheus through Alertmanager to a webhook', async () => {
  const bodies: { alerts: { labels: Record<string, string> }[] }[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.end();
    });
  });
  const webhookPort = await freePort();
  await new Promise<void>((resolve) => receiver.listen(webhookPort, '127.0.0.1', resolve));
  const alertmanager = await startAlertmanager({
    folder: join(folder, 'alertmanager'),
    config: `route: { receiver: hook, group_wait: 0s }\nreceivers: [{ name: hook, webhook_configs: [{ url: 'http://127.0.0.1:${webhookPort}/' }] }]\n`,
  });
  const rules = join(folder, 'rules.yml');
  writeFileSync(rules, 'groups: [{ name: g, interval: 1s, rules: [{ alert: Always, expr: vector(7) > 5, labels: { severity: page } }] }]\n');
  const prometheus = await startPrometheus({
    folder: join(folder, 'prometheus'),
    config: `rule_files: ['${rules}']\nalerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:${alertmanager.port}'] }] }] }\n`,
    // The first notification is lost when the rule fires before Prometheus has found its Alertmanager.
    flags: ['--rules.alert.resend-delay=1s'],
  });
  try {
    await waitUntil('the webhook', () => bodies.length > 0, { deadlineMs: 60_000 });
    expect(bodies[0]?.alerts[0]?.labels).toEqual({ alertname: 'Always', severity: 'page' });
    expect((await alertmanager.alerts()).map((alert) => alert.status.state)).toEqual(['active']);
    expect((await prometheus.alerts()).map((alert) => alert.state)).toEqual(['firing']);
    expect(await prometheus.query('ALERTS{alertname="Always"} * 3')).toEqual([
      { labels: { alertname: 'Always', alertstate: 'firing', severity: 'page' }, value: 3 },
    ]);
    const id = await alertmanager.silence({ labels: { alertname: 'Always' } });
    const suppressed = async () => (await alertmanager.alerts())[0]?.status;
    await waitUntil('the silence', async () => (await suppressed())?.silencedBy.includes(id), { deadlineMs: 60_000 });
  } finally {
    await Promise.all([prometheus.stop(), alertmanager.stop(), new Promise((resolve) => receiver.close(resolve))]);
  }
  expect(identify(prometheus.pid)).toBeUndefined();
  expect(identify(alertmanager.pid)).toBeUndefined();
});

test('two Alertmanagers form a cluster: they share silences, not alerts', async () => {
  const [a, b] = await startAlertmanagerPair({ folder, config: NO_RECEIVER });
  const identities = [a, b].map(({ pid }) => identify(pid));
  try {
    const id = await a.silence({ labels: { alertname: 'Shared' } });
    await b.postAlerts([{ labels: { alertname: 'Shared' } }]);
    await waitUntil('the silence at the other member', async () => (await b.alerts())[0]?.status.silencedBy.includes(id), { deadlineMs: 60_000 });
    expect(await a.alerts()).toEqual([]);
  } finally {
    await Promise.all([a.kill(), b.kill()]);
  }
  expect(identities.map((identity) => identity !== undefined && isAlive(identity))).toEqual([false, false]);
});

test('a broken configuration is an error with the words of the service', async () => {
  await expect(startPrometheus({ folder, config: 'scrape_configs: 7\n' })).rejects.toThrow(/cannot unmarshal/);
  await expect(startAlertmanager({ folder, config: 'route: {}\n' })).rejects.toThrow(/receiver/);
});
