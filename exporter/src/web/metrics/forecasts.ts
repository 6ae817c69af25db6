/** Series of what is forecast; where there is no forecast there is no series. */
import type { ForecastView, TargetForecast } from '../../prediction/forecast-view.ts';
import type { ModelCounts, ObservationCounts } from '../../prediction/fleet.ts';
import { HEALTHS, LOADS } from '../../prediction/states.ts';
import { CHILD, childLabels, type LabelCache } from './label-cache.ts';
import { family, type Family, type Labels, type Writer } from './writer.ts';

/** What prediction tells at a scrape. */
export interface ForecastSource {
  view: ForecastView;
  models(): ModelCounts;
  observations(): ObservationCounts;
}

/** A domain with the labels that its series have. */
export interface ForecastRow {
  uuid: string;
  labels: Labels;
  names: { host: string; domain: string };
}

const HORIZON_HELP = 'within `horizon` seconds it is abnormal or failed, 0 to 1. Cached: of the latest tick of the sampler.';
const DOMAIN_FAILURE = family('virtmedic_domain_failure_probability', 'gauge', `Forecast for the domain: probability that ${HORIZON_HELP}`);
const DOMAIN_HEALTH = family('virtmedic_domain_health_probability', 'gauge', 'Probability of each health of the domain now; their sum is 1. Cached: of the latest tick of the sampler.');
const DOMAIN_LOAD = family('virtmedic_domain_load_probability', 'gauge', 'Probability of each load of the domain now; their sum is 1. Cached: of the latest tick of the sampler.');
const HOST_FAILURE = family('virtmedic_host_failure_probability', 'gauge', `Forecast for the host: probability that ${HORIZON_HELP}`);
const TARGETS = family('virtmedic_hmm_targets', 'gauge', 'Domains and hosts with a forecast at the latest tick, by the model behind it: prior (nothing trained yet), pooled, own.');
const OBSERVATIONS = family('virtmedic_hmm_observations_total', 'counter', 'Ticks of domains and hosts by what was observed: all, a part, nothing.');

const MODELS = ['prior', 'pooled', 'own'] as const satisfies readonly (keyof ModelCounts)[];
const RESULTS = ['observed', 'partial', 'missing'] as const satisfies readonly (keyof ObservationCounts)[];

export function writeForecasts(writer: Writer, cache: LabelCache, hosts: readonly string[], domains: readonly ForecastRow[], { view, models, observations }: ForecastSource): void {
  const known = domains.flatMap((row) => {
    const forecast = view.domain(row.uuid);
    return forecast === null ? [] : [{ ...row, forecast }];
  });
  writer.begin(DOMAIN_FAILURE);
  for (const { forecast, labels, names } of known) {
    writeHorizons(writer, forecast, (horizon) => childLabels(labels, CHILD.horizon, horizon, () => ({ ...names, horizon })));
  }
  const writeEach = <Name extends string>(of: Family, label: string, each: readonly Name[], kind: number, values: (forecast: TargetForecast) => Record<Name, number>): void => {
    writer.begin(of);
    for (const { forecast, labels, names } of known) {
      for (const name of each) writeRatio(writer, childLabels(labels, kind, name, () => ({ ...names, [label]: name })), values(forecast)[name]);
    }
  };
  writeEach(DOMAIN_HEALTH, 'health', HEALTHS, CHILD.health, ({ health }) => health);
  writeEach(DOMAIN_LOAD, 'load', LOADS, CHILD.load, ({ load }) => load);
  writer.begin(HOST_FAILURE);
  for (const host of hosts) {
    const forecast = view.host(host);
    if (forecast === null) continue;
    const labels = cache.get(`h/${host}`, () => ({ host }));
    writeHorizons(writer, forecast, (horizon) => childLabels(labels, CHILD.horizon, horizon, () => ({ host, horizon })));
  }
  writeCounts(writer, cache, models(), observations());
}

function writeCounts(writer: Writer, cache: LabelCache, models: ModelCounts, observations: ObservationCounts): void {
  writer.begin(TARGETS);
  for (const model of MODELS) writer.sample(cache.get(`hmm/model/${model}`, () => ({ model })), models[model]);
  writer.begin(OBSERVATIONS);
  for (const result of RESULTS) writer.sample(cache.get(`hmm/result/${result}`, () => ({ result })), observations[result]);
}

function writeHorizons(writer: Writer, { failureProbability }: TargetForecast, labelsOf: (horizon: string) => Labels): void {
  for (const { horizonSeconds, probability } of failureProbability) writeRatio(writer, labelsOf(`${horizonSeconds}`), probability);
}

/** Whatever comes, no series says NaN. */
function writeRatio(writer: Writer, labels: Labels, value: number): void {
  if (value >= 0 && value <= 1) writer.sample(labels, value);
}
