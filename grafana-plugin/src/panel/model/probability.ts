/** Series of failure probability, found by their metric's name or their labels, one per host and domain. */
import { FieldType, type DataFrame, type Field } from '@grafana/data';
import { METRIC } from '../../frames/names';
import { findField, rowCount, toName, toNumber, toProbability, toText, toTimeMs } from './cells';
import { laneKey, type LaneName } from './lanes';
import { stepOf } from './step';
import type { ProbabilitySeries } from './types';

/** Samples of one target for one horizon, as one frame has them. */
interface Samples extends LaneName {
  horizon: string;
  /** As the source says; null: it does not. */
  intervalMs: number | null;
  times: ArrayLike<unknown>;
  values: ArrayLike<unknown>;
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

/**
 * The probabilities of these frames by lane (in lanes by domain); of several horizons of a target the shortest is taken. Series that
 * differ in other labels (two exporters, one that was restarted elsewhere) are one, with the higher value where both have one.
 */
export function probabilitySeries(
  frames: DataFrame[],
  askedStepMs: number | null
): { names: LaneName[]; byLane: Map<string, ProbabilitySeries> } {
  const byTarget = new Map<string, Samples[]>();
  for (const samples of frames.flatMap((frame) => [...fromFields(frame), ...fromTable(frame)])) {
    const key = laneKey(samples, 'domain');
    byTarget.set(key, [...(byTarget.get(key) ?? []), samples]);
  }
  const byLane = new Map<string, ProbabilitySeries>();
  const names: LaneName[] = [];
  for (const [key, all] of byTarget) {
    const series = shortest(all, askedStepMs);
    const [first] = all;
    if (series !== null && first !== undefined) {
      byLane.set(key, series);
      names.push({ host: first.host, domain: first.domain, app: first.app });
    }
  }
  return { names, byLane };
}

/** Of the shortest horizon that has samples; null: none has. */
function shortest(all: readonly Samples[], askedStepMs: number | null): ProbabilitySeries | null {
  const sorted = [...all].sort((a, b) => horizons.compare(a.horizon, b.horizon));
  for (const { horizon } of sorted) {
    const series = merged(
      sorted.filter((samples) => samples.horizon === horizon),
      askedStepMs
    );
    if (series.timesMs.length > 0) {
      return series;
    }
  }
  return null;
}

function fromFields(frame: DataFrame): Samples[] {
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
      intervalMs: toNumber(time.config?.interval),
      times: time.values ?? [],
      values: field.values ?? [],
    }));
}

function fromTable(frame: DataFrame): Samples[] {
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
  const intervalMs = toNumber(time.config?.interval);
  return [...groups.values()].map(({ labels: [host = '', domain = '', horizon = ''], times, values }) => {
    return { host, domain, app: '', horizon, intervalMs, times, values };
  });
}

/** Ascending in time, each time once; what is no probability is NaN, so that a gap is drawn as one. */
function merged(all: readonly Samples[], askedStepMs: number | null): ProbabilitySeries {
  const points: Array<[number, number]> = [];
  let sorted = true;
  let lastMs = -Infinity;
  for (const { times, values } of all) {
    for (let i = 0; i < times.length; i++) {
      const timeMs = toTimeMs(times[i]);
      if (timeMs !== null) {
        points.push([timeMs, toProbability(values[i]) ?? NaN]);
        sorted &&= timeMs > lastMs;
        lastMs = timeMs;
      }
    }
  }
  const { timesMs, values } = sorted ? unzipped(points) : unzipped(highestOfEach(points));
  return { timesMs, values, stepMs: stepOf(all[0]?.intervalMs ?? null, [timesMs], askedStepMs) };
}

function unzipped(points: ReadonlyArray<[number, number]>): { timesMs: number[]; values: number[] } {
  return { timesMs: points.map(([timeMs]) => timeMs), values: points.map(([, value]) => value) };
}

function highestOfEach(points: Array<[number, number]>): Array<[number, number]> {
  points.sort((a, b) => a[0] - b[0]);
  const single: Array<[number, number]> = [];
  for (const point of points) {
    const last = single.at(-1);
    if (last === undefined || last[0] !== point[0]) {
      single.push(point);
    } else if (!(last[1] >= point[1])) {
      last[1] = Number.isNaN(point[1]) ? last[1] : point[1];
    }
  }
  return single;
}
