/** Predictors of all domains and hosts: what every tick's readings become. Pure: time, models and habits are handed in. */
import type { AlarmSettings } from './alarm.ts';
import type { ForecastView, TargetForecast } from './forecast-view.ts';
import { createFleetDomains } from './fleet-domains.ts';
import type { FleetDomain } from './fleet-domains.ts';
import { createTarget, endForecast, forecastOf, isStale, resettle, resultOf, serveBy, takeForecast } from './fleet-target.ts';
import type { FleetTarget } from './fleet-target.ts';
import type { Form } from './hmm/forecaster.ts';
import { domainKey, hostKey } from './model-source.ts';
import type { ModelSource, OnObservation, TargetKey } from './model-source.ts';
import type { HostReading } from './observation/host-reading.ts';
import { DEFAULT_PARAMETERS } from './observation/parameters.ts';
import type { DomainReading } from './observation/reading.ts';
import { restoreObserver, saveObserver } from './observation/saved-observer.ts';
import type { SavedObserver } from './observation/saved-observer.ts';
import { DEFAULT_PREDICTOR, predictDomain, predictHost } from './predictor.ts';
import type { Forecast, PredictorSettings } from './predictor.ts';
import type { SampledHost } from './sampled-host.ts';
import { chooseModels } from './served-model.ts';

export { domainKey, hostKey, kindOf, NO_MODELS } from './model-source.ts';
export type { ModelSource, ObservedTick, OnObservation, TargetKey, TargetKind, TrainedModel } from './model-source.ts';
export type { SampledHost } from './sampled-host.ts';

export interface FleetSettings {
  /** False: nothing is forecast, and what is told is not taken. Habits stay. */
  enabled: boolean;
  /** Length of a tick. */
  tickSeconds: number;
  horizonSeconds: readonly number[];
  form: Form;
  alarm: AlarmSettings;
}

/** A target began to be failing, or is so no longer; also because there is no forecast of it any more. */
export interface FailingChange {
  target: { kind: 'domain'; uuid: string } | { kind: 'host'; host: string };
  failing: boolean;
  /** Wall clock. */
  atMs: number;
}

export interface FleetOptions {
  clock: { nowMs(): number; monotonicMs(): number };
  settings: FleetSettings;
  /** The hosts that are watched, by name; what others tell is not taken. */
  hosts: readonly string[];
  /** Its content may be replaced at any time, followed by `modelsChanged`. */
  models: ModelSource;
  /** Whether an operation of ours on the target or on its host overlapped this time. `uuid` null: the host itself. Wall clock. */
  ownOperation(target: { uuid: string | null; host: string }, fromMs: number, toMs: number): boolean;
  /** Saved habits of a target that is seen for the first time; validated here. Default: none. */
  habitsOf?(key: TargetKey): unknown;
  onObservation?: OnObservation;
  /** The view already says so. */
  onFailingChange?(change: FailingChange): void;
  onWarning?(text: string): void;
  /** Default 20,000. */
  mostDomains?: number;
}

export type ModelCounts = Record<TargetForecast['model']['source'], number>;
export type ObservationCounts = Record<'observed' | 'partial' | 'missing', number>;

export interface Fleet {
  readonly view: ForecastView;
  /** One host's tick. */
  take(sample: SampledHost): void;
  /** Trained models were replaced or came to be: every target is given its best one now. */
  modelsChanged(): void;
  /** Settings, or the hosts that are watched, are others from now on. Habits and beliefs stay. */
  reconfigure(settings: FleetSettings, hosts: readonly string[]): void;
  /** A domain is deliberately forgotten. */
  forget(uuid: string): void;
  /** The habits of those targets that have any, made as they are asked for. */
  habits(wanted: (key: TargetKey) => boolean): Generator<[TargetKey, SavedObserver]>;
  /** Targets of which there is a forecast now, by what forecasts for them. */
  models(): ModelCounts;
  /** Ticks since the start. */
  observations(): ObservationCounts;
}

const MOST_DOMAINS = 20_000;

