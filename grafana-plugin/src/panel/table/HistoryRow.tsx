import React from 'react';
import { t } from '@grafana/i18n';
import { Icon, useStyles2 } from '@grafana/ui';
import { AS_TEXT, cutText } from '../../format/text';
import type { FilterKey, RecoveryItem } from '../model/types';
import { Cell } from './Cell';
import type { Column } from './columns';
import { tableStyles } from './styles';

const MAX_NAME = 100;

export interface HistoryRowProps {
  item: RecoveryItem;
  columns: Column[];
  open: boolean;
  selected: boolean;
  /** Id of the element with the details, for assistive technology. */
  detailsId: string;
  nowMs: number;
  width: number;
  timeZone: string;
  onToggle(item: RecoveryItem): void;
  onFilter(key: FilterKey, value: string): void;
}

/** One recovery as a row: a click outside its labels, or the button in front, opens its details. */
export function HistoryRow(props: HistoryRowProps): React.ReactElement {
  const { item, columns, open, selected, detailsId, onToggle } = props;
  const styles = useStyles2(tableStyles);
  const name = cutText([item.domain || item.host, item.app].filter(Boolean).join('/'), MAX_NAME);
  const toggleUnlessOnLabel = (event: React.MouseEvent): void => {
    const onLabel = event.target instanceof Element && event.target.closest('button, a') !== null;
    if (!onLabel && !hasTextSelected()) {
      onToggle(item);
    }
  };
  return (
    <tr
      className={styles.row}
      aria-current={selected ? 'true' : undefined}
      data-recovery={item.id}
      onClick={toggleUnlessOnLabel}
    >
      <td className={styles.expanderCell}>
        <button
          type="button"
          className={styles.expand}
          data-expand
          aria-expanded={open}
          aria-controls={open ? detailsId : undefined}
          aria-label={t('panel.table.details-of', 'Details of {{name}}', { name, ...AS_TEXT })}
          onClick={() => onToggle(item)}
        >
          <Icon name={open ? 'angle-down' : 'angle-right'} />
        </button>
      </td>
      {columns.map((column) => (
        <Cell key={column} column={column} {...props} />
      ))}
    </tr>
  );
}

/** Someone who copies a name with the mouse does not want to open the row. */
function hasTextSelected(): boolean {
  return window.getSelection()?.type === 'Range';
}
