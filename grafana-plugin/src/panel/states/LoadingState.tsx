import React from 'react';
import { css, keyframes } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { VISUALLY_HIDDEN } from '../../format/visuallyHidden';
import { useElapsed } from './useElapsed';

/** A load that is over by then is not announced: a flash tells nothing. */
const SHOWN_AFTER_MS = 300;
const SLOW_AFTER_MS = 10_000;
const ROWS = [90, 70, 80, 60];

/** While the first answer is awaited. */
export function LoadingState(): React.ReactElement {
  const styles = useStyles2(getStyles);
  const shown = useElapsed(true, SHOWN_AFTER_MS);
  const slow = useElapsed(true, SLOW_AFTER_MS);
  return (
    <div className={styles.box} aria-busy="true">
      <div role="status">
        {shown && (
          <span className={slow ? undefined : styles.hidden}>
            {slow ? slowText() : t('panel.states.loading', 'Loading recoveries…')}
          </span>
        )}
      </div>
      {shown &&
        ROWS.map((width) => (
          <div key={width} className={styles.bar} style={{ width: `${width}%` }} data-testid="skeleton" />
        ))}
    </div>
  );
}

function slowText(): string {
  return t(
    'panel.states.slow',
    'Still loading. The data source takes unusually long; a shorter time range answers sooner.'
  );
}

const pulse = keyframes({ '0%, 100%': { opacity: 0.4 }, '50%': { opacity: 1 } });

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({
    width: '100%',
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1),
  }),
  hidden: css(VISUALLY_HIDDEN),
  bar: css({
    height: theme.spacing(2),
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    '@media (prefers-reduced-motion: no-preference)': { animation: `${pulse} 1.6s ease-in-out infinite` },
  }),
});
