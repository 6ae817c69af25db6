import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import type { RecoveryItem, Status } from './model/types';
import { severityOf, statusLook } from './status/statusLook';

/** How many recoveries of each status, the worst first: for a panel with room for nothing else. */
export function RecoveryHistoryPanelSummary({ items }: { items: RecoveryItem[] }): React.ReactElement {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const counts = new Map<Status, number>();
  for (const { status } of items) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a], [b]) => severityOf(b) - severityOf(a));
  return (
    <div className={styles.summary}>
      <span>
        {t('panel.summary.count', '{{count}} recoveries', { count: items.length, defaultValue_one: 'One recovery' })}
      </span>
      {sorted.map(([status, count]) => {
        const { icon, color, word } = statusLook(theme, status);
        return (
          <span key={status} className={styles.status} title={word}>
            <Icon name={icon} size="sm" style={{ color }} aria-hidden />
            {t('panel.summary.status', '{{count}} {{word}}', { count, word: word.toLowerCase() })}
          </span>
        );
      })}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  summary: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0, 1),
    alignContent: 'flex-start',
    ...theme.typography.bodySmall,
    height: '100%',
    overflow: 'hidden',
  }),
  status: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.25), whiteSpace: 'nowrap' }),
});
