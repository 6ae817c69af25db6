import { afterEach, expect, test } from 'vitest';
import { createHarnesses, OWN_UID } from '../exporter/src/guest/helper/testing/harness.ts';
import { createMetrics } from '../exporter/src/web/metrics/index.ts';
import { trainingMetrics } from '../exporter/src/web/metrics/training.ts';
import { createView } from '../exporter/src/perception/view.ts';
import { configSchema } from '../exporter/src/config/schema.ts';
import { forecast } from '../exporter/src/history/contract/fixtures.ts';
import type { DomainRecord } from '../exporter/src/history/store.ts';
import type { GuestStatus } from '../exporter/src/perception/apps/view.ts';
import { sampleApp, sampleGuest, viewOfApps } from '../exporter/src/web/testing/sample-apps.ts';
import { VIRTMEDIC_METRICS } from './metrics.ts';

const harnesses = createHarnesses();
afterEach(() => harnesses.stopAll());

const UUID = '6f6a4b6e-0000-4000-8000-000000000001';

/**
 * An exposition with one host that is not there and one domain at fault, so that every metric that rules may name has a series. Of both something is forecast. A guest
 * helper answers, one guest can be read, with what it has left, and one cannot, and an app hangs.
 */
async function exposition(): Promise<string> {
  const { runFolder } = await harnesses.start();
  const config = configSchema.parse({ guest: { helperFolder: runFolder }, hosts: [{ name: 'kvm1', uri: 'qemu+tcp://127.0.0.1:1/system' }], metrics: { scrapeTimeoutSeconds: 1 } });
  const view = createView();
  view.setHosts(config.hosts);
  view.listed('kvm1', [{ uuid: `${UUID.slice(0, -1)}2`, name: 'web-2', host: 'kvm1', state: 'running', reason: 'booted', sinceMs: 0, persistent: true, autostart: false }], 1);
  const record: DomainRecord = {
    uuid: UUID, name: 'web-1', host: 'kvm1', desired: 'running', desiredSource: 'observed',
    firstSeenMs: 0, lastSeenMs: 0, lastNotification: null, undefinedAtMs: null,
  };
  const recovery = {
    faults: () => [{ uuid: UUID, fault: 'domain_missing' as const }],
    context: { state: { domains: new Map([[UUID, record]]), open: new Map() } },
  };
  const forecasts = {
    view: { domain: () => forecast(0.9), host: () => forecast(0.1) },
    models: () => ({ prior: 1, pooled: 0, own: 0 }),
    observations: () => ({ observed: 1, partial: 0, missing: 0 }),
  };
  const figures = { processes: 1, residentBytes: 4096, cpuNanoseconds: 1e9, cpuTotalNanoseconds: 1e9, backlogs: [{ port: 80, backlog: 5 }] };
  const hung = sampleApp({ verdict: { state: 'faulty', fault: 'app_hung', sinceMs: 1, basis: 'seen', evidence: [], figures } });
  const resources: GuestStatus['resources'] = {
    load: [1, 1, 1],
    memory: { totalBytes: 1, freeBytes: 1, availableBytes: 1, swapTotalBytes: 1, swapFreeBytes: 1 },
    fileSystems: [{ mountpoint: '/', device: '/dev/vda', type: 'ext4', readOnly: false, use: { totalBytes: 1, freeBytes: 1, availableBytes: 1, files: 1, freeFiles: 1 }, unknown: null }],
  };
  const apps = viewOfApps([hung], [sampleGuest({ resources }), sampleGuest({ domain: 'web-2', reading: 'unknown', reason: 'encrypted', processes: null })]);
  const metrics = createMetrics({ version: '0', helper: { ownerUid: OWN_UID } });
  metrics.extend(trainingMetrics);
  try {
    return (await metrics.text({ config, perception: { view }, recovery, forecasts, apps, queueLength: 0 })).toString();
  } finally {
    await metrics.stop();
  }
}

test('every metric that rules may name is written, with exactly the labels that are listed', async () => {
  const lines = (await exposition()).split('\n');
  for (const [metric, labels] of Object.entries(VIRTMEDIC_METRICS)) {
    const line = lines.find((one) => one.startsWith(`${metric}{`) || one.startsWith(`${metric} `));
    const written = [...(line ?? '').matchAll(/[{,](\w+)="/g)].map((match) => match[1]);
    expect([metric, line === undefined ? 'not written' : written.toSorted()]).toEqual([metric, Object.keys(labels).toSorted()]);
  }
});
