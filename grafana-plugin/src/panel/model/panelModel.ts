/** Frames, whatever their source, into what the panel draws. Never throws on what frames hold. */
import type { DataFrame } from '@grafana/data';
import { t } from '@grafana/i18n';
import { APPS_FRAME, FORECASTS_FRAME } from '../../frames/names';
import { findField, rowCount, toName, toTimeMs } from './cells';
import { buildLanes, MAX_LANES, type LaneBy, type LaneName } from './lanes';
import { addTo, emptyNotes, type Notes } from './notes';
import { isProbabilityField, isProbabilityTable, probabilitySeries } from './probability';
import { isRecoveriesFrame, itemsOfRecoveries, kindOf } from './recoveries';
import { isFaultField, isFaultTable, itemsOfSamples, type SampleRange } from './samples';
import { statusOf } from './status';
import type { Lane, PanelModel, RecoveryItem } from './types';

/** More than any screen can show; the newest are kept. */
export const MAX_ITEMS = 20_000;

export interface ModelOptions extends SampleRange {
  laneBy: LaneBy;
}

interface SortedFrames {
  recoveries: DataFrame[];
  faults: DataFrame[];
  probabilities: DataFrame[];
  known: LaneName[];
}

/**
 * The model of these frames. Recoveries go before samples: where a frame of recoveries is there, gauges of faults, which tell the
 * same with less, are left alone.
 */
export function buildModel(series: DataFrame[], options: ModelOptions): PanelModel {
  const notes = emptyNotes();
  const frames = sortFrames(series, notes);
  const fromApi = frames.recoveries.length > 0;
  const read = fromApi
    ? frames.recoveries.flatMap((frame) => itemsOfRecoveries(frame, options.laneBy, notes))
    : itemsOfSamples(frames.faults, options.laneBy, options);
  const newest = keepNewest(read, notes);
  const probabilities = probabilitySeries(frames.probabilities, options.stepMs);
  const sources = {
    laneBy: options.laneBy,
    known: [...frames.known, ...probabilities.names],
    probabilities: probabilities.byLane,
  };
  const { lanes, items } = keepLanes(buildLanes(newest, sources), newest, notes);
  return {
    items: uniqueIds(items),
    lanes,
    skipped: notes.skipped,
    ...(notes.corrected.count > 0 && { corrected: notes.corrected }),
    truncated: frames.recoveries.some(isTruncated),
    source: fromApi ? 'api' : frames.faults.length > 0 ? 'samples' : 'none',
    last: lastOf(frames.recoveries, items),
  };
}

function sortFrames(series: DataFrame[], notes: Notes): SortedFrames {
  const sorted: SortedFrames = { recoveries: [], faults: [], probabilities: [], known: [] };
  for (const frame of series) {
    if (!Array.isArray(frame?.fields)) {
      continue;
    }
    const probability = isProbabilityTable(frame) || frame.fields.some((field) => isProbabilityField(frame, field));
    const faults = isFaultTable(frame) || frame.fields.some((field) => isFaultField(frame, field));
    if (isRecoveriesFrame(frame)) {
      sorted.recoveries.push(frame);
    } else if (probability || faults) {
      sorted.probabilities.push(...(probability ? [frame] : []));
      sorted.faults.push(...(faults ? [frame] : []));
    } else if (LISTINGS.some((kind) => isListing(frame, kind))) {
      sorted.known.push(...knownTargets(frame));
    } else {
      addTo(
        notes.skipped,
        () =>
          t(
            'panel.model.unknown-frame',
            'the query gives no recoveries: see the fields that this panel reads in its help'
          ),
        rowCount(frame)
      );
    }
  }
  return sorted;
}

/** Frames that name targets and nothing that happened to them. */
const LISTINGS = ['domains', 'hosts', FORECASTS_FRAME, APPS_FRAME] as const;

function isListing(frame: DataFrame, kind: (typeof LISTINGS)[number]): boolean {
  return kindOf(frame) === kind || frame.name === kind;
}

