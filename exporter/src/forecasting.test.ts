import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from './config/schema.ts';
import type { Config } from './config/schema.ts';
import { createFakeClock } from './events/fake-clock.ts';
import type { FakeClock } from './events/fake-clock.ts';
import { startForecasting } from './forecasting.ts';
import type { Forecasting } from './forecasting.ts';
import type { ForecastChangeEvent } from './perception/events.ts';
import type { DomainReading } from './prediction/observation/reading.ts';
import { simulatedReadings } from './prediction/testing/simulated-readings.ts';

let folder = '';
let clock: FakeClock;
let config: Config;
let forecasting: Forecasting | null = null;
let events: ForecastChangeEvent[] = [];
const UUID = '11111111-2222-4333-8444-555555555555';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forecasting-'));
  clock = createFakeClock();
  config = configOf({});
  events = [];
});
afterEach(async () => {
  await forecasting?.stop();
  forecasting = null;
  await rm(folder, { recursive: true });
});

function configOf(prediction: object): Config {
  const alarm = { raiseAbove: 0.5, clearBelow: 0.4, raiseForSeconds: 30, clearForSeconds: 30 };
  return configSchema.parse({ hosts: [{ name: 'h1', uri: 'test:///h1' }], store: { path: join(folder, 'v.db') }, sampling: { intervalSeconds: 5 }, prediction: { alarm, ...prediction } });
}

async function start(): Promise<Forecasting> {
  const silent = (): undefined => undefined;
  return (forecasting = await startForecasting({
    config: () => config,
    clock,
    ownOperation: () => false,
    onChange: (event) => events.push(event),
    labelsOf: () => Promise.resolve({ failures: [], censored: [] }),
    metrics: { modelTrained: silent, trainingEnded: silent },
    log: { info: silent, warn: silent, error: silent },
  }));
}

async function play({ sampling }: Forecasting, readings: readonly DomainReading[]): Promise<void> {
  for (const reading of readings) {
    await clock.advance(5000);
    sampling.onSample({ host: 'h1', reading: null, domains: new Map([[UUID, reading]]) });
  }
}

const files = async (name: string): Promise<string[]> => readdir(join(folder, 'prediction', name)).catch(() => []);

describe('prediction in the daemon', () => {
  it('tells when a domain begins to fail, after the view says so', async () => {
    const started = await start();
    await play(started, simulatedReadings({ ticks: 900, leakFromTick: 700 }));
    expect(events).toMatchObject([{ kind: 'forecast_change', target: { kind: 'domain', uuid: UUID }, failing: true }]);
    expect(started.view.domain(UUID)?.failing).toBe(true);
  });

  it('keeps habits and observations', async () => {
    const started = await start();
    await play(started, simulatedReadings({ ticks: 150 }));
    await started.stop();
    expect(await files('habits')).toHaveLength(1);
    expect(await files('observations')).toEqual([expect.stringContaining(UUID)]);
    const again = await start();
    await play(again, simulatedReadings({ ticks: 3 }));
    expect(again.view.domain(UUID)?.coldStart).toBe(false);
  });

  it('follows its configuration: off, on, another tick', async () => {
    config = configOf({ enabled: false });
    const started = await start();
    expect([started.sampling.isWanted(), await files('.')]).toEqual([false, []]);
    await play(started, simulatedReadings({ ticks: 3 }));
    expect(started.view.domain(UUID)).toBeNull();
    config = configOf({ horizonSeconds: [90] });
    started.configChanged();
    expect(started.sampling.isWanted()).toBe(true);
    await play(started, simulatedReadings({ ticks: 3 }));
    expect(started.view.domain(UUID)?.failureProbability).toMatchObject([{ horizonSeconds: 90 }]);
    await started.stop();
    expect((await files('.')).sort()).toEqual(['habits', 'models', 'observations']);
  });

  it('forgets a domain and what was learnt of it', async () => {
    const started = await start();
    await play(started, simulatedReadings({ ticks: 20 }));
    started.forget(UUID);
    expect(started.view.domain(UUID)).toBeNull();
    await started.stop();
    expect([await files('habits'), await files('observations')]).toEqual([[], []]);
  });
});
