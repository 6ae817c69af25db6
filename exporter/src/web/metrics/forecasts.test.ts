import { describe, expect, it } from 'vitest';
import type { TargetForecast } from '../../prediction/forecast-view.ts';
import { writeForecasts } from './forecasts.ts';
import type { ForecastSource } from './forecasts.ts';
import { createLabelCache } from './label-cache.ts';
import { createWriter, labelsOf } from './writer.ts';

function forecast(probabilities: Record<string, number>, more: Partial<TargetForecast> = {}): TargetForecast {
  return {
    atMs: 1,
    failureProbability: Object.entries(probabilities).map(([horizon, probability]) => ({ horizonSeconds: Number(horizon), probability })),
    health: { normal: 0.5, abnormal: 0.25, failed: 0.25 },
    load: { low: 1, medium: 0, high: 0 },
    coldStart: false,
    missing: [],
    failing: false,
    failingSinceMs: null,
    model: { source: 'prior', trainedAtMs: null },
    ...more,
  };
}

function lines(source: Partial<ForecastSource['view']>, uuids: string[] = ['u1']): string[] {
  const writer = createWriter();
  const rows = uuids.map((uuid) => ({ uuid, labels: labelsOf({ host: 'a', domain: uuid }), names: { host: 'a', domain: uuid } }));
  writeForecasts(writer, createLabelCache(), ['a', 'b'], rows, {
    view: { domain: () => null, host: () => null, ...source },
    models: () => ({ prior: 1, pooled: 2, own: 3 }),
    observations: () => ({ observed: 4, partial: 5, missing: 6 }),
  });
  return writer.finish().toString().trimEnd().split('\n');
}

const COUNTS = [
  'virtmedic_hmm_targets{model="prior"} 1', 'virtmedic_hmm_targets{model="pooled"} 2', 'virtmedic_hmm_targets{model="own"} 3',
  'virtmedic_hmm_observations_total{result="observed"} 4', 'virtmedic_hmm_observations_total{result="partial"} 5', 'virtmedic_hmm_observations_total{result="missing"} 6',
];
const samples = (text: string[]): string[] => text.filter((line) => !line.startsWith('#'));

describe('series of forecasts', () => {
  it('are there for every horizon, health and load of a domain, and every horizon of a host', () => {
    const text = lines({ domain: (uuid) => (uuid === 'u1' ? forecast({ 60: 0.125, 300: 0.25 }) : null), host: (name) => (name === 'b' ? forecast({ 60: 1 }) : null) }, ['u1', 'u2']);
    expect(samples(text)).toEqual([
      'virtmedic_domain_failure_probability{host="a",domain="u1",horizon="60"} 0.125',
      'virtmedic_domain_failure_probability{host="a",domain="u1",horizon="300"} 0.25',
      'virtmedic_domain_health_probability{host="a",domain="u1",health="normal"} 0.5',
      'virtmedic_domain_health_probability{host="a",domain="u1",health="abnormal"} 0.25',
      'virtmedic_domain_health_probability{host="a",domain="u1",health="failed"} 0.25',
      'virtmedic_domain_load_probability{host="a",domain="u1",load="low"} 1',
      'virtmedic_domain_load_probability{host="a",domain="u1",load="medium"} 0',
      'virtmedic_domain_load_probability{host="a",domain="u1",load="high"} 0',
      'virtmedic_host_failure_probability{host="b",horizon="60"} 1',
      ...COUNTS,
    ]);
    for (const name of ['domain_failure', 'domain_health', 'domain_load', 'host_failure']) {
      expect(text.find((line) => line.startsWith(`# HELP virtmedic_${name}_probability`))).toContain('latest tick');
    }
  });

  it('are not there where there is no forecast', () => {
    expect(samples(lines({}))).toEqual(COUNTS);
  });

  it('never say NaN, nor what is no probability', () => {
    const broken = forecast({ 60: Number.NaN, 300: 2 }, { health: { normal: Number.NaN, abnormal: -1, failed: Infinity }, load: { low: 0.5, medium: 0.5, high: 0 } });
    expect(samples(lines({ domain: () => broken, host: () => broken })).filter((line) => !COUNTS.includes(line)).map((line) => line.replace(/\{.*\}/, ''))).toEqual([
      'virtmedic_domain_load_probability 0.5', 'virtmedic_domain_load_probability 0.5', 'virtmedic_domain_load_probability 0',
    ]);
  });
});
