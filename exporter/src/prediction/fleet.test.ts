import { describe, expect, it } from 'vitest';
import { createFleet, domainKey } from './fleet.ts';
import type { FailingChange, Fleet, FleetOptions, FleetSettings, ObservedTick, TrainedModel } from './fleet.ts';
import { MISSING } from './hmm/model.ts';
import { hostileReading } from './observation/simulated-domain.ts';
import type { HostReading } from './observation/host-reading.ts';
import type { DomainReading } from './observation/reading.ts';
import { structuredModel } from './prior.ts';
import { simulatedHostReadings } from './testing/simulated-host.ts';
import { simulatedReadings } from './testing/simulated-readings.ts';
import type { Simulated } from './testing/simulated-readings.ts';

const SETTINGS: FleetSettings = { enabled: true, tickSeconds: 5, horizonSeconds: [60, 300], form: 'filter', alarm: { raiseAbove: 0.5, clearBelow: 0.4, raiseForSeconds: 30, clearForSeconds: 30 } };
const START_MS = 1_700_000_000_000;

interface Setting {
  fleet: Fleet;
  ticks: ObservedTick[];
  changes: FailingChange[];
  warnings: string[];
  /** One tick of one host, some seconds after the one before. */
  tick(readings: Record<string, DomainReading | null> | null, host?: string, seconds?: number): void;
  wait(seconds: number): void;
  nowMs(): number;
}

function fleetOf(more: Partial<FleetOptions> = {}): Setting {
  let monotonicMs = 0;
  const ticks: ObservedTick[] = [];
  const changes: FailingChange[] = [];
  const warnings: string[] = [];
  const fleet = createFleet({
    clock: { nowMs: () => START_MS + monotonicMs, monotonicMs: () => monotonicMs },
    settings: SETTINGS,
    hosts: ['h1', 'h2'],
    models: { own: () => null, pooled: () => null },
    ownOperation: () => false,
    onObservation: (tick) => ticks.push(tick),
    onFailingChange: (change) => changes.push(change),
    onWarning: (text) => warnings.push(text),
    ...more,
  });
  return {
    fleet, ticks, changes, warnings,
    tick(readings, host = 'h1', seconds = 5) {
      monotonicMs += seconds * 1000;
      fleet.take({ host, reading: null, domains: readings && new Map(Object.entries(readings)) });
    },
    wait: (seconds) => void (monotonicMs += seconds * 1000),
    nowMs: () => START_MS + monotonicMs,
  };
}

const life = (more: Partial<Simulated> = {}): DomainReading[] => simulatedReadings({ ticks: 300, startMs: START_MS, ...more });

function play({ tick }: Setting, readings: readonly DomainReading[], host = 'h1'): void {
  for (const reading of readings) tick({ a: reading }, host);
}

