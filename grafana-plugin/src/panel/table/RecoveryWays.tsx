import React from 'react';
import { t } from '@grafana/i18n';
import { Button, useStyles2 } from '@grafana/ui';
import type { RecoveryItem } from '../model/types';
import { fieldLinks } from './fieldLinks';
import { rangeOfItem } from './rangeOfItem';
import { detailStyles } from './styles';

export interface RecoveryWaysProps {
  item: RecoveryItem;
  nowMs: number;
  onZoom(fromMs: number, toMs: number): void;
}

/** Where one can go from a recovery: to its time, and by the links that the user configured on its fields. */
export function RecoveryWays({ item, nowMs, onZoom }: RecoveryWaysProps): React.ReactElement {
  const styles = useStyles2(detailStyles);
  const { fromMs, toMs } = rangeOfItem(item, nowMs);
  return (
    <div className={styles.actions}>
      <Button size="sm" variant="secondary" icon="search-plus" onClick={() => onZoom(fromMs, toMs)}>
        {t('panel.table.show-time', 'Show this time')}
      </Button>
      {fieldLinks(item).map(({ href, title, target, onClick }) => (
        <a
          key={`${title} ${href}`}
          className={styles.link}
          href={href}
          target={target}
          rel="noreferrer"
          onClick={onClick}
        >
          {title}
        </a>
      ))}
    </div>
  );
}
