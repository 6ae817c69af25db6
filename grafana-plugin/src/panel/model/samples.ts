/** Samples of a gauge that is 1 while a fault is present (`virtmedic_domain_fault`) into one item per spell of it. */
import { FieldType, type DataFrame, type Field } from '@grafana/data';
import { findField, rowCount, toName, toNumber, toTimeMs } from './cells';
import { laneKey, type LaneBy, type LaneName } from './lanes';
import { isProbabilityField, isProbabilityTable, valueField } from './probability';
import { GAP_STEPS, stepOf } from './step';
import type { FieldsOfItem, RecoveryItem } from './types';

/** When the samples were asked for. */
export interface SampleRange {
  toMs: number;
  nowMs: number;
  /** That was asked for; sources may take a longer one. Null: not known. */
  stepMs: number | null;
}

interface FaultSeries extends LaneName {
  fault: string;
  /** Times at which the fault was present. */
  presentMs: number[];
  fields: FieldsOfItem;
}

interface Spell {
  startMs: number;
  endMs: number | null;
}

/** Whether this field holds samples of a fault: a number labelled with a fault and its target. */
export function isFaultField(frame: DataFrame, field: Field): boolean {
  const { fault, host, domain } = field.labels ?? {};
  return (
    field.type === FieldType.number &&
    fault !== undefined &&
    (host ?? domain) !== undefined &&
    !isProbabilityField(frame, field)
  );
}

/** Whether this frame in table format holds samples of faults. */
export function isFaultTable(frame: DataFrame): boolean {
  const target = findField(frame, 'host') ?? findField(frame, 'domain');
  return Boolean(valueField(frame) && target && findField(frame, 'fault') && !isProbabilityTable(frame));
}

/**
 * The spells of all faults. Series that differ only in other labels (two Prometheus, two exporters) are one. A spell starts at its
 * first sample and ends a step after its last, both as exact as the step; it goes on where that reaches the end of a range that ends now.
 */
export function itemsOfSamples(frames: DataFrame[], laneBy: LaneBy, range: SampleRange): RecoveryItem[] {
  const found = new Map<string, FaultSeries>();
  let intervalMs: number | null = null;
  const allTimes: number[][] = [];
  for (const frame of frames) {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    if (!time) {
      continue;
    }
    intervalMs ??= toNumber(time.config?.interval);
    allTimes.push(readFields(frame, time, found), readTable(frame, time, found));
  }
  const stepMs = stepOf(intervalMs, allTimes, range.stepMs);
  return [...found.values()].flatMap((series) => {
    const name = { host: series.host, domain: series.domain, app: series.app };
    return spellsOf(series.presentMs, stepMs, range).map((spell) => itemOfSpell(series, name, spell, laneBy));
  });
}

function readFields(frame: DataFrame, time: Field, found: Map<string, FaultSeries>): number[] {
  const fields = frame.fields.filter((field) => isFaultField(frame, field));
  if (fields.length === 0) {
    return [];
  }
  const timesMs = Array.from(time.values ?? [], toTimeMs);
  for (const field of fields) {
    const { host, domain, app, fault } = field.labels ?? {};
    const series = seriesOf(found, { host: toName(host), domain: toName(domain), app: toName(app) }, toName(fault), {});
    timesMs.forEach((timeMs, i) => addSample(series, timeMs, field.values?.[i]));
  }
  return timesMs.filter((timeMs) => timeMs !== null);
}

function readTable(frame: DataFrame, time: Field, found: Map<string, FaultSeries>): number[] {
  const value = valueField(frame);
  if (!value || !isFaultTable(frame)) {
    return [];
  }
  const [host, domain, app, fault] = ['host', 'domain', 'app', 'fault'].map((name) => findField(frame, name));
  const fields = { host, domain, fault };
  const timesMs: number[] = [];
  for (let row = 0; row < rowCount(frame); row++) {
    const name = {
      host: toName(host?.values?.[row]),
      domain: toName(domain?.values?.[row]),
      app: toName(app?.values?.[row]),
    };
    const timeMs = toTimeMs(time.values?.[row]);
    addSample(seriesOf(found, name, toName(fault?.values?.[row]), fields), timeMs, value.values?.[row]);
    if (timeMs !== null) {
      timesMs.push(timeMs);
    }
  }
  return timesMs;
}

function seriesOf(found: Map<string, FaultSeries>, name: LaneName, fault: string, fields: FieldsOfItem): FaultSeries {
  const key = `${laneKey(name, 'domain')}\n${fault}`;
  let series = found.get(key);
  if (!series) {
    series = { ...name, fault, presentMs: [], fields };
    found.set(key, series);
  }
  return series;
}

function addSample(series: FaultSeries, timeMs: number | null, value: unknown): void {
  if (timeMs !== null && (toNumber(value) ?? 0) > 0) {
    series.presentMs.push(timeMs);
  }
}

/** Joins samples into spells. Exported for tests. */
export function spellsOf(
  presentMs: number[],
  stepMs: number,
  { toMs, nowMs }: Pick<SampleRange, 'toMs' | 'nowMs'>
): Spell[] {
  const times = [...presentMs].sort((a, b) => a - b);
  const spells: Spell[] = [];
  let startMs = NaN;
  let lastMs = NaN;
  for (const timeMs of times) {
    if (!(timeMs - lastMs <= GAP_STEPS * stepMs)) {
      if (!Number.isNaN(startMs)) {
        spells.push({ startMs, endMs: lastMs + stepMs });
      }
      startMs = timeMs;
    }
    lastMs = timeMs;
  }
  if (!Number.isNaN(startMs)) {
    const edgeMs = Math.min(toMs, nowMs);
    const reachesNow = edgeMs >= nowMs - GAP_STEPS * stepMs && lastMs + GAP_STEPS * stepMs >= edgeMs;
    spells.push({ startMs, endMs: reachesNow ? null : lastMs + stepMs });
  }
  return spells;
}

function itemOfSpell(series: FaultSeries, name: LaneName, { startMs, endMs }: Spell, laneBy: LaneBy): RecoveryItem {
  return {
    id: `${series.host}/${series.domain}/${series.app}/${series.fault}@${startMs}`,
    lane: laneKey(name, laneBy),
    ...name,
    fault: series.fault,
    status: endMs === null ? 'in_progress' : 'ended',
    startMs,
    endMs,
    phases: [],
    state: '',
    text: '',
    actions: '',
    attempts: null,
    alert: '',
    fromHost: '',
    toHost: '',
    acknowledgedBy: '',
    probability: null,
    row: -1,
    fields: series.fields,
  };
}