describe('a fleet', () => {
  it('forecasts a healthy domain low, and says that it still learns', () => {
    const setting = fleetOf();
    play(setting, life().slice(0, 60));
    expect(setting.fleet.view.domain('a')).toMatchObject({ coldStart: true, failing: false, failingSinceMs: null, model: { source: 'prior', trainedAtMs: null } });
    play(setting, life().slice(60));
    const forecast = setting.fleet.view.domain('a')!;
    expect(forecast).toMatchObject({ coldStart: false, failing: false, missing: [] });
    expect(forecast.failureProbability.map(({ horizonSeconds }) => horizonSeconds)).toEqual([60, 300]);
    for (const { probability } of forecast.failureProbability) expect(probability).toBeLessThan(0.1);
    expect(forecast.health.normal + forecast.health.abnormal + forecast.health.failed).toBeCloseTo(1, 9);
    expect(forecast.load.low + forecast.load.medium + forecast.load.high).toBeCloseTo(1, 9);
    expect(setting.changes).toEqual([]);
  });

  it('takes a leaking domain for failing after a while, and a new life of it for healthy', () => {
    const setting = fleetOf();
    const readings = life({ ticks: 900, leakFromTick: 700 });
    play(setting, readings);
    expect(setting.changes).toMatchObject([{ target: { kind: 'domain', uuid: 'a' }, failing: true }]);
    const forecast = setting.fleet.view.domain('a')!;
    expect(forecast.failing).toBe(true);
    expect(forecast.failingSinceMs).toBe(readings.findIndex((reading) => reading.atMs === forecast.failingSinceMs) * 5000 + START_MS);
    play(setting, life({ ticks: 2, startMs: readings.at(-1)!.atMs + 5000 }));
    expect(setting.changes.map(({ failing }) => failing)).toEqual([true, false]);
    expect(setting.fleet.view.domain('a')).toMatchObject({ failing: false, failingSinceMs: null });
    expect(setting.ticks.at(-2)).toMatchObject({ interruption: 'restart', code: MISSING });
  });

  it('has no forecast of a domain that does not run, and one again when it was started', () => {
    const setting = fleetOf();
    const readings = life({ ticks: 900, leakFromTick: 700 });
    play(setting, readings);
    const off = { ...readings.at(-1)!, running: false, cpuNanoseconds: null };
    const told = setting.ticks.length;
    play(setting, [off, off, off]);
    expect([setting.fleet.view.domain('a'), setting.ticks.length]).toEqual([null, told]);
    expect(setting.changes.map(({ failing }) => failing)).toEqual([true, false]);
    play(setting, life({ ticks: 40, startMs: readings.at(-1)!.atMs + 60_000 }));
    expect(setting.fleet.view.domain('a')).toMatchObject({ coldStart: false, failing: false });
    expect(setting.ticks[told]).toMatchObject({ interruption: 'restart' });
  });

  it('never makes a target of a domain that was not seen running', () => {
    const setting = fleetOf();
    play(setting, life({ ticks: 3 }).map((reading) => ({ ...reading, running: false })));
    expect([setting.fleet.view.domain('a'), setting.ticks.length]).toEqual([null, 0]);
  });

  it('follows a domain that migrates: where it runs counts', () => {
    const setting = fleetOf();
    const readings = life({ ticks: 200 });
    const paused = { ...readings[0]!, running: false };
    for (const reading of readings) {
      setting.tick({ a: reading });
      setting.tick({ a: { ...paused, atMs: reading.atMs } }, 'h2', 0);
    }
    expect([setting.fleet.view.domain('a')?.coldStart, setting.ticks.at(-1)?.host]).toEqual([false, 'h1']);
    const arrived = life({ ticks: 5, startMs: readings.at(-1)!.atMs + 5000 });
    for (const reading of arrived) {
      setting.tick({ a: { ...readings.at(-1)!, running: false, atMs: reading.atMs } });
      setting.tick({ a: reading }, 'h2', 0);
    }
    expect(setting.ticks.slice(-5).map(({ host, interruption }) => [host, interruption])).toEqual([['h2', 'restart'], ...Array<unknown>(4).fill(['h2', null])]);
    // The source forgets it: that says nothing of it.
    setting.tick({}, 'h1', 0);
    expect(setting.fleet.view.domain('a')).not.toBeNull();
  });

  it('does not go to and fro with a domain that runs on two hosts', () => {
    const setting = fleetOf();
    for (const reading of life({ ticks: 50 })) {
      setting.tick({ a: reading });
      setting.tick({ a: { ...reading, cpuNanoseconds: 5 } }, 'h2', 0);
    }
    expect(new Set(setting.ticks.map(({ host }) => host))).toEqual(new Set(['h1']));
    // Its host is silent for longer than a tick can be late.
    setting.tick({ a: life({ ticks: 60 }).at(-1)! }, 'h2', 10);
    expect(setting.ticks.at(-1)?.host).toBe('h2');
  });

  it('ends the forecasts of a host that does not answer, and of what it knows no more', () => {
    const setting = fleetOf();
    const readings = life({ ticks: 900, leakFromTick: 700 });
    play(setting, readings);
    setting.tick(null);
    expect(setting.fleet.view.domain('a')?.failing).toBe(true);
    for (let n = 0; n < 4; n++) setting.tick(null);
    expect([setting.fleet.view.domain('a'), setting.changes.map(({ failing }) => failing)]).toEqual([null, [true, false]]);
    const later = { ...readings.at(-1)!, atMs: setting.nowMs() };
    setting.tick({ a: later });
    expect(setting.fleet.view.domain('a')).not.toBeNull();
    setting.tick({});
    expect(setting.fleet.view.domain('a')).toBeNull();
  });

  it('waits a little for a domain that its host does not tell of', () => {
    const setting = fleetOf();
    play(setting, life());
    for (let n = 0; n < 3; n++) setting.tick({ a: null });
    expect(setting.fleet.view.domain('a')).not.toBeNull();
    setting.tick({ a: null, b: null });
    expect([setting.fleet.view.domain('a'), setting.fleet.view.domain('b')]).toEqual([null, null]);
  });

  it('shows no forecast of another time although nobody says that anything ended', () => {
    const setting = fleetOf();
    play(setting, life());
    setting.wait(17);
    expect([setting.fleet.view.domain('a') === null, setting.fleet.models()]).toEqual([false, { prior: 1, pooled: 0, own: 0 }]);
    setting.wait(1);
    expect([setting.fleet.view.domain('a'), setting.fleet.models()]).toEqual([null, { prior: 0, pooled: 0, own: 0 }]);
  });

  it('counts and keeps ticks of our own operations as missing', () => {
    const asked: unknown[] = [];
    let operating = false;
    const setting = fleetOf({ ownOperation: (...question) => asked.push(question) > 0 && operating });
    const readings = life({ ticks: 203 });
    play(setting, readings.slice(0, 200));
    const { missing } = setting.fleet.observations();
    operating = true;
    play(setting, readings.slice(200, 202));
    expect(asked.at(-1)).toEqual([{ uuid: 'a', host: 'h1' }, readings[200]!.atMs, readings[201]!.atMs]);
    expect(setting.ticks.slice(-2)).toMatchObject([{ code: MISSING, ownOperation: true, interruption: null }, { code: MISSING, ownOperation: true }]);
    expect(setting.fleet.view.domain('a')?.missing).toEqual([{ signal: null, why: 'own-operation' }]);
    expect(setting.fleet.observations().missing).toBe(missing + 2);
  });

  it('counts what it observed', () => {
    const setting = fleetOf();
    play(setting, life());
    const { observed, partial, missing } = setting.fleet.observations();
    expect(observed + partial + missing).toBe(300);
    expect(observed).toBeGreaterThan(150);
    expect(setting.ticks).toHaveLength(300);
    expect(setting.ticks.every(({ key, tickSeconds }) => key === domainKey('a') && tickSeconds === 5)).toBe(true);
  });
});

