import type { DataFrame, QueryResultMetaNotice } from '@grafana/data';
import { t } from '@grafana/i18n';
import type { Recovery } from '../api/types';
import { number, tableFrame, text, time, type Column } from './columns';
import { FIELD, RECOVERIES_FRAME, type RecoveriesMeta } from './names';

type Last = RecoveriesMeta['virtmedic']['last'];
type Live = RecoveriesMeta['virtmedic']['live'];

export interface RecoveriesFrame {
  items: readonly Recovery[];
  truncated: boolean;
  last: Recovery | null;
  live?: Live;
  notices: QueryResultMetaNotice[];
}

/** The frame that `names.ts` describes. */
export function recoveriesFrame({ items, truncated, last, live, notices }: RecoveriesFrame, refId: string): DataFrame {
  const custom: RecoveriesMeta = {
    virtmedic: { kind: 'recoveries', truncated, last: lastOf(last), ...(live === undefined ? {} : { live }) },
  };
  return tableFrame(items, columns(), {
    name: RECOVERIES_FRAME,
    refId,
    meta: { custom, notices, uniqueRowIdFields: [0] },
  });
}

/** That which ended last, whatever it is about; null: none has ended. */
export function newestEnded(items: readonly Recovery[]): Recovery | null {
  return items.reduce<Recovery | null>(
    (newest, item) => (item.closedAtMs !== null && item.closedAtMs > (newest?.closedAtMs ?? -Infinity) ? item : newest),
    null
  );
}

export function domainOf({ target }: Recovery): string | null {
  return target.kind === 'host' ? null : target.name;
}

function appOf({ target }: Recovery): string | null {
  return target.kind === 'app' ? target.app : null;
}

/** Why it ended so, or why it waits. */
export function explanationOf({ outcomeText, outcomeReason, hold }: Recovery): string | null {
  return outcomeText ?? (hold === null ? outcomeReason : hold.why || hold.reason);
}

function lastOf(recovery: Recovery | null): Last {
  if (recovery === null || recovery.closedAtMs === null) {
    return null;
  }
  const { id, target, fault, outcome, faultAtMs, closedAtMs } = recovery;
  return {
    id,
    host: target.host,
    domain: domainOf(recovery) ?? '',
    app: appOf(recovery) ?? '',
    fault,
    outcome: outcome ?? '',
    startMs: faultAtMs,
    endMs: closedAtMs,
  };
}

const inMs = { unit: 'ms' };

function columns(): Array<Column<Recovery>> {
  return [
    text(FIELD.id, t('datasource.field.id', 'ID'), ({ id }) => id),
    time(FIELD.time, t('datasource.field.time', 'Fault began'), ({ faultAtMs }) => faultAtMs),
    time(FIELD.timeEnd, t('datasource.field.time-end', 'Over'), ({ closedAtMs }) => closedAtMs),
    text(FIELD.host, t('datasource.field.host', 'Host'), ({ target }) => target.host),
    text(FIELD.domain, t('datasource.field.domain', 'Domain'), domainOf),
    text(FIELD.uuid, t('datasource.field.uuid', 'UUID'), ({ target }) => (target.kind === 'host' ? null : target.uuid)),
    text(FIELD.app, t('datasource.field.app', 'Application'), appOf),
    text(FIELD.fault, t('datasource.field.fault', 'Fault'), ({ fault }) => fault),
    text(FIELD.outcome, t('datasource.field.outcome', 'Outcome'), ({ outcome }) => outcome),
    text(FIELD.state, t('datasource.field.state', 'State'), ({ state }) => state),
    text(FIELD.text, t('datasource.field.text', 'Explanation'), explanationOf),
    text(
      FIELD.actions,
      t('datasource.field.actions', 'Actions'),
      ({ attempts }) => attempts.map(({ action }) => action).join(', ') || null
    ),
    number(FIELD.attempts, t('datasource.field.attempts', 'Attempts'), ({ attempts }) => attempts.length),
    number(FIELD.durationMs, t('datasource.field.duration', 'Duration'), ({ timings }) => timings.totalMs, inMs),
    number(FIELD.detectMs, t('datasource.field.detect', 'Detect'), ({ timings }) => timings.detectMs, inMs),
    number(FIELD.decideMs, t('datasource.field.decide', 'Decide'), ({ timings }) => timings.decideMs, inMs),
    number(FIELD.executeMs, t('datasource.field.execute', 'Execute'), ({ timings }) => timings.executeMs, inMs),
    number(FIELD.verifyMs, t('datasource.field.verify', 'Verify'), ({ timings }) => timings.verifyMs, inMs),
    text(
      FIELD.alert,
      t('datasource.field.alert', 'Alert'),
      ({ alerts }) => alerts.map(({ name }) => name).join(', ') || null
    ),
    text(FIELD.fromHost, t('datasource.field.from-host', 'From host'), ({ fromHost }) => fromHost || null),
    text(FIELD.toHost, t('datasource.field.to-host', 'To host'), ({ toHost }) => toHost || null),
    text(
      FIELD.acknowledgedBy,
      t('datasource.field.acknowledged-by', 'Acknowledged by'),
      ({ acknowledgedBy }) => acknowledgedBy
    ),
    number(
      FIELD.probability,
      t('datasource.field.probability', 'Forecast'),
      ({ failureProbability }) => failureProbability,
      {
        unit: 'percentunit',
        min: 0,
        max: 1,
      }
    ),
  ];
}
