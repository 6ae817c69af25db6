/** Panels about forecasts: how likely hosts and domains are to fail, and the models that say so. */
import { labelVariable } from './dashboard.ts';
import { toDomain, toHost } from './links.ts';
import type { Variable } from './model.ts';
import { bars, byName, fixed, PLAIN, rising, stat, tableOf, timeSeries, without, type PanelParts } from './panels.ts';
import { api, now, range } from './queries.ts';

export const ROW_TITLE = 'Failure forecast';

/** Of the alarm by default: from the second on a target is failing, below the first it is no longer. */
const LIMITS = rising(0.4, 0.8);
const MOST_LIKELY = 10;
const DRAWN = 5;
const FORECAST = { min: 0, max: 1, noValue: 'no forecast' };
/** A line at each limit. */
const WITH_LIMITS = { ...FORECAST, thresholds: LIMITS, custom: { thresholdsStyle: { mode: 'dashed' } } };
const STACKED = { custom: { fillOpacity: 60, lineWidth: 0, stacking: { mode: 'normal', group: 'A' } } };

/** How far ahead the forecasts look that stand alone, in seconds; the shortest unless another is chosen. `metric` may have a selector. */
export function horizonVariable(metric: string): Variable {
  return labelVariable(
    'horizon',
    'Forecast within (s)',
    'How far ahead forecasts look, in seconds: the horizons of the configuration.',
    metric
  );
}

/** Selectors of failure probabilities within the chosen horizon; `labels` narrow them. */
export const domainProbability = (labels = '') =>
  `virtmedic_domain_failure_probability{${[labels, 'horizon="$horizon"'].filter(Boolean).join(',')}}`;
export const hostProbability = (labels = '') =>
  `virtmedic_host_failure_probability{${[labels, 'horizon="$horizon"'].filter(Boolean).join(',')}}`;

export function likelyDomains(): PanelParts {
  return bars({
    title: 'Domains most likely to fail',
    description: `The ${MOST_LIKELY} domains with the highest forecast probability of getting into trouble within the chosen time.`,
    unit: 'percentunit',
    targets: [
      now('A', `topk(${MOST_LIKELY}, max by (host, domain) (${domainProbability()}))`, '{{domain}} on {{host}}'),
    ],
    defaults: {
      ...FORECAST,
      thresholds: LIMITS,
      links: [toDomain('${__field.labels.host}', '${__field.labels.domain}')],
    },
  });
}

export function likelyHosts(): PanelParts {
  return bars({
    title: 'Hosts most likely to fail',
    description: `The ${MOST_LIKELY} hosts with the highest forecast probability of getting into trouble within the chosen time.`,
    unit: 'percentunit',
    targets: [now('A', `topk(${MOST_LIKELY}, max by (host) (${hostProbability()}))`, '{{host}}')],
    defaults: { ...FORECAST, thresholds: LIMITS, links: [toHost('${__field.labels.host}')] },
  });
}

/** Those of the whole range, so that no line comes and goes. */
export function likelyDomainsOverTime(labels: string): PanelParts {
  const each = domainProbability(labels);
  return timeSeries({
    title: 'Failure probability of its domains',
    description: `The ${DRAWN} domains of this host whose forecast probability was highest at any time of this range.`,
    unit: 'percentunit',
    targets: [
      range(
        'A',
        `max by (domain) (${each}) and topk(${DRAWN}, max by (domain) (max_over_time(${each}[$__range] @ end())))`,
        '{{domain}}'
      ),
    ],
    defaults: WITH_LIMITS,
  });
}

/** By horizon. `metric` has its selector. */
export function probabilityOverTime(title: string, what: string, metric: string): PanelParts {
  return timeSeries({
    title,
    description: `Forecast probability that the ${what} gets into trouble within each horizon. Interrupted while there is no forecast; the lines are the limits of the alarm as they are by default.`,
    unit: 'percentunit',
    targets: [range('A', `max by (horizon) (${metric})`, 'within {{horizon}} s')],
    defaults: WITH_LIMITS,
  });
}

export function probabilityNow(metric: string): PanelParts {
  return stat({
    title: 'Failure forecast',
    description:
      'Forecast probability of getting into trouble within the chosen time. The colours are the limits of the alarm as they are by default.',
    unit: 'percentunit',
    targets: [now('A', `max(${metric})`, 'probability')],
    defaults: { ...FORECAST, thresholds: LIMITS },
    options: { textMode: 'value' },
  });
}

export function health(labels: string): PanelParts {
  return timeSeries({
    title: 'Health',
    description:
      'How probable it is that the domain is normal, abnormal or failed at that moment. Together they are 100 %.',
    unit: 'percentunit',
    targets: [range('A', `max by (health) (virtmedic_domain_health_probability{${labels}})`, '{{health}}')],
    defaults: { ...FORECAST, ...STACKED },
    overrides: [
      byName('normal', { color: fixed('green') }),
      byName('abnormal', { color: fixed('orange') }),
      byName('failed', { color: fixed('red') }),
    ],
  });
}

export function load(labels: string): PanelParts {
  return timeSeries({
    title: 'Load',
    description:
      'How probable it is that the load of the domain is low, medium or high at that moment. Together they are 100 %.',
    unit: 'percentunit',
    targets: [range('A', `max by (load) (virtmedic_domain_load_probability{${labels}})`, '{{load}}')],
    defaults: { ...FORECAST, ...STACKED },
    overrides: [
      byName('low', { color: fixed('super-light-blue') }),
      byName('medium', { color: fixed('blue') }),
      byName('high', { color: fixed('dark-purple') }),
    ],
  });
}

/** Of the frame but these: host, domain, failing since, probabilities, health, still learning, model, not seen. */
const NOT_SHOWN = ['host', 'failing', 'low', 'medium', 'high', 'trainedAt', 'at', 'uuid'];

export function latest(): PanelParts {
  return tableOf({
    title: 'Forecasts now',
    description:
      'The latest forecast of this host (without a domain) and of each of its domains, the likeliest to fail first, with how much to make of it.',
    unit: 'none',
    targets: [api('A', { kind: 'forecast', host: '$host' })],
    defaults: { noValue: '–' },
    transformations: [without(NOT_SHOWN)],
    overrides: [byName('domain', { links: [toDomain('${host}', '${__data.fields.domain}')] })],
  });
}

export function models(): PanelParts {
  return bars({
    title: 'Targets by model',
    description:
      'What the forecasts come from. prior: built in, nothing was trained yet. pooled: trained on all targets together. own: trained on the target itself.',
    unit: 'none',
    targets: [now('A', 'sum by (model) (virtmedic_hmm_targets)', '{{model}}')],
    defaults: { noValue: 'no target', thresholds: PLAIN },
  });
}

export function lastTraining(): PanelParts {
  return stat({
    title: 'Last training',
    description:
      'Time since the last training of all models ended. They are trained each night; in between they follow what is newest.',
    unit: 's',
    targets: [now('A', 'min(time() - (virtmedic_hmm_last_training_timestamp_seconds > 0))', 'ago')],
    defaults: { noValue: 'never' },
    options: { textMode: 'value' },
  });
}

export function trainings(): PanelParts {
  return bars({
    title: 'Trainings in this range',
    description:
      'Models that the nightly training went through. kept_new: the new one is in use. kept_last: the one before was the better. skipped: too little was observed. Nothing may fail.',
    unit: 'none',
    targets: [now('A', 'round(sum by (result) (increase(virtmedic_hmm_trainings_total[$__range]))) > 0', '{{result}}')],
    defaults: { noValue: 'none' },
    overrides: [byName('failed', { color: fixed('red') })],
  });
}
