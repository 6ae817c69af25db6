import React, { useId } from 'react';
import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import type { Forecast } from '../../api/types';
import { formatDuration } from '../../format/duration';
import { signalWord, whyMissing } from '../../format/missing';
import { formatProbability } from '../../format/probability';
import { AS_TEXT, cutText } from '../../format/text';
import { detailStyles } from './styles';

const MAX_WORD = 80;
const MOST_MISSING = 5;

interface ForecastAtDetectionProps {
  forecast: Forecast;
  timeZone: string;
}

interface Share {
  name: string;
  share: number;
  color: string;
}

/** What was forecast when the fault was detected: figures, with bars beside them for the eye. */
export function ForecastAtDetection({ forecast, timeZone }: ForecastAtDetectionProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  const { heading, secondary, text } = useStyles2(detailStyles);
  const theme = useTheme2();
  const id = useId();
  return (
    <section className={styles.root} aria-labelledby={id}>
      <h6 id={id} className={heading}>
        {t('panel.table.forecast.name', 'Forecast at detection')}
      </h6>
      <div className={styles.groups}>
        <Shares name={t('panel.table.forecast.failure', 'Failure')} shares={failureShares(forecast, theme)} />
        <Shares name={t('panel.table.forecast.health', 'Health')} shares={healthShares(forecast, theme)} />
        <Shares name={t('panel.table.forecast.load', 'Load')} shares={loadShares(forecast, theme)} />
      </div>
      {forecast.coldStart && (
        <p className={text}>
          <Icon name="info-circle" size="sm" />{' '}
          {t('panel.table.forecast.cold-start', 'It was still learning what is usual here: such a forecast is rough.')}
        </p>
      )}
      <p className={`${text} ${secondary}`}>{remarks(forecast, timeZone).join(' ')}</p>
    </section>
  );
}

/** Nothing where it was not told. */
function Shares({ name, shares }: { name: string; shares: Share[] }): React.ReactElement | null {
  const styles = useStyles2(getStyles);
  const id = useId();
  if (shares.length === 0) {
    return null;
  }
  return (
    <div className={styles.group} role="group" aria-labelledby={id}>
      <span id={id} className={styles.groupName}>
        {name}
      </span>
      <dl className={styles.shares}>
        {shares.map((one) => (
          <div key={one.name} className={styles.share}>
            <dt>{one.name}</dt>
            <dd>
              <span className={styles.track} aria-hidden="true">
                <span className={styles.bar} style={{ width: `${100 * one.share}%`, background: one.color }} />
              </span>
              <span className={styles.figure}>{formatProbability(one.share)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function failureShares({ failureProbability }: Forecast, theme: GrafanaTheme2): Share[] {
  return failureProbability.map(({ horizonSeconds, probability }) => ({
    name: t('panel.table.forecast.within', 'within {{time}}', {
      time: formatDuration(horizonSeconds * 1000),
      ...AS_TEXT,
    }),
    share: probability,
    color: theme.colors.warning.main,
  }));
}

function healthShares({ health }: Forecast, { colors }: GrafanaTheme2): Share[] {
  return health === null
    ? []
    : [
        { name: t('panel.table.forecast.normal', 'normal'), share: health.normal, color: colors.success.main },
        { name: t('panel.table.forecast.abnormal', 'abnormal'), share: health.abnormal, color: colors.warning.main },
        { name: t('panel.table.forecast.failed', 'failed'), share: health.failed, color: colors.error.main },
      ];
}

function loadShares({ load }: Forecast, { colors }: GrafanaTheme2): Share[] {
  const color = colors.primary.main;
  return load === null
    ? []
    : [
        { name: t('panel.table.forecast.low', 'low'), share: load.low, color },
        { name: t('panel.table.forecast.medium', 'medium'), share: load.medium, color },
        { name: t('panel.table.forecast.high', 'high'), share: load.high, color },
      ];
}

/** How much to make of it: when it was made, from what, by which model. */
function remarks({ atMs, failingSinceMs, missing, model }: Forecast, timeZone: string): string[] {
  const at = (ms: number): string => dateTimeFormat(ms, { timeZone });
  const told = [t('panel.table.forecast.at', 'Made at {{time}}.', { time: at(atMs), ...AS_TEXT })];
  if (failingSinceMs !== null) {
    told.push(
      t('panel.table.forecast.since', 'Over the limit since {{time}}.', { time: at(failingSinceMs), ...AS_TEXT })
    );
  }
  if (model.source !== '') {
    told.push(t('panel.table.forecast.model', 'Model: {{model}}.', { model: modelWord(model.source), ...AS_TEXT }));
  }
  if (model.trainedAtMs !== null) {
    told.push(t('panel.table.forecast.trained', 'Trained at {{time}}.', { time: at(model.trainedAtMs), ...AS_TEXT }));
  }
  if (missing.length > 0) {
    const shown = missing.slice(0, MOST_MISSING).map(({ signal, why }) => {
      const what = signal === null ? t('panel.table.forecast.everything', 'all signals') : signalWord(signal);
      return `${what} (${whyMissing(why)})`;
    });
    const list = [...shown, ...(missing.length > MOST_MISSING ? ['…'] : [])].join(', ');
    told.push(t('panel.table.forecast.missing', 'Not seen: {{list}}.', { list, ...AS_TEXT }));
  }
  return told;
}

function modelWord(source: string): string {
  switch (source) {
    case 'prior':
      return t('panel.table.forecast.prior', 'built in, as none was trained yet');
    case 'pooled':
      return t('panel.table.forecast.pooled', 'of all targets together');
    case 'own':
      return t('panel.table.forecast.own', 'its own');
    default:
      return cutText(source, MAX_WORD);
  }
}

const getStyles = (theme: GrafanaTheme2) => ({
  root: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(0.5) }),
  groups: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(190px, 100%), 1fr))',
    gap: theme.spacing(1, 3),
    maxWidth: 900,
  }),
  group: css({ minWidth: 0 }),
  groupName: css({ color: theme.colors.text.secondary }),
  shares: css({ margin: 0 }),
  share: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 2fr)',
    gap: theme.spacing(0, 1),
    alignItems: 'center',
    '& > dt': { fontWeight: 'normal', overflowWrap: 'anywhere' },
    '& > dd': { margin: 0, display: 'flex', alignItems: 'center', gap: theme.spacing(1) },
  }),
  track: css({
    flex: '1 1 auto',
    height: 8,
    overflow: 'hidden',
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
  }),
  bar: css({ display: 'block', height: '100%' }),
  figure: css({ flex: '0 0 48px', textAlign: 'right', fontVariantNumeric: 'tabular-nums' }),
});