describe('models', () => {
  it('can be replaced while the fleet runs', () => {
    const pooled: { model: TrainedModel | null } = { model: null };
    const setting = fleetOf({ models: { own: () => null, pooled: (kind) => (kind === 'domain' ? pooled.model : null) } });
    const readings = life({ ticks: 302 });
    play(setting, readings.slice(0, 300));
    pooled.model = { model: structuredModel(5), trainedAtMs: 99, tickSeconds: 5 };
    setting.fleet.modelsChanged();
    play(setting, readings.slice(300, 301));
    expect([setting.fleet.view.domain('a')?.model, setting.fleet.models()]).toEqual([{ source: 'pooled', trainedAtMs: 99 }, { prior: 0, pooled: 1, own: 0 }]);
    // At another tick length it is not used, and that is said.
    setting.fleet.reconfigure({ ...SETTINGS, tickSeconds: 15 }, ['h1', 'h2']);
    setting.tick({ a: { ...readings[301]!, atMs: readings[301]!.atMs + 10_000 } }, 'h1', 15);
    expect(setting.fleet.view.domain('a')?.model.source).toBe('prior');
    expect(setting.warnings).toHaveLength(1);
  });
});

describe('settings', () => {
  it('change the length of a tick and the horizons; what was learnt stays', () => {
    const setting = fleetOf();
    play(setting, life({ ticks: 300 }));
    setting.fleet.reconfigure({ ...SETTINGS, tickSeconds: 15, horizonSeconds: [120] }, ['h1', 'h2']);
    expect(setting.fleet.view.domain('a')?.failureProbability).toHaveLength(2);
    const slower = life({ ticks: 960 }).filter((_, n) => n >= 300 && n % 3 === 0);
    for (const reading of slower) setting.tick({ a: reading }, 'h1', 15);
    const forecast = setting.fleet.view.domain('a')!;
    expect(forecast).toMatchObject({ coldStart: false, failing: false, missing: [] });
    expect(forecast.failureProbability).toMatchObject([{ horizonSeconds: 120 }]);
    expect(setting.ticks.at(-1)).toMatchObject({ tickSeconds: 15, interruption: null });
  });

  it('switch everything off and on', () => {
    const setting = fleetOf();
    const readings = life({ ticks: 960, leakFromTick: 700 });
    play(setting, readings.slice(0, 900));
    setting.fleet.reconfigure({ ...SETTINGS, enabled: false }, ['h1', 'h2']);
    expect([setting.fleet.view.domain('a'), setting.changes.map(({ failing }) => failing)]).toEqual([null, [true, false]]);
    play(setting, readings.slice(900, 930));
    expect(setting.fleet.view.domain('a')).toBeNull();
    setting.fleet.reconfigure(SETTINGS, ['h1', 'h2']);
    play(setting, readings.slice(930));
    expect(setting.fleet.view.domain('a')?.coldStart).toBe(false);
  });

  it('take hosts away and bring them back', () => {
    const setting = fleetOf();
    play(setting, life());
    setting.fleet.reconfigure(SETTINGS, ['h2']);
    expect(setting.fleet.view.domain('a')).toBeNull();
    play(setting, life({ ticks: 3 }));
    expect(setting.fleet.view.domain('a')).toBeNull();
    play(setting, life({ ticks: 20, startMs: setting.nowMs() }), 'h2');
    expect(setting.fleet.view.domain('a')?.coldStart).toBe(false);
  });
});

