import React, { useId, useMemo, useRef, useState } from 'react';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import type { RecoveryItem } from '../model/types';
import type { HistoryTableProps } from '../types';
import { columnWidths, EXPANDER_PX, shownColumns } from './columns';
import { DetailsRow } from './DetailsRow';
import { HistoryRow } from './HistoryRow';
import { pagingOfSelection, usablePageSize, viewOfPage, wantedPage, type PageView } from './paging';
import { moveFocus } from './moveFocus';
import { sortItems, type Sorting } from './sortItems';
import { tableStyles } from './styles';
import { TableHead } from './TableHead';
import { TablePages } from './TablePages';
import { useScrollToSelection } from './useScrollToSelection';

/** The recoveries as a table: sorted, in pages, each row with details to open. A selection from outside is opened and shown. */
export function HistoryTable(props: HistoryTableProps): React.ReactElement {
  const { items, width, height, selectedId, onSelect } = props;
  const styles = useStyles2(tableStyles);
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const sorted = useMemo(() => sortItems(items, sorting), [items, sorting]);
  const { view, setPage } = usePages(sorted, props);
  const [openIds, toggleOpen] = useOpenRows(selectedId, onSelect);
  const scroll = useRef<HTMLDivElement>(null);
  useScrollToSelection(scroll, selectedId, view.page);
  const tableId = useId();
  const columns = shownColumns(width, items);
  const turnTo = (page: number): void => {
    setPage(page);
    scroll.current?.scrollTo?.({ top: 0 });
  };

  return (
    <div className={styles.root} style={{ width, height }}>
      <div className={styles.scroll} ref={scroll}>
        <table className={styles.table} aria-label={t('panel.table.name', 'Recovery history')}>
          <colgroup>
            <col style={{ width: EXPANDER_PX }} />
            {columnWidths(columns, width).map((px, index) => (
              <col key={columns[index]} style={{ width: px }} />
            ))}
          </colgroup>
          <TableHead columns={columns} sorting={sorting} width={width} onSort={setSorting} />
          <tbody onKeyDown={moveFocus}>
            {sorted.slice(view.from, view.to).map((item, index) => {
              const open = item.id === selectedId || openIds.has(item.id);
              const detailsId = `${tableId}-${view.from + index}`;
              return (
                <React.Fragment key={item.id}>
                  <HistoryRow
                    {...props}
                    item={item}
                    columns={columns}
                    open={open}
                    selected={item.id === selectedId}
                    detailsId={detailsId}
                    onToggle={toggleOpen}
                  />
                  {open && <DetailsRow {...props} item={item} id={detailsId} columns={columns.length + 1} />}
                </React.Fragment>
              );
            })}
          </tbody>
        </table>
        {items.length === 0 && (
          <p className={styles.empty}>{t('panel.table.empty', 'No recovery matches search and filters.')}</p>
        )}
      </div>
      <TablePages view={view} count={sorted.length} onPage={turnTo} />
    </div>
  );
}

/** The page of the selection until the person turns to another; that one until the selection changes. */
function usePages(
  sorted: RecoveryItem[],
  { pageSize, selectedId }: HistoryTableProps
): { view: PageView; setPage(page: number): void } {
  const size = usablePageSize(pageSize);
  const [paging, setPaging] = useState(() => pagingOfSelection(0, selectedId));
  const ids = useMemo(() => sorted.map(({ id }) => id), [sorted]);
  const view = viewOfPage(wantedPage(paging, ids, size), sorted.length, size);
  if (paging.selectedId !== selectedId) {
    setPaging(pagingOfSelection(view.page, selectedId));
  }
  return { view, setPage: (page) => setPaging({ page, selectedId, followsSelection: false }) };
}

/** Rows opened here stay open when another is selected; the selected one is open anyway. */
function useOpenRows(
  selectedId: string | null,
  onSelect: HistoryTableProps['onSelect']
): [Set<string>, (item: RecoveryItem) => void] {
  const [openIds, setOpenIds] = useState<Set<string>>(() => new Set());
  const toggle = ({ id }: RecoveryItem): void => {
    const close = id === selectedId || openIds.has(id);
    const next = new Set(openIds);
    if (close) {
      next.delete(id);
    } else {
      next.add(id);
    }
    setOpenIds(next);
    if (!close || id === selectedId) {
      onSelect(close ? null : id);
    }
  };
  return [openIds, toggle];
}
