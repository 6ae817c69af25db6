import React from 'react';
import { useStyles2 } from '@grafana/ui';
import type { RecoveryItem } from '../model/types';
import type { HistoryTableProps } from '../types';
import { RecoveryDetails } from './RecoveryDetails';
import { tableStyles } from './styles';

type DetailsRowProps = Pick<HistoryTableProps, 'model' | 'nowMs' | 'width' | 'timeZone' | 'onZoom' | 'loadDetail'> & {
  item: RecoveryItem;
  id: string;
  columns: number;
};

/** The row below an opened one. */
export function DetailsRow({ id, columns, ...details }: DetailsRowProps): React.ReactElement {
  const styles = useStyles2(tableStyles);
  return (
    <tr id={id}>
      <td className={styles.detailsCell} colSpan={columns}>
        <RecoveryDetails {...details} />
      </td>
    </tr>
  );
}