describe('targets', () => {
  it('are forgotten an hour after the last that was heard of them, or when told', () => {
    const made: string[] = [];
    const setting = fleetOf({ habitsOf: (key) => void made.push(key) });
    const domains = (): number => made.filter((key) => key === domainKey('a')).length;
    play(setting, life({ ticks: 3 }));
    setting.tick({}, 'h1', 3500);
    play(setting, life({ ticks: 3, startMs: setting.nowMs() }));
    expect(domains()).toBe(1);
    setting.tick({}, 'h1', 3700);
    play(setting, life({ ticks: 3, startMs: setting.nowMs() }));
    expect(domains()).toBe(2);
    setting.fleet.forget('a');
    expect(setting.fleet.view.domain('a')).toBeNull();
    play(setting, life({ ticks: 3, startMs: setting.nowMs() }));
    expect(domains()).toBe(3);
  });

  it('are so many at most; those that stopped make room', () => {
    const setting = fleetOf({ mostDomains: 2 });
    const [reading] = life({ ticks: 1 });
    setting.tick({ a: reading!, b: reading!, c: reading! });
    expect(['a', 'b', 'c'].map((uuid) => setting.fleet.view.domain(uuid) !== null)).toEqual([true, true, false]);
    expect(setting.warnings).toHaveLength(1);
    setting.tick({ a: { ...reading!, running: false }, b: reading!, c: reading! }, 'h1', 61);
    setting.tick({ b: reading!, c: reading! });
    expect(['a', 'b', 'c'].map((uuid) => setting.fleet.view.domain(uuid) !== null)).toEqual([false, true, true]);
  });

  it('are hosts too', () => {
    const { fleet, changes, wait } = fleetOf();
    for (const reading of simulatedHostReadings({ ticks: 300, startMs: START_MS })) {
      wait(5);
      fleet.take({ host: 'h1', reading, domains: new Map() });
    }
    expect(fleet.view.host('h1')).toMatchObject({ coldStart: false, failing: false, model: { source: 'prior' } });
    expect([fleet.view.host('h2'), fleet.view.host('h9'), changes]).toEqual([null, null, []]);
  });

  it('are hosts that fail, until they tell nothing more', () => {
    const { fleet, changes, ticks, wait } = fleetOf();
    const take = (reading: HostReading | null): void => {
      wait(5);
      fleet.take({ host: 'h1', reading, domains: reading && new Map() });
    };
    simulatedHostReadings({ ticks: 500, startMs: START_MS, troubleFromTick: 400 }).forEach(take);
    expect(changes).toMatchObject([{ target: { kind: 'host', host: 'h1' }, failing: true }]);
    expect(fleet.view.host('h1')).toMatchObject({ failing: true });
    expect(ticks.at(-1)).toMatchObject({ key: 'host-h1', host: 'h1' });
    for (let n = 0; n < 4; n++) take(null);
    expect([fleet.view.host('h1'), changes.map(({ failing }) => failing)]).toEqual([null, [true, false]]);
  });
});

