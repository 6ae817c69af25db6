/** The latest forecasts as a table. */
import type { DataFrame, FieldConfig, QueryResultMetaNotice } from '@grafana/data';
import { t } from '@grafana/i18n';
import type { Domain, Forecast, Host } from '../api/types';
import { formatDuration } from '../format/duration';
import { AS_TEXT } from '../format/text';
import { flag, number, tableFrame, text, time, type Column } from './columns';
import { FORECAST_FIELD, FORECASTS_FRAME } from './names';

/** One forecast with its target; without a domain it is the host's own. */
export interface TargetForecast extends Forecast {
  host: string;
  domain: string | null;
  uuid: string | null;
}

/** Of those that have one. */
export function forecastsOf(hosts: readonly Host[], domains: readonly Domain[]): TargetForecast[] {
  return [
    ...hosts.flatMap(({ name, forecast }) =>
      forecast === null ? [] : { ...forecast, host: name, domain: null, uuid: null }
    ),
    ...domains.flatMap(({ name, host, uuid, forecast }) =>
      forecast === null ? [] : { ...forecast, host, domain: name, uuid: uuid || null }
    ),
  ];
}

/** The likeliest to fail first, by the horizon that alarms. */
export function forecastsFrame(
  forecasts: readonly TargetForecast[],
  refId: string,
  notices: QueryResultMetaNotice[]
): DataFrame {
  const horizons = horizonsOf(forecasts);
  const [first] = horizons;
  const worst = (item: TargetForecast) => (first === undefined ? 0 : (within(item, first) ?? 0));
  const sorted = [...forecasts].sort(
    (left, right) =>
      worst(right) - worst(left) ||
      names.compare(left.host, right.host) ||
      names.compare(left.domain ?? '', right.domain ?? '')
  );
  return tableFrame(sorted, columns(horizons), {
    name: FORECASTS_FRAME,
    refId,
    meta: { notices, custom: { virtmedic: { kind: FORECASTS_FRAME } } },
  });
}

const names = new Intl.Collator('en', { numeric: true });
const MOST_HORIZONS = 8;

/** Of all forecasts, in their order; a configuration that changes leaves some with others for a moment. */
function horizonsOf(forecasts: readonly TargetForecast[]): number[] {
  const seconds = new Set<number>();
  for (const { failureProbability } of forecasts) {
    failureProbability.forEach(({ horizonSeconds }) => seconds.add(horizonSeconds));
  }
  return [...seconds].slice(0, MOST_HORIZONS);
}

function within({ failureProbability }: TargetForecast, seconds: number): number | null {
  return failureProbability.find(({ horizonSeconds }) => horizonSeconds === seconds)?.probability ?? null;
}

const SHARE: FieldConfig = { unit: 'percentunit', min: 0, max: 1 };
const share = (name: string, title: string, value: (item: TargetForecast) => number | null) =>
  number(name, title, value, SHARE);

function columns(horizons: readonly number[]): Array<Column<TargetForecast>> {
  return [
    text(FORECAST_FIELD.host, t('datasource.field.host', 'Host'), ({ host }) => host || null),
    text(FORECAST_FIELD.domain, t('datasource.field.domain', 'Domain'), ({ domain }) => domain),
    flag(FORECAST_FIELD.failing, t('datasource.field.failing', 'Failing'), ({ failing }) => failing),
    time(
      FORECAST_FIELD.failingSince,
      t('datasource.field.failing-since', 'Failing since'),
      ({ failingSinceMs }) => failingSinceMs
    ),
    ...horizons.map((seconds, index) =>
      share(
        index === 0 ? FORECAST_FIELD.probability : `${FORECAST_FIELD.probability}${seconds}`,
        t('datasource.field.failure-within', 'Failure within {{time}}', {
          time: formatDuration(seconds * 1000),
          ...AS_TEXT,
        }),
        (item) => within(item, seconds)
      )
    ),
    ...healthAndLoad(),
    flag(FORECAST_FIELD.coldStart, t('datasource.field.cold-start', 'Still learning'), ({ coldStart }) => coldStart),
    text(FORECAST_FIELD.model, t('datasource.field.model', 'Model'), ({ model }) => model.source || null),
    time(FORECAST_FIELD.trainedAt, t('datasource.field.trained-at', 'Model trained'), ({ model }) => model.trainedAtMs),
    text(FORECAST_FIELD.missing, t('datasource.field.missing', 'Not seen'), missingText),
    time(FORECAST_FIELD.at, t('datasource.field.forecast-at', 'Forecast at'), ({ atMs }) => atMs),
    text(FORECAST_FIELD.uuid, t('datasource.field.uuid', 'UUID'), ({ uuid }) => uuid),
  ];
}

function healthAndLoad(): Array<Column<TargetForecast>> {
  const { normal, abnormal, failed, low, medium, high } = FORECAST_FIELD;
  return [
    share(normal, t('datasource.field.normal', 'Normal'), ({ health }) => health?.normal ?? null),
    share(abnormal, t('datasource.field.abnormal', 'Abnormal'), ({ health }) => health?.abnormal ?? null),
    share(failed, t('datasource.field.failed', 'Failed'), ({ health }) => health?.failed ?? null),
    share(low, t('datasource.field.low-load', 'Low load'), ({ load }) => load?.low ?? null),
    share(medium, t('datasource.field.medium-load', 'Medium load'), ({ load }) => load?.medium ?? null),
    share(high, t('datasource.field.high-load', 'High load'), ({ load }) => load?.high ?? null),
  ];
}

/** `memory: not-said`; what concerns every signal has only its reason. */
function missingText({ missing }: TargetForecast): string | null {
  return missing.map(({ signal, why }) => (signal === null ? why : `${signal}: ${why}`)).join(', ') || null;
}