/** Targets of a listing of hosts, domains, applications or forecasts: lanes also where nothing happened. */
function knownTargets(frame: DataFrame): LaneName[] {
  const hosts = isListing(frame, 'hosts');
  const host = findField(frame, 'host') ?? (hosts ? findField(frame, 'name') : undefined);
  const domain = hosts ? undefined : (findField(frame, 'domain') ?? findField(frame, 'name'));
  const app = isListing(frame, APPS_FRAME) ? findField(frame, 'app') : undefined;
  const names: LaneName[] = [];
  for (let row = 0; row < Math.min(rowCount(frame), MAX_LANES); row++) {
    const name = {
      host: toName(host?.values?.[row]),
      domain: toName(domain?.values?.[row]),
      app: toName(app?.values?.[row]),
    };
    if (name.host !== '' || name.domain !== '') {
      names.push(name);
    }
  }
  return names;
}

function keepNewest(items: RecoveryItem[], notes: Notes): RecoveryItem[] {
  if (items.length <= MAX_ITEMS) {
    return items;
  }
  addTo(
    notes.skipped,
    () => t('panel.model.too-many', 'only the newest {{max}} are shown', { max: MAX_ITEMS }),
    items.length - MAX_ITEMS
  );
  return [...items].sort((a, b) => b.startMs - a.startMs).slice(0, MAX_ITEMS);
}

/** Lanes in which something happened go before empty ones where there are too many; their order stays. */
function keepLanes(lanes: Lane[], items: RecoveryItem[], notes: Notes): { lanes: Lane[]; items: RecoveryItem[] } {
  if (lanes.length <= MAX_LANES) {
    return { lanes, items };
  }
  const kept = new Set(
    [...lanes].sort((a, b) => Number(b.items.length > 0) - Number(a.items.length > 0)).slice(0, MAX_LANES)
  );
  const keys = new Set([...kept].map((lane) => lane.key));
  const shown = items.filter((item) => keys.has(item.lane));
  addTo(
    notes.skipped,
    () => t('panel.model.too-many-lanes', 'only {{max}} lanes are shown', { max: MAX_LANES }),
    items.length - shown.length
  );
  return { lanes: lanes.filter((lane) => kept.has(lane)), items: shown };
}

/** Gives later items with an id that is taken a number behind it; lanes hold the same objects. */
function uniqueIds(items: RecoveryItem[]): RecoveryItem[] {
  const taken = new Map<string, number>();
  const given = new Set(items.map((item) => item.id));
  for (const item of items) {
    const seen = taken.get(item.id) ?? 0;
    taken.set(item.id, seen + 1);
    if (seen > 0) {
      let number = seen + 1;
      while (given.has(`${item.id} #${number}`)) {
        number++;
      }
      taken.set(item.id, number);
      item.id = `${item.id} #${number}`;
      given.add(item.id);
    }
  }
  return items;
}

function metaOf(frame: DataFrame): Record<string, unknown> {
  const own: unknown = frame.meta?.custom?.virtmedic;
  return isRecord(own) ? own : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isTruncated(frame: DataFrame): boolean {
  return metaOf(frame).truncated === true;
}

/** The newest that ended: as the source says, else of the items. */
function lastOf(frames: DataFrame[], items: RecoveryItem[]): RecoveryItem | null {
  const told = frames.map((frame) => toldLast(metaOf(frame).last));
  let last: RecoveryItem | null = null;
  for (const item of [...told, ...items]) {
    if (item && item.endMs !== null && (last === null || item.endMs > (last.endMs ?? 0))) {
      last = item;
    }
  }
  return last;
}

function toldLast(value: unknown): RecoveryItem | null {
  if (!isRecord(value)) {
    return null;
  }
  const [startMs, endMs, host, domain] = [
    toTimeMs(value.startMs),
    toTimeMs(value.endMs),
    toName(value.host),
    toName(value.domain),
  ];
  if (startMs === null || endMs === null || (host === '' && domain === '')) {
    return null;
  }
  const none = { state: '', text: '', actions: '', alert: '', fromHost: '', toHost: '', acknowledgedBy: '' };
  return {
    ...none,
    id: toName(value.id),
    lane: '',
    host,
    domain,
    app: toName(value.app),
    fault: toName(value.fault),
    status: statusOf(toName(value.outcome), '', true),
    startMs,
    endMs: Math.max(startMs, endMs),
    phases: [],
    attempts: null,
    probability: null,
    row: -1,
    fields: {},
  };
}
