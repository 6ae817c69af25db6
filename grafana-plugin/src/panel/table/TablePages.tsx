import React from 'react';
import { cx } from '@emotion/css';
import type { IconName } from '@grafana/data';
import { t } from '@grafana/i18n';
import { IconButton, useStyles2 } from '@grafana/ui';
import type { PageView } from './paging';
import { tableStyles } from './styles';

interface TablePagesProps {
  view: PageView;
  count: number;
  onPage(page: number): void;
}

/** Which items of how many are shown, and buttons to turn pages; nothing where one page holds all. */
export function TablePages({ view, count, onPage }: TablePagesProps): React.ReactElement | null {
  const styles = useStyles2(tableStyles);
  const { page, pages, from, to } = view;
  if (pages <= 1) {
    return null;
  }
  const turn = (name: IconName, label: string, target: number, className?: string): React.ReactElement => (
    <IconButton
      name={name}
      className={cx(className, { [styles.off]: target === page })}
      aria-label={label}
      tooltip={label}
      size="md"
      // Not `disabled`: who turns pages by keyboard would lose the focus on the last one.
      aria-disabled={target === page}
      onClick={() => target !== page && onPage(target)}
    />
  );
  return (
    <nav className={styles.pages} aria-label={t('panel.table.pages.name', 'Pages of the recovery history')}>
      {turn('angle-double-right', t('panel.table.pages.first', 'First page'), 0, styles.turned)}
      {turn('angle-left', t('panel.table.pages.previous', 'Previous page'), Math.max(0, page - 1))}
      <span aria-live="polite">
        {t('panel.table.pages.shown', '{{from}}–{{to}} of {{total}}', { from: from + 1, to, total: count })}
      </span>
      {turn('angle-right', t('panel.table.pages.next', 'Next page'), Math.min(pages - 1, page + 1))}
      {turn('angle-double-right', t('panel.table.pages.last', 'Last page'), pages - 1)}
    </nav>
  );
}
