import React from 'react';
import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { actionWords } from '../../format/action';
import { formatDuration } from '../../format/duration';
import { faultLabel, faultMark } from '../../format/fault';
import { formatProbability } from '../../format/probability';
import { cutText } from '../../format/text';
import type { Phase, RecoveryItem } from '../model/types';
import { statusLook } from '../status/statusLook';
import { durationDisplay } from '../table/durationDisplay';
import { RecoveryWays } from '../table/RecoveryWays';
import { barColors } from './barColor';
import { stateWord } from './look';
import { targetOf } from './targetOf';

const MAX_TEXT = 280;

export interface RecoveryCardProps {
  item: RecoveryItem;
  nowMs: number;
  timeZone: string;
  /** Given: the card stays, so that what is in it can be used. */
  pinned?: { onZoom(fromMs: number, toMs: number): void; onClose(): void };
}

/** All about one recovery, in short. */
export function RecoveryCard({ item, nowMs, timeZone, pinned }: RecoveryCardProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const look = statusLook(theme, item.status);
  const color = barColors(theme)(item);
  const mark = faultMark(item.fault);
  return (
    <div className={styles.card}>
      <div className={styles.head}>
        <Icon name={look.icon} style={{ color }} />
        <strong>{targetOf(item)}</strong>
        {pinned && (
          <Button
            className={styles.close}
            size="sm"
            fill="text"
            variant="secondary"
            icon="times"
            aria-label={t('panel.timeline.close', 'Close')}
            onClick={pinned.onClose}
          />
        )}
      </div>
      <div className={styles.what}>
        {mark !== null && <Icon name={mark.icon} size="sm" style={{ color: theme.colors[mark.tone].text }} />}{' '}
        {faultLabel(item.fault)} · <span style={{ fontWeight: theme.typography.fontWeightMedium }}>{look.word}</span>
      </div>
      <Facts item={item} nowMs={nowMs} timeZone={timeZone} />
      <Phases phases={item.phases} color={color} />
      {item.text !== '' && <div className={styles.text}>{cutText(item.text, MAX_TEXT)}</div>}
      {pinned && (
        <div className={styles.ways}>
          <RecoveryWays item={item} nowMs={nowMs} onZoom={pinned.onZoom} />
        </div>
      )}
    </div>
  );
}

function Facts({ item, nowMs, timeZone }: Omit<RecoveryCardProps, 'pinned'>): React.ReactElement {
  const styles = useStyles2(getStyles);
  const facts = factsOf(item, nowMs, timeZone).filter(([, value]) => value !== '');
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}

function factsOf(item: RecoveryItem, nowMs: number, timeZone: string): Array<[string, string]> {
  const moved = item.toHost !== '' && item.fromHost !== '' && item.toHost !== item.fromHost;
  return [
    [t('panel.timeline.card.began', 'Began'), dateTimeFormat(item.startMs, { timeZone })],
    [
      t('panel.timeline.card.ended', 'Ended'),
      item.endMs === null
        ? t('panel.timeline.card.goes-on', 'still going on')
        : dateTimeFormat(item.endMs, { timeZone }),
    ],
    [t('panel.timeline.card.duration', 'Took'), durationDisplay(item, nowMs).text],
    [t('panel.timeline.card.state', 'Now'), stateWord(item.state) || cutText(item.state, 40)],
    [t('panel.timeline.card.actions', 'Actions'), actionWords(item.actions, 120)],
    [t('panel.timeline.card.moved', 'Moved'), moved ? `${item.fromHost} → ${item.toHost}` : ''],
    [t('panel.timeline.card.alert', 'Alert'), cutText(item.alert, 120)],
    [
      t('panel.timeline.card.forecast', 'Forecast before'),
      item.probability === null ? '' : formatProbability(item.probability),
    ],
    [t('panel.timeline.card.acknowledged', 'Acknowledged by'), cutText(item.acknowledgedBy, 60)],
  ];
}

/** The word for a phase. */
export function phaseWord(name: Phase['name']): string {
  switch (name) {
    case 'detect':
      return t('panel.timeline.phase.detect', 'Detect');
    case 'decide':
      return t('panel.timeline.phase.decide', 'Decide');
    case 'execute':
      return t('panel.timeline.phase.execute', 'Execute');
    case 'verify':
      return t('panel.timeline.phase.verify', 'Verify');
  }
}

function Phases({ phases, color }: { phases: Phase[]; color: string }): React.ReactElement | null {
  const styles = useStyles2(getStyles);
  const longest = Math.max(1, ...phases.map(({ startMs, endMs }) => endMs - startMs));
  if (phases.length === 0) {
    return null;
  }
  return (
    <div className={styles.phases}>
      {phases.map(({ name, startMs, endMs }) => (
        <React.Fragment key={name}>
          <span>{phaseWord(name)}</span>
          <span className={styles.track}>
            <span
              className={styles.length}
              style={{ width: `${(100 * (endMs - startMs)) / longest}%`, background: color }}
            />
          </span>
          <span className={styles.number}>{formatDuration(endMs - startMs)}</span>
        </React.Fragment>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    ...theme.typography.bodySmall,
    color: theme.colors.text.primary,
    maxWidth: 340,
    overflowWrap: 'anywhere',
  }),
  head: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.75),
    fontSize: theme.typography.body.fontSize,
  }),
  close: css({ marginLeft: 'auto' }),
  what: css({ marginBottom: theme.spacing(0.75) }),
  facts: css({
    display: 'grid',
    gridTemplateColumns: 'auto 1fr',
    gap: theme.spacing(0, 1.5),
    margin: 0,
    dt: { color: theme.colors.text.secondary, fontWeight: 'normal' },
    dd: { margin: 0, fontVariantNumeric: 'tabular-nums' },
  }),
  phases: css({
    display: 'grid',
    gridTemplateColumns: 'auto minmax(80px, 1fr) auto',
    alignItems: 'center',
    gap: theme.spacing(0, 1),
    marginTop: theme.spacing(0.75),
  }),
  track: css({ height: 6, background: theme.colors.background.secondary, borderRadius: theme.shape.radius.default }),
  length: css({ display: 'block', height: '100%', minWidth: 2, borderRadius: theme.shape.radius.default }),
  number: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums' }),
  text: css({ marginTop: theme.spacing(0.75), color: theme.colors.text.secondary }),
  ways: css({ marginTop: theme.spacing(1) }),
});
