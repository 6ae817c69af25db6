import React from 'react';
import { dateTimeFormat, formattedValueToString } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import type { RecoveryDetail } from '../../api/types';
import { actionWords } from '../../format/action';
import { formatAgo } from '../../format/ago';
import { formatDuration } from '../../format/duration';
import { faultLabel } from '../../format/fault';
import { formatProbability } from '../../format/probability';
import { AS_TEXT, cutText } from '../../format/text';
import type { RecoveryItem } from '../model/types';
import { words } from './chronicle';
import { detailStyles } from './styles';

const MAX_TEXT = 300;
const MAX_ALERTS = 10;

interface DetailFactsProps {
  item: RecoveryItem;
  /** Null: not (yet) known. */
  detail: RecoveryDetail | null;
  nowMs: number;
  timeZone: string;
}

type Fact = [name: string, value: string];

/** What is to be known of a recovery beside its course. */
export function DetailFacts(props: DetailFactsProps): React.ReactElement {
  const styles = useStyles2(detailStyles);
  const facts = [...factsOfTarget(props), ...factsOfCourse(props), ...factsOfAlert(props), ...factsOfPeople(props)];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={styles.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOfTarget({ item, detail }: DetailFactsProps): Fact[] {
  const target = detail?.incident.target;
  const facts: Fact[] = [[t('panel.table.fact.fault', 'Fault'), withClass(item.fault)]];
  if (item.app) {
    facts.push([t('panel.table.fact.app', 'Application'), cutText(item.app, MAX_TEXT)]);
  }
  if (item.domain) {
    facts.push([t('panel.table.fact.domain', 'Domain'), cutText(item.domain, MAX_TEXT)]);
  }
  if (target !== undefined && target.kind !== 'host' && target.uuid) {
    facts.push([t('panel.table.fact.uuid', 'UUID'), cutText(target.uuid, MAX_TEXT)]);
  }
  const moved = item.fromHost && item.toHost && item.fromHost !== item.toHost;
  const host = moved
    ? `${cutText(item.fromHost, MAX_TEXT)} → ${cutText(item.toHost, MAX_TEXT)}`
    : cutText(item.host, MAX_TEXT);
  facts.push([t('panel.table.fact.host', 'Host'), host || '–']);
  return facts;
}

function withClass(fault: string): string {
  const label = faultLabel(fault);
  const name = cutText(fault, MAX_TEXT);
  return label === name || name === '' ? label : `${label} (${name})`;
}

function factsOfCourse({ item, detail, nowMs, timeZone }: DetailFactsProps): Fact[] {
  const at = (ms: number): string => dateTimeFormat(ms, { timeZone, defaultWithMS: true });
  const facts: Fact[] = [
    [t('panel.table.fact.start', 'Fault began'), `${at(item.startMs)} (${formatAgo(item.startMs, nowMs)})`],
    [
      t('panel.table.fact.end', 'Over'),
      item.endMs === null ? t('panel.table.fact.not-over', 'not yet') : at(item.endMs),
    ],
  ];
  if (item.actions) {
    facts.push([t('panel.table.fact.actions', 'What was done'), actionWords(item.actions, MAX_TEXT)]);
  }
  if (item.state) {
    facts.push([t('panel.table.fact.state', 'State'), words(item.state)]);
  }
  facts.push(...factsOfHold(detail?.incident.hold ?? null, timeZone));
  const phases = (item.phases ?? []).map(
    ({ name, startMs, endMs }) => `${phaseName(name)} ${formatDuration(endMs - startMs)}`
  );
  if (phases.length > 0) {
    facts.push([t('panel.table.fact.phases', 'Time was spent on'), phases.join(', ')]);
  }
  const { probability } = item;
  // Where more is known of the forecast, it has a place of its own.
  if (!detail?.forecast && typeof probability === 'number' && Number.isFinite(probability)) {
    facts.push([t('panel.table.fact.forecast', 'Forecast at detection'), forecast(item, probability)]);
  }
  return facts;
}

function factsOfHold(hold: RecoveryDetail['incident']['hold'], timeZone: string): Fact[] {
  if (hold === null) {
    return [];
  }
  const reason = words(hold.reason) || '–';
  const value =
    typeof hold.retryAtMs === 'number'
      ? t('panel.table.fact.hold-until', '{{reason}}, until {{time}}', {
          reason,
          time: dateTimeFormat(hold.retryAtMs, { timeZone }),
          ...AS_TEXT,
        })
      : reason;
  return [[t('panel.table.fact.hold', 'Waits because of'), value]];
}

function phaseName(name: RecoveryItem['phases'][number]['name']): string {
  switch (name) {
    case 'detect':
      return t('panel.table.phase.detect', 'detecting');
    case 'decide':
      return t('panel.table.phase.decide', 'deciding');
    case 'execute':
      return t('panel.table.phase.execute', 'acting');
    case 'verify':
      return t('panel.table.phase.verify', 'verifying');
  }
}

function forecast({ fields }: RecoveryItem, probability: number): string {
  const display = fields?.probability?.config.unit ? fields.probability.display : undefined;
  const value = display ? formattedValueToString(display(probability)) : formatProbability(probability);
  return t('panel.table.fact.failure-probability', 'failure probability {{value}}', { value, ...AS_TEXT });
}

function factsOfAlert({ item, detail, timeZone }: DetailFactsProps): Fact[] {
  const known = (Array.isArray(detail?.incident.alerts) ? detail.incident.alerts : [])
    .slice(0, MAX_ALERTS)
    .map(({ name, startsAtMs }) => {
      const since = Number.isFinite(startsAtMs) ? dateTimeFormat(startsAtMs, { timeZone }) : '–';
      return t('panel.table.fact.alert-since', '{{name}}, firing since {{since}}', {
        name: cutText(name, MAX_TEXT),
        since,
        ...AS_TEXT,
      });
    });
  const alert = known.join('; ') || cutText(item.alert, MAX_TEXT);
  return alert ? [[t('panel.table.fact.alert', 'Alert'), alert]] : [];
}

function factsOfPeople({ item, detail, timeZone }: DetailFactsProps): Fact[] {
  const by = cutText(detail?.incident.acknowledgedBy ?? item.acknowledgedBy, MAX_TEXT);
  if (!by) {
    return [];
  }
  const atMs = detail?.incident.acknowledgedAtMs;
  return [
    [
      t('panel.table.fact.acknowledged', 'Acknowledged by'),
      typeof atMs === 'number' ? `${by}, ${dateTimeFormat(atMs, { timeZone })}` : by,
    ],
  ];
}
