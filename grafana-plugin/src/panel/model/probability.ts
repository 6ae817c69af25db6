/** Series of failure probability, found by their metric's name or their labels, one per host and domain. */
import { FieldType, type DataFrame, type Field } from '@grafana/data';
import { METRIC } from '../../frames/names';
import { findField, rowCount, toName, toProbability, toText, toTimeMs } from './cells';
import { laneKey, type LaneName } from './lanes';
import type { ProbabilitySeries } from './types';

interface NamedSeries extends LaneName {
  horizon: string;
  series: ProbabilitySeries;
}

const METRIC_NAMES: readonly string[] = [METRIC.domainProbability, METRIC.hostProbability];
const horizons = new Intl.Collator('en', { numeric: true });

/** Whether this field holds samples of a failure probability. */
export function isProbabilityField(frame: DataFrame, field: Field): boolean {
  if (field.type !== FieldType.number) {
    return false;
  }
  const labels = field.labels ?? {};
  const named = [labels.__name__, frame.name, field.name].some((name) => METRIC_NAMES.includes(toName(name)));
  return named || (labels.horizon !== undefined && (labels.host !== undefined || labels.domain !== undefined));
}

/** Whether this frame in table format holds samples of a failure probability. */
export function isProbabilityTable(frame: DataFrame): boolean {
  if (!valueField(frame) || !findField(frame, 'host')) {
    return false;
  }
  return (
    METRIC_NAMES.includes(toName(findField(frame, '__name__')?.values?.[0])) ||
    findField(frame, 'horizon') !== undefined
  );
}

/** The value column of a query in table format: `Value`, or `Value #A` beside other queries. */
export function valueField(frame: DataFrame): Field | undefined {
  return frame.fields.find(({ name, type }) => type === FieldType.number && /^value( #\w+)?$/i.test(name));
}

/** The probabilities of these frames by lane (in lanes by domain); of several horizons of a target the shortest is taken. */
export function probabilitySeries(frames: DataFrame[]): { names: LaneName[]; byLane: Map<string, ProbabilitySeries> } {
  const found = frames.flatMap((frame) => [...fromFields(frame), ...fromTable(frame)]);
  found.sort((a, b) => horizons.compare(a.horizon, b.horizon));
  const byLane = new Map<string, ProbabilitySeries>();
  const names: LaneName[] = [];
  for (const { host, domain, app, series } of found) {
    const key = laneKey({ host, domain, app }, 'domain');
    if (!byLane.has(key) && series.timesMs.length > 0) {
      byLane.set(key, series);
      names.push({ host, domain, app });
    }
  }
  return { names, byLane };
}

function fromFields(frame: DataFrame): NamedSeries[] {
  const time = frame.fields.find((field) => field.type === FieldType.time);
  if (!time) {
    return [];
  }
  return frame.fields
    .filter((field) => isProbabilityField(frame, field) && (field.labels?.host ?? field.labels?.domain) !== undefined)
    .map((field) => ({
      host: toName(field.labels?.host),
      domain: toName(field.labels?.domain),
      app: '',
      horizon: toText(field.labels?.horizon, 64),
      series: cleanSeries(time.values, field.values),
    }));
}

function fromTable(frame: DataFrame): NamedSeries[] {
  const time = frame.fields.find((field) => field.type === FieldType.time);
  const value = valueField(frame);
  if (!time || !value || !isProbabilityTable(frame)) {
    return [];
  }
  const columns = ['host', 'domain', 'horizon'].map((name) => findField(frame, name));
  const groups = new Map<string, { labels: string[]; times: unknown[]; values: unknown[] }>();
  for (let row = 0; row < rowCount(frame); row++) {
    const labels = columns.map((column) => toName(column?.values?.[row]));
    const key = labels.join('\n');
    let group = groups.get(key);
    if (!group) {
      group = { labels, times: [], values: [] };
      groups.set(key, group);
    }
    group.times.push(time.values[row]);
    group.values.push(value.values[row]);
  }
  return [...groups.values()].map(({ labels: [host = '', domain = '', horizon = ''], times, values }) => {
    return { host, domain, app: '', horizon, series: cleanSeries(times, values) };
  });
}

/** Ascending in time; what is no probability is NaN, so that a gap is drawn as one. */
function cleanSeries(times: ArrayLike<unknown> | undefined, values: ArrayLike<unknown> | undefined): ProbabilitySeries {
  const points: Array<[number, number]> = [];
  let sorted = true;
  let lastMs = -Infinity;
  for (let i = 0; i < (times?.length ?? 0); i++) {
    const timeMs = toTimeMs(times?.[i]);
    if (timeMs !== null) {
      points.push([timeMs, toProbability(values?.[i]) ?? NaN]);
      sorted &&= timeMs >= lastMs;
      lastMs = timeMs;
    }
  }
  if (!sorted) {
    points.sort((a, b) => a[0] - b[0]);
  }
  return { timesMs: points.map(([timeMs]) => timeMs), values: points.map(([, value]) => value) };
}
