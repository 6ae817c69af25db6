/** Predictors of all domains and hosts: what every tick's readings become. Pure: time, models and habits are handed in. */
import type { AlarmSettings } from './alarm.ts';
import type { ForecastView, TargetForecast } from './forecast-view.ts';
import { createFleetDomains } from './fleet-domains.ts';
import type { FleetDomain, FleetDomains } from './fleet-domains.ts';
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
import type { ModelChoice } from './served-model.ts';

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

/** What the functions below work on. */
interface State {
  options: FleetOptions;
  settings: FleetSettings;
  predictor: PredictorSettings;
  choice: ModelChoice;
  domains: FleetDomains;
  hosts: Map<string, FleetTarget<HostReading>>;
  counts: ObservationCounts;
}

export function createFleet(options: FleetOptions): Fleet {
  const { clock, settings, mostDomains: most = MOST_DOMAINS } = options;
  const create = (uuid: string, host: string): FleetDomain => ({ uuid, ...createNew<DomainReading>(state, domainKey(uuid), host) });
  const domains = createFleetDomains({ most, create, onEnded: ({ uuid }) => tell(state, { kind: 'domain', uuid }, false), onWarning: warning(options) });
  const state: State = { options, ...settled(options, settings), domains, hosts: new Map(), counts: { observed: 0, partial: 0, missing: 0 } };
  setHosts(state, options.hosts);
  const shown = (target: FleetTarget<DomainReading> | FleetTarget<HostReading> | undefined): TargetForecast | null =>
    target === undefined ? null : forecastOf(target as FleetTarget<unknown>, clock.monotonicMs());
  return {
    view: { domain: (uuid) => shown(domains.get(uuid)), host: (name) => shown(state.hosts.get(name)) },
    take(sample) {
      const target = state.hosts.get(sample.host);
      if (!state.settings.enabled || target === undefined) return;
      takeHost(state, target, sample.reading);
      const time = { nowMs: clock.monotonicMs(), tickMs: state.settings.tickSeconds * 1000 };
      domains.take(sample.host, sample.domains, time, (domain, reading) => takeDomain(state, domain, reading));
    },
    modelsChanged() {
      for (const target of targets(state)) serveBy(target, state.choice.of(target.key));
    },
    reconfigure(next, names) {
      Object.assign(state, settled(options, next));
      setHosts(state, names);
      for (const target of targets(state)) resettle(target, state.choice.of(target.key), state.predictor);
      if (!next.enabled) endAll(state);
    },
    forget: (uuid) => domains.forget(uuid),
    *habits(wanted) {
      for (const { key, predictor } of targets(state)) if (wanted(key) && predictor.observer.learntSeconds > 0) yield [key, saveObserver(predictor.observer)];
    },
    models() {
      const sum: ModelCounts = { prior: 0, pooled: 0, own: 0 };
      for (const target of targets(state)) if (target.latest !== null && !isStale(target, clock.monotonicMs())) sum[target.served.told.source]++;
      return sum;
    },
    observations: () => ({ ...state.counts }),
  };
}

/** What follows from settings. */
function settled(options: FleetOptions, settings: FleetSettings): Pick<State, 'settings' | 'predictor' | 'choice'> {
  const { tickSeconds, horizonSeconds, form } = settings;
  const predictor = { ...DEFAULT_PREDICTOR, parameters: { ...DEFAULT_PARAMETERS, intervalSeconds: tickSeconds }, horizonSeconds, form };
  return { settings, predictor, choice: chooseModels(options.models, predictor, warning(options)) };
}

function warning({ onWarning }: FleetOptions): (text: string) => void {
  return (text) => onWarning?.(text);
}

/** All of them, whatever they read. */
function targets({ hosts, domains }: State): FleetTarget<AnyReading>[] {
  return [...hosts.values(), ...domains.all()] as unknown as FleetTarget<AnyReading>[];
}

function createNew<Reading extends AnyReading>({ options, predictor, choice }: State, key: TargetKey, host: string): FleetTarget<Reading> {
  const saved = options.habitsOf?.(key) ?? null;
  const observer = saved === null ? null : restoreObserver<Reading>(saved, predictor.parameters);
  return createTarget<Reading>(key, host, choice.of(key), predictor, observer ?? undefined);
}

function setHosts(state: State, names: readonly string[]): void {
  const wanted = new Set(names);
  for (const [name, target] of state.hosts) {
    if (wanted.has(name)) continue;
    endHost(state, target);
    state.domains.hostLeft(name);
    state.hosts.delete(name);
  }
  for (const name of wanted) if (!state.hosts.has(name)) state.hosts.set(name, createNew<HostReading>(state, hostKey(name), name));
}

function endAll(state: State): void {
  for (const target of state.hosts.values()) endHost(state, target);
  for (const domain of state.domains.all()) if (endForecast(domain)) tell(state, { kind: 'domain', uuid: domain.uuid }, false);
}

function endHost(state: State, target: FleetTarget<HostReading>): void {
  if (endForecast(target)) tell(state, { kind: 'host', host: target.host }, false);
}

function tell({ options }: State, target: FailingChange['target'], failing: boolean): void {
  options.onFailingChange?.({ target, failing, atMs: options.clock.nowMs() });
}

function takeDomain(state: State, domain: FleetDomain, reading: DomainReading): void {
  const { uuid, predictor, alarm } = domain;
  const own = isOwnOperation(state, domain, uuid, reading.atMs);
  if (took(state, domain, predictDomain(predictor, reading, own), own)) tell(state, { kind: 'domain', uuid }, alarm.failing);
}

function takeHost(state: State, target: FleetTarget<HostReading>, reading: HostReading | null): void {
  if (reading === null) {
    if (isStale(target, state.options.clock.monotonicMs())) endHost(state, target);
    return;
  }
  const own = isOwnOperation(state, target, null, reading.atMs);
  if (took(state, target, predictHost(target.predictor, reading, own), own)) tell(state, { kind: 'host', host: target.host }, target.alarm.failing);
}

function isOwnOperation<Reading extends AnyReading>({ options, settings }: State, { host, predictor }: FleetTarget<Reading>, uuid: string | null, atMs: number): boolean {
  const fromMs = predictor.observer.previous?.atMs ?? atMs - settings.tickSeconds * 1000;
  return options.ownOperation({ uuid, host }, fromMs, atMs);
}

/** @returns whether `failing` changed */
function took<Reading>({ options, settings, counts }: State, target: FleetTarget<Reading>, forecast: Forecast, ownOperation: boolean): boolean {
  const { observation, atMs } = forecast;
  counts[resultOf(observation)]++;
  const changed = takeForecast(target, forecast, settings.alarm, options.clock.monotonicMs());
  const { code, coldStart, rates } = observation;
  options.onObservation?.({ key: target.key, host: target.host, atMs, tickSeconds: settings.tickSeconds, code, interruption: rates.interruption, ownOperation, coldStart });
  return changed;
}

/** Whatever a target reads, this much is known of it. */
interface AnyReading {
  atMs: number;
}