export function createFleet(options: FleetOptions): Fleet {
  const { clock, models, onObservation, onFailingChange, onWarning = () => undefined, habitsOf } = options;
  let { settings } = options;
  let predictorSettings = predictorSettingsOf(settings);
  let choice = chooseModels(models, predictorSettings, onWarning);
  const domains = createFleetDomains({ most: options.mostDomains ?? MOST_DOMAINS, create: createDomain, onEnded: tellEnded, onWarning });
  const hosts = new Map<string, FleetTarget<HostReading>>();
  const counts: ObservationCounts = { observed: 0, partial: 0, missing: 0 };

  function createNew<Reading extends { atMs: number }>(key: TargetKey, host: string): FleetTarget<Reading> {
    const saved = habitsOf?.(key) ?? null;
    const observer = saved === null ? null : restoreObserver<Reading>(saved, predictorSettings.parameters);
    return createTarget<Reading>(key, host, choice.of(key), predictorSettings, observer ?? undefined);
  }

  function createDomain(uuid: string, host: string): FleetDomain {
    return { uuid, ...createNew<DomainReading>(domainKey(uuid), host) };
  }

  function setHosts(names: readonly string[]): void {
    const wanted = new Set(names);
    for (const [name, target] of hosts) {
      if (wanted.has(name)) continue;
      if (endForecast(target)) tellHost(name, false);
      domains.hostLeft(name);
      hosts.delete(name);
    }
    for (const name of wanted) if (!hosts.has(name)) hosts.set(name, createNew<HostReading>(hostKey(name), name));
  }

  function tellHost(host: string, failing: boolean): void {
    onFailingChange?.({ target: { kind: 'host', host }, failing, atMs: clock.nowMs() });
  }

  function tellDomain(uuid: string, failing: boolean): void {
    onFailingChange?.({ target: { kind: 'domain', uuid }, failing, atMs: clock.nowMs() });
  }

  function tellEnded({ uuid }: FleetDomain): void {
    tellDomain(uuid, false);
  }

  function isOwnOperation({ host, predictor }: FleetTarget<DomainReading> | FleetTarget<HostReading>, uuid: string | null, atMs: number): boolean {
    const fromMs = predictor.observer.previous?.atMs ?? atMs - settings.tickSeconds * 1000;
    return options.ownOperation({ uuid, host }, fromMs, atMs);
  }

  function took<Reading>(target: FleetTarget<Reading>, forecast: Forecast, ownOperation: boolean): boolean {
    const { observation, atMs } = forecast;
    const { code, coldStart, rates } = observation;
    counts[resultOf(observation)]++;
    const changed = takeForecast(target, forecast, settings.alarm, clock.monotonicMs());
    onObservation?.({ key: target.key, host: target.host, atMs, tickSeconds: settings.tickSeconds, code, interruption: rates.interruption, ownOperation, coldStart });
    return changed;
  }

  function takeDomain(domain: FleetDomain, reading: DomainReading): void {
    const own = isOwnOperation(domain, domain.uuid, reading.atMs);
    if (took(domain, predictDomain(domain.predictor, reading, own), own)) tellDomain(domain.uuid, domain.alarm.failing);
  }

  function takeHost(name: string, target: FleetTarget<HostReading>, reading: HostReading | null): void {
    if (reading === null) {
      if (isStale(target, clock.monotonicMs()) && endForecast(target)) tellHost(name, false);
      return;
    }
    const own = isOwnOperation(target, null, reading.atMs);
    if (took(target, predictHost(target.predictor, reading, own), own)) tellHost(name, target.alarm.failing);
  }

  function shown<Reading>(target: FleetTarget<Reading> | undefined): TargetForecast | null {
    return target === undefined ? null : forecastOf(target, clock.monotonicMs());
  }

  setHosts(options.hosts);
  return {
    view: { domain: (uuid) => shown(domains.get(uuid)), host: (name) => shown(hosts.get(name)) },
    take({ host, reading, domains: readings }) {
      const target = hosts.get(host);
      if (!settings.enabled || target === undefined) return;
      takeHost(host, target, reading);
      domains.take(host, readings, { nowMs: clock.monotonicMs(), tickMs: settings.tickSeconds * 1000 }, takeDomain);
    },
    modelsChanged() {
      for (const target of [...hosts.values(), ...domains.all()]) serveBy(target as FleetTarget<unknown>, choice.of(target.key));
    },
    reconfigure(next, names) {
      settings = next;
      predictorSettings = predictorSettingsOf(next);
      choice = chooseModels(models, predictorSettings, onWarning);
      setHosts(names);
      for (const target of hosts.values()) resettle(target, choice.of(target.key), predictorSettings);
      for (const target of domains.all()) resettle(target, choice.of(target.key), predictorSettings);
      if (next.enabled) return;
      for (const [name, target] of hosts) if (endForecast(target)) tellHost(name, false);
      for (const domain of domains.all()) if (endForecast(domain)) tellEnded(domain);
    },
    forget: (uuid) => domains.forget(uuid),
    *habits(wanted) {
      for (const target of [...hosts.values(), ...domains.all()] as FleetTarget<unknown>[]) {
        const { observer } = target.predictor;
        if (wanted(target.key) && observer.learntSeconds > 0) yield [target.key, saveObserver(observer)];
      }
    },
    models() {
      const sum: ModelCounts = { prior: 0, pooled: 0, own: 0 };
      for (const target of [...hosts.values(), ...domains.all()] as FleetTarget<unknown>[]) {
        if (target.latest !== null && !isStale(target, clock.monotonicMs())) sum[target.served.told.source]++;
      }
      return sum;
    },
    observations: () => ({ ...counts }),
  };
}

function predictorSettingsOf({ tickSeconds, horizonSeconds, form }: FleetSettings): PredictorSettings {
  return { ...DEFAULT_PREDICTOR, parameters: { ...DEFAULT_PARAMETERS, intervalSeconds: tickSeconds }, horizonSeconds, form };
}
