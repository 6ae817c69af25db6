/** The frame of recoveries (see `frames/names.ts`) into items. */
import { FieldType, type DataFrame, type Field } from '@grafana/data';
import { t } from '@grafana/i18n';
import { FIELD } from '../../frames/names';
import { findField, rowCount, toLength, toName, toNumber, toProbability, toText, toTimeMs } from './cells';
import { laneKey, type LaneBy } from './lanes';
import { addTo, type Notes } from './notes';
import { phasesFrom } from './phases';
import { OPEN_STATES, statusOf } from './status';
import type { FieldsOfItem, RecoveryItem } from './types';

type Columns = Partial<Record<keyof typeof FIELD, Field>>;

const NAMES = Object.keys(FIELD).filter((name): name is keyof typeof FIELD => name in FIELD);

/** Any of these makes a frame with a time and a target one of recoveries, whatever the source calls it. */
const TELLING = [FIELD.timeEnd, FIELD.outcome, FIELD.state, FIELD.durationMs, FIELD.id, FIELD.fault, FIELD.text];

/** Whether the frame is one of recoveries: it says so, or it has the fields. */
export function isRecoveriesFrame(frame: DataFrame): boolean {
  if (kindOf(frame) !== undefined) {
    return kindOf(frame) === 'recoveries';
  }
  const time = findField(frame, FIELD.time);
  const target = findField(frame, FIELD.domain) ?? findField(frame, FIELD.host);
  const sampled = frame.fields.some(({ name, type }) => type === FieldType.number && /^value( #\w+)?$/i.test(name));
  return Boolean(time && target && !sampled && TELLING.some((name) => findField(frame, name)));
}

/** What `meta.custom` says that the frame is; undefined: nothing. */
export function kindOf(frame: DataFrame): unknown {
  const own: unknown = frame.meta?.custom?.virtmedic;
  return typeof own === 'object' && own !== null && 'kind' in own ? own.kind : undefined;
}

/** One item a row, in the order of rows; rows of which nothing can be made are counted into the notes. */
export function itemsOfRecoveries(frame: DataFrame, laneBy: LaneBy, notes: Notes): RecoveryItem[] {
  const columns: Columns = {};
  for (const name of NAMES) {
    columns[name] = findField(frame, FIELD[name]);
  }
  const fields = fieldsOfItem(columns);
  const items: RecoveryItem[] = [];
  const rows = rowCount(frame);
  for (let row = 0; row < rows; row++) {
    const item = itemOfRow(columns, fields, row, laneBy, notes);
    if (item) {
      items.push(item);
    }
  }
  return items;
}

function fieldsOfItem(columns: Columns): FieldsOfItem {
  return {
    duration: columns.durationMs,
    status: columns.outcome,
    probability: columns.probability,
    domain: columns.domain,
    host: columns.host,
    fault: columns.fault,
  };
}

function itemOfRow(
  columns: Columns,
  fields: FieldsOfItem,
  row: number,
  laneBy: LaneBy,
  notes: Notes
): RecoveryItem | null {
  const cell = (name: keyof typeof FIELD): unknown => columns[name]?.values?.[row];
  const startMs = toTimeMs(cell('time'));
  const host = toName(cell('host'));
  const domain = toName(cell('domain'));
  if (startMs === null) {
    addTo(notes.skipped, () => t('panel.model.no-time', 'a row has no time in its field "time"'));
    return null;
  }
  if (host === '' && domain === '') {
    addTo(notes.skipped, () => t('panel.model.no-target', 'a row names neither a host nor a domain'));
    return null;
  }
  const app = toName(cell('app'));
  const state = toName(cell('state'));
  const outcome = toName(cell('outcome'));
  const endMs = endOf(columns, row, startMs, outcome, state, notes);
  const lane = laneKey({ host, domain, app }, laneBy);
  return {
    id: toName(cell('id')) || `${host}/${domain}/${app}@${startMs}`,
    lane,
    host,
    domain,
    app,
    fault: toName(cell('fault')),
    status: statusOf(outcome, state, endMs !== null),
    startMs,
    endMs,
    phases: phasesFrom(startMs, endMs, {
      detect: toLength(cell('detectMs')),
      decide: toLength(cell('decideMs')),
      execute: toLength(cell('executeMs')),
      verify: toLength(cell('verifyMs')),
    }),
    state: endMs === null ? state : '',
    text: toText(cell('text')),
    actions: toName(cell('actions')),
    attempts: toLength(cell('attempts')),
    alert: toName(cell('alert')),
    fromHost: toName(cell('fromHost')),
    toHost: toName(cell('toHost')),
    acknowledgedBy: toName(cell('acknowledgedBy')),
    probability: toProbability(cell('probability')),
    row,
    fields,
  };
}

/**
 * When it was over: as given, else start and duration. Null: it goes on, which an empty end says where the source has ends at all or
 * names an open state, and no outcome contradicts. An end before the start is no length: a point at the start, and noted.
 */
function endOf(
  columns: Columns,
  row: number,
  startMs: number,
  outcome: string,
  state: string,
  notes: Notes
): number | null {
  const given = toTimeMs(columns.timeEnd?.values?.[row]);
  if (given !== null && given >= startMs) {
    return given;
  }
  if (given !== null) {
    addTo(notes.corrected, () =>
      t('panel.model.reversed', 'one ends before it starts: it is shown as a point at its start')
    );
    return startMs;
  }
  const open = OPEN_STATES.has(state.toLowerCase());
  const length = toNumber(columns.durationMs?.values?.[row]);
  if (!open && length !== null) {
    if (length < 0) {
      addTo(notes.corrected, () =>
        t('panel.model.negative', 'one has a negative duration: it is shown as a point at its start')
      );
    }
    return startMs + Math.max(0, length);
  }
  return open || (outcome === '' && columns.timeEnd !== undefined) ? null : startMs;
}
