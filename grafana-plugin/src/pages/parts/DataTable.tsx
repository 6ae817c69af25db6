import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

/** Wide enough for any sensible name; what is longer is broken. */
const MAX_CELL_PX = 420;

interface Props {
  /** Read out by screen readers; not shown. */
  label: string;
  columns: string[];
  children: React.ReactNode;
}

/** A plain table; what is wider than the page scrolls inside it. */
export function DataTable({ label, columns, children }: Props) {
  const styles = useStyles2(getStyles);
  return (
    // Whoever has no mouse scrolls it with the arrow keys.
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroll: css({
    overflowX: 'auto',
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}` },
  }),
  table: css({
    width: '100%',
    borderCollapse: 'collapse',
    'th, td': {
      textAlign: 'left',
      verticalAlign: 'middle',
      padding: theme.spacing(1),
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      overflowWrap: 'break-word',
      maxWidth: MAX_CELL_PX,
    },
    'tbody th': { fontWeight: theme.typography.fontWeightMedium },
    'thead th': { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightMedium, whiteSpace: 'nowrap' },
    'tbody tr:hover': { background: theme.colors.action.hover },
  }),
});
