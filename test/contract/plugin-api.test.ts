/**
 * Holds what the Grafana plugin believes of the API against the daemon: its types by the compiler, and its reading of answers by
 * answers of the running server.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type * as plugin from '../../grafana-plugin/src/api/types.ts';
import type * as store from '../../exporter/src/history/store.ts';
import { emptyRecord, sampleAttempt, sampleIncident, UUID } from '../../exporter/src/web/testing/fakes.ts';
import type { Recorded } from '../../exporter/src/web/testing/fakes.ts';
import type { Changes } from '../../exporter/src/web/changes.ts';
import type { ActionResult, Control } from '../../exporter/src/web/control.ts';
import type { Settings } from '../../exporter/src/web/settings.ts';
import type { DomainSummary, HostSummary } from '../../exporter/src/web/inventory.ts';
import type { TargetForecast } from '../../exporter/src/prediction/forecast-view.ts';
import type { AttemptSummary, RecoveryItem, ShownDetail, ShownIncident, Timings } from '../../exporter/src/web/recovery-item.ts';
import type { maintenanceResult, orderResult, pauseResult, problem, settingsResult } from '../../exporter/src/web/openapi/answers.ts';
import { call, start, stopAll } from '../../exporter/src/web/testing/test-client.ts';
import { ACTIONS, INCIDENT_FAULTS, OUTCOMES } from '../../exporter/src/vocabulary.ts';
import type { Outcome, Target } from '../../exporter/src/vocabulary.ts';
import type { z } from 'zod';

/** Does not compile where `Answered` lacks something that `Expected` has, or has it otherwise. */
type Fits<Answered extends Expected, Expected> = Answered;
/** Does not compile unless both are the same. */
type Same<Left extends Right, Right extends Other, Other = Left> = [Left, Right, Other];

/** Each line is a test. */
export type Agreed = [
  Same<Outcome, plugin.Outcome>,
  Same<ShownIncident['state'], plugin.RecoveryState>,
  Same<Target, plugin.Target>,
  Fits<Timings, plugin.Timings>,
  Fits<plugin.Timings, Timings>,
  Fits<AttemptSummary, plugin.AttemptSummary>,
  Fits<RecoveryItem, plugin.Recovery>,
  Fits<store.Page<RecoveryItem>, plugin.Page<plugin.Recovery>>,
  Fits<ShownDetail, plugin.RecoveryDetail>,
  Fits<TargetForecast, plugin.Forecast>,
  Fits<HostSummary, plugin.Host>,
  Fits<DomainSummary, plugin.Domain>,
  Fits<store.MaintenanceRecord, plugin.Maintenance>,
  Fits<{ paused: ReturnType<Control['paused']> }, plugin.PauseState>,
  Fits<Settings, plugin.Settings>,
  Fits<Changes, plugin.Changes>,
  Fits<ActionResult, plugin.OrderResult>,
  Fits<z.infer<typeof orderResult>, plugin.OrderResult>,
  Fits<z.infer<typeof maintenanceResult>, plugin.OrderResult & plugin.Maintenance>,
  Fits<z.infer<typeof pauseResult>, plugin.OrderResult & plugin.PauseState>,
  Fits<z.infer<typeof settingsResult>, plugin.OrderResult & plugin.Settings>,
  Fits<z.infer<typeof problem>, plugin.ProblemDetails>,
];

type Parse = (answer: unknown) => Record<string, unknown>;

/** The plugin is compiled by its own rules, so only its running code is taken. */
async function parsers(path: string): Promise<Record<string, Parse>> {
  return (await import(new URL(`../../grafana-plugin/src/${path}`, import.meta.url).href)) as Record<string, Parse>;
}

/** `learning`: what may be null is, and what may be empty isn't. */
function forecast(learning: boolean): TargetForecast {
  return {
    atMs: 999_000,
    failureProbability: [{ horizonSeconds: 60, probability: 0.25 }, { horizonSeconds: 300, probability: 1 }],
    health: { normal: 0.75, abnormal: 0.25, failed: 0 },
    load: { low: 0, medium: 0, high: 1 },
    coldStart: learning,
    missing: learning ? [{ signal: 'cpuRatio', why: 'learning' }, { signal: null, why: 'first-reading' }] : [],
    failing: !learning,
    failingSinceMs: learning ? null : 990_000,
    model: learning ? { source: 'prior', trainedAtMs: null } : { source: 'own', trainedAtMs: 1 },
  };
}