describe('habits', () => {
  it('outlive a restart', () => {
    const before = fleetOf();
    const readings = life({ ticks: 320 });
    play(before, readings.slice(0, 300));
    const saved = new Map(JSON.parse(JSON.stringify([...before.fleet.habits(() => true)])) as [string, unknown][]);
    expect([...saved.keys()]).toEqual([domainKey('a')]);
    expect([...before.fleet.habits(() => false)]).toEqual([]);
    const after = fleetOf({ habitsOf: (key) => saved.get(key) });
    play(after, readings.slice(300));
    expect(after.fleet.view.domain('a')?.coldStart).toBe(false);
  });

  it.each([['nothing', undefined], ['nonsense', { version: 1 }], ['a text', 'x']])('begin anew with %s', (_, saved) => {
    const setting = fleetOf({ habitsOf: () => saved });
    play(setting, life({ ticks: 20 }));
    expect(setting.fleet.view.domain('a')?.coldStart).toBe(true);
  });
});

it('shows no NaN whatever is read', () => {
  const numbers: unknown[] = [Number.NaN, -1, Infinity, -Infinity, 2 ** 60, '7', null, undefined, {}, true];
  const setting = fleetOf();
  play(setting, life({ ticks: 150 }));
  life({ ticks: 400 }).slice(150).forEach((reading, n) => {
    const hostile = Array.from({ length: 25 }, (_, index) => numbers[(n * 7 + index * (1 + (n % 11))) % numbers.length]);
    // Its time is our own; all else may be anything.
    setting.tick({ a: { ...hostileReading(reading, hostile), running: true, atMs: n % 5 === 0 ? Number.NaN : reading.atMs } });
    const forecast = setting.fleet.view.domain('a');
    if (forecast === null) return;
    const shown = [forecast.atMs, ...forecast.failureProbability.map(({ probability }) => probability), ...Object.values(forecast.health), ...Object.values(forecast.load)];
    for (const value of shown) expect(Number.isFinite(value)).toBe(true);
  });
  play(setting, life({ ticks: 440 }).slice(400));
  expect(setting.fleet.view.domain('a')).not.toBeNull();
});
