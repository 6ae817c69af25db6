import React from 'react';
import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2, type IconName } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { cutText } from '../../format/text';
import { rangeOfItem } from '../table/rangeOfItem';
import type { PanelStateProps } from '../types';
import { endedWell, lastRecoverySentence } from './lastRecovery';
import { LoadingState } from './LoadingState';
import { PanelNotes } from './PanelNotes';

export { describeError } from './describeError';
export { PanelNotes } from './PanelNotes';

const MAX_ERROR = 1200;

/** Instead of chart and table: an error, the first loading, or that there is nothing in the range. */
export function PanelState(props: PanelStateProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.center}>
      <State {...props} />
    </div>
  );
}

function State(props: PanelStateProps): React.ReactElement {
  const { model, loading, error } = props;
  if (error !== null) {
    return <ErrorState error={error} />;
  }
  return loading ? <LoadingState /> : <EmptyState {...props} key={model.source} />;
}

function ErrorState({ error }: { error: string }): React.ReactElement {
  const { colors } = useTheme2();
  return (
    <Message
      icon="exclamation-circle"
      color={colors.error.text}
      title={t('panel.states.error.title', 'No recoveries can be shown')}
      role="alert"
    >
      {cutText(error, MAX_ERROR)}
    </Message>
  );
}

function EmptyState(props: PanelStateProps): React.ReactElement {
  const { model } = props;
  const { colors } = useTheme2();
  if (model.last !== null) {
    return <QuietState {...props} last={model.last} />;
  }
  const unread = model.skipped.count > 0;
  const title = unread ? t('panel.states.unread.title', 'Nothing here could be read') : emptyTitle(model.source);
  return (
    <Message
      icon={unread ? 'exclamation-triangle' : 'info-circle'}
      color={unread ? colors.warning.text : colors.text.secondary}
      title={title}
    >
      {unread ? null : emptyAdvice(model.source)}
      <PanelNotes model={model} />
    </Message>
  );
}

function emptyTitle(source: PanelStateProps['model']['source']): string {
  switch (source) {
    case 'api':
      return t('panel.states.never.title', 'No recovery has been recorded yet');
    case 'samples':
      return t('panel.states.no-fault.title', 'No fault in this range');
    case 'none':
      return t('panel.states.no-data.title', 'The query returned no recoveries');
  }
}

function emptyAdvice(source: PanelStateProps['model']['source']): string {
  switch (source) {
    case 'api':
      return t(
        'panel.states.never.advice',
        'One appears as soon as virtmedic sees a fault of a domain or host it watches: a domain that is killed, hangs, panics or vanishes.'
      );
    case 'samples':
      return t(
        'panel.states.no-fault.advice',
        'Prometheus knows no sample of a fault here. A longer time range may have some.'
      );
    case 'none':
      return t(
        'panel.states.no-data.advice',
        'From Prometheus that means: no fault in this range. With the virtmedic data source, choose its query “Recoveries”.'
      );
  }
}

function QuietState({
  model,
  last,
  nowMs,
  timeZone,
  onZoom,
}: PanelStateProps & { last: NonNullable<PanelStateProps['model']['last']> }): React.ReactElement {
  const { colors } = useTheme2();
  const well = endedWell(last);
  const { fromMs, toMs } = rangeOfItem(last, nowMs);
  return (
    <Message
      icon={well ? 'check-circle' : 'exclamation-triangle'}
      color={well ? colors.success.text : colors.warning.text}
      title={
        well
          ? t('panel.states.quiet.title', 'All quiet in this range')
          : t('panel.states.quiet.but', 'Nothing in this range, but the last recovery did not end well')
      }
    >
      <span title={dateTimeFormat(last.startMs, { timeZone })}>{lastRecoverySentence(last, nowMs)}</span>
      <Button size="sm" variant="secondary" icon="clock-nine" onClick={() => onZoom(fromMs, toMs)}>
        {t('panel.states.quiet.show', 'Show that time')}
      </Button>
      <PanelNotes model={model} />
    </Message>
  );
}

interface MessageProps {
  icon: IconName;
  color: string;
  title: string;
  role?: 'alert';
  children: React.ReactNode;
}

function Message({ icon, color, title, role, children }: MessageProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.message} role={role ?? 'status'}>
      <div className={styles.title}>
        <Icon name={icon} size="lg" style={{ color, flex: '0 0 auto' }} />
        <span>{title}</span>
      </div>
      <div className={styles.body}>{children}</div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  center: css({
    width: '100%',
    height: '100%',
    overflow: 'auto',
    display: 'flex',
    alignItems: 'safe center',
    justifyContent: 'safe center',
  }),
  message: css({
    maxWidth: 640,
    padding: theme.spacing(1),
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    textAlign: 'center',
    alignItems: 'center',
  }),
  title: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), ...theme.typography.h5, margin: 0 }),
  body: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    alignItems: 'center',
    color: theme.colors.text.secondary,
    overflowWrap: 'anywhere',
  }),
});