/** Every member that may be null is null in one place and isn't in another. */
function everything(): Recorded {
  const recorded = emptyRecord();
  recorded.incidents = [
    sampleIncident({ releasedAtMs: null, releasedBy: null, hold: { reason: 'pause', why: 'storage', retryAtMs: 1_009_000 }, acknowledgedBy: 'ann', acknowledgedAtMs: 1_003_000 }),
    sampleIncident({ id: 'of-a-host', target: { kind: 'host', host: 'h2' }, targetKey: 'host/h2', fromHost: 'h2', state: 'verifying', forecast: forecast(true), hold: { reason: 'cooldown', why: 'soon', retryAtMs: null } }),
  ];
  recorded.closed = [
    sampleIncident({ id: 'closed', closedAtMs: 1_020_000, outcome: 'recovered', outcomeText: 'running again', forecast: forecast(false), target: { kind: 'domain', uuid: UUID, name: 'web-1', host: 'h2' } }),
    sampleIncident({ id: 'suppressed', closedAtMs: 1_020_000, outcome: 'suppressed', outcomeReason: 'operator', outcomeText: null, alerts: [] }),
  ];
  recorded.attempts = [
    ...['closed', sampleIncident().id].map((incidentId) => sampleAttempt({ incidentId })),
    sampleAttempt({ id: 'a2', incidentId: 'closed', ordinal: 2, action: 'restart', state: 'executing', executingAtMs: null, verifyingAtMs: null, endedAtMs: null, result: null, error: 'no answer' }),
  ];
  recorded.steps = [
    { attemptId: 'a1', ordinal: 1, name: 'create', state: 'succeeded', startedAtMs: 1_002_100, endedAtMs: 1_002_900, detail: 'ok' },
    { attemptId: 'a1', ordinal: 2, name: 'verify running', state: 'started', startedAtMs: 1_002_900, endedAtMs: null, detail: null },
  ];
  recorded.decisions = [{ incidentId: 'closed', atMs: 1_002_000, kind: 'act', reason: 'start', why: 'first rung' }];
  recorded.hosts = [
    { name: 'h1', uri: 'test:///h1', state: 'up', heardAtMs: 5, error: null, listings: 1 },
    { name: 'h2', uri: 'test:///h2', state: 'unreachable', heardAtMs: null, error: 'refused', listings: 0 },
  ];
  recorded.sightings = [
    { uuid: UUID, name: 'web-1', host: 'h1', state: 'running', reason: 'booted', sinceMs: 1, persistent: true, autostart: false },
    { uuid: 'u2', name: 'db-1', host: 'h1', state: 'shutoff', reason: 'shutdown', sinceMs: 2, persistent: true, autostart: false },
  ];
  recorded.forecasts.set(UUID, forecast(false)).set('h1', forecast(true));
  recorded.domains = [{ uuid: UUID, name: 'web-1', host: 'h1', desired: 'running', desiredSource: 'observed', firstSeenMs: 1, lastSeenMs: 2, lastNotification: null, undefinedAtMs: null }];
  recorded.maintenance = [
    { id: 'm1', scope: { kind: 'host', host: 'h1' }, fromMs: 1, untilMs: 2, reason: 'disk', createdBy: 'ann' },
    { id: 'm2', scope: { kind: 'domain', uuid: UUID }, fromMs: 1, untilMs: 2, reason: 'disk', createdBy: 'ann' },
    { id: 'm3', scope: { kind: 'all' }, fromMs: 1, untilMs: 2, reason: 'disk', createdBy: 'ann' },
  ];
  return recorded;
}

afterEach(stopAll);

