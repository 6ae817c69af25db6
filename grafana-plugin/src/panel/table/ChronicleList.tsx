import React, { useMemo } from 'react';
import { cx } from '@emotion/css';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import type { RecoveryDetail } from '../../api/types';
import { formatDuration } from '../../format/duration';
import { chronicle, type Moment } from './chronicle';
import { COMPACT_BELOW } from './columns';
import { detailStyles } from './styles';

interface ChronicleListProps {
  detail: RecoveryDetail;
  /** Times are told relative to it. */
  faultAtMs: number;
  width: number;
  /** A newer answer is on its way. */
  busy: boolean;
}

/** What was seen, decided and done, in order. */
export function ChronicleList({ detail, faultAtMs, width, busy }: ChronicleListProps): React.ReactElement {
  const styles = useStyles2(detailStyles);
  const { moments, left } = useMemo(() => chronicle(detail), [detail]);
  return (
    <section aria-busy={busy}>
      <h6 className={styles.heading}>{t('panel.table.chronicle.name', 'What happened, from the fault on')}</h6>
      <ol className={styles.moments}>
        {moments.map((moment, index) => (
          <MomentLine key={index} moment={moment} faultAtMs={faultAtMs} compact={width < COMPACT_BELOW} />
        ))}
      </ol>
      {left > 0 && (
        <p className={styles.secondary}>{t('panel.table.chronicle.left', '… and {{left}} more', { left })}</p>
      )}
    </section>
  );
}

function MomentLine({
  moment,
  faultAtMs,
  compact,
}: {
  moment: Moment;
  faultAtMs: number;
  compact: boolean;
}): React.ReactElement {
  const styles = useStyles2(detailStyles);
  const { atMs, kind, title, text, tookMs, tone } = moment;
  const took =
    tookMs === null ? null : (
      <span className={styles.took}>
        {t('panel.table.chronicle.took', 'took {{duration}}', { duration: formatDuration(tookMs) })}
      </span>
    );
  return (
    <li className={cx(styles.moment, { [styles.narrowMoment]: compact })}>
      <span className={styles.after}>{afterFault(atMs - faultAtMs)}</span>
      <div className={cx({ [styles.step]: kind === 'step' })}>
        <span>{title}</span>
        {text !== '' && (
          <div
            className={cx(styles.pre, {
              [styles.good]: tone === 'good',
              [styles.bad]: tone === 'bad',
              [styles.secondary]: tone === 'plain',
            })}
          >
            {text}
          </div>
        )}
        {compact && took}
      </div>
      {!compact && took}
    </li>
  );
}

function afterFault(ms: number): string {
  return ms < 0 ? formatDuration(ms) : `+${formatDuration(ms)}`;
}
