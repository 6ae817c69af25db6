import React from 'react';
import { t } from '@grafana/i18n';
import { Icon, useStyles2 } from '@grafana/ui';
import { ICON_ONLY_BELOW, type Column } from './columns';
import { ariaSort, nextSorting, type Sorting } from './sortItems';
import { tableStyles } from './styles';

interface TableHeadProps {
  columns: Column[];
  sorting: Sorting | null;
  width: number;
  onSort(sorting: Sorting | null): void;
}

/** Names of the columns; each is a button that sorts by it. */
export function TableHead({ columns, sorting, width, onSort }: TableHeadProps): React.ReactElement {
  const styles = useStyles2(tableStyles);
  return (
    <thead>
      <tr>
        <th className={styles.head} scope="col">
          <span className={styles.hidden}>{t('panel.table.column.details', 'Details')}</span>
        </th>
        {columns.map((column) => {
          const sorted = ariaSort(sorting, column);
          const name = columnName(column);
          return (
            <th key={column} className={styles.head} scope="col" aria-sort={sorted}>
              <button
                type="button"
                className={styles.sort}
                title={t('panel.table.sort', 'Sort by this column')}
                aria-label={name}
                onClick={() => onSort(nextSorting(sorting, column))}
              >
                {column === 'status' && width < ICON_ONLY_BELOW ? <Icon name="check-circle" size="sm" /> : name}
                {sorted && <Icon name={sorted === 'descending' ? 'arrow-down' : 'arrow-up'} size="sm" />}
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function columnName(column: Column): string {
  switch (column) {
    case 'status':
      return t('panel.table.column.status', 'Outcome');
    case 'when':
      return t('panel.table.column.when', 'When');
    case 'domain':
      return t('panel.table.column.domain', 'Domain');
    case 'fault':
      return t('panel.table.column.fault', 'What failed');
    case 'actions':
      return t('panel.table.column.actions', 'What was done');
    case 'host':
      return t('panel.table.column.host', 'Host');
    case 'app':
      return t('panel.table.column.app', 'Application');
    case 'duration':
      return t('panel.table.column.duration', 'Took');
    case 'text':
      return t('panel.table.column.text', 'Why');
  }
}