describe('the plugin reads without loss', () => {
  const api = parsers('api/parse.ts');

  /** What was read is in the answer as it is; nothing was left out, and nothing made up. */
  const expectRead = (answer: Record<string, unknown>, read: Record<string, unknown>): void => {
    const { skipped = 0, ...rest } = read;
    expect(skipped).toBe(0);
    expect(answer).toMatchObject(rest);
    const [items, known] = [answer.items, rest.items] as (unknown[] | undefined)[];
    expect(known?.length).toBe(items?.length);
    // What is there is not read as nothing.
    const forecasts = ({ forecast: own, items: of = [] }: Record<string, unknown>): unknown[] => [own ?? null, ...(of as Record<string, unknown>[]).map(({ forecast: one }) => one ?? null)];
    expect(forecasts(read)).toEqual(forecasts(answer));
  };

  it.each([
    ['recoveries', 'parseRecoveries', 4],
    ['incidents', 'parseIncidents', 2],
    ['hosts', 'parseHosts', 2],
    ['domains', 'parseDomains', 2],
  ])('%s', async (path, parser, count) => {
    const { webUrl } = await start(everything());
    const { body } = await call(`${webUrl}/api/v1/${path}`);
    expect(body.items).toHaveLength(count);
    expectRead(body, (await api)[parser]?.(body) ?? {});
  });

  it('one recovery', async () => {
    const { webUrl } = await start(everything());
    for (const id of ['closed', 'of-a-host']) {
      const { body } = await call(`${webUrl}/api/v1/recoveries/${id}`);
      const read = (await api).parseRecoveryDetail?.(body) ?? {};
      expectRead(body, read);
      expect([read.attempts, read.steps, read.decisions].map((list) => (list as unknown[]).length)).toEqual([3, 2, 1]);
    }
  });

  it('changes', async () => {
    const { webUrl, changes } = await start(everything());
    const first = await call(`${webUrl}/api/v1/events`);
    for (const id of ['closed', 'of-a-host']) changes.changed(id);
    const { body } = await call(`${webUrl}/api/v1/events?cursor=${String(first.body.nextCursor)}`);
    expect(body.items).toHaveLength(2);
    expectRead(body, (await api).parseChanges?.(body) ?? {});
    const reset = await call(`${webUrl}/api/v1/events?cursor=other`);
    expectRead(reset.body, (await api).parseChanges?.(reset.body) ?? {});
  });

  it('problems, and the version', async () => {
    const { webUrl } = await start(everything());
    const { body } = await call(`${webUrl}/api/v1/recoveries?limit=0`);
    expectRead(body, (await api).parseProblem?.(body) ?? { missing: true });
    const { body: document } = await call(`${webUrl}/api/v1/openapi.json`);
    expect((await api).parseVersion?.(document)).toBe((document.info as { version: string }).version);
  });
});

describe('the control pages read without loss', () => {
  const control = parsers('control/parse.ts');

  it('maintenance, pause and settings', async () => {
    const recorded = everything();
    const { controlUrl } = await start(recorded);
    const get = async (path: string): Promise<Record<string, unknown>> => (await call(`${controlUrl}/api/v1/${path}`)).body;
    const maintenance = await get('maintenance');
    expect((await control).parseMaintenance?.(maintenance)).toEqual(maintenance.items);
    const settings = await get('settings');
    expect((await control).parseSettings?.(settings)).toEqual(settings);
    for (const paused of [null, { by: 'ann', reason: 'storage', atMs: 5 }]) {
      recorded.paused = paused;
      const answer = await get('pause');
      expect([(await control).parsePause?.(answer), answer]).toEqual([{ paused }, { paused }]);
    }
  });

  it.each([
    ['actions', { domain: UUID, action: 'start' }],
    ['maintenance', { host: 'h1', reason: 'x', durationSeconds: 60 }],
    ['pause', { paused: true, reason: 'x' }],
    ['settings', { samplingIntervalSeconds: 5 }],
  ])('the answer to an order: %s', async (path, order) => {
    const { controlUrl } = await start(everything());
    for (const dryRun of [true, false]) {
      const { body } = await call(`${controlUrl}/api/v1/${path}`, 'POST', { ...order, dryRun });
      const read = (await control).parseOrder?.(body);
      expect(read).toEqual({ accepted: true, dryRun, explanation: body.explanation, incidentId: null });
      expect(String(body.explanation)).not.toBe('');
    }
  });
});

it('the plugin knows the faults, outcomes and actions that there are, in their order', async () => {
  const words: unknown = await import(new URL('../../grafana-plugin/src/api/vocabulary.ts', import.meta.url).href);
  expect(words).toMatchObject({ FAULTS: INCIDENT_FAULTS, OUTCOMES, ACTIONS });
});
