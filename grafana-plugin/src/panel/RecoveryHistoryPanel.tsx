import React, { useCallback, useMemo, useState } from 'react';
import { css } from '@emotion/css';
import { LoadingState, type GrafanaTheme2, type PanelData, type PanelProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, useStyles2 } from '@grafana/ui';
import { applyFilters, FilterBar, toggleFilter } from './filters/FilterBar';
import { filterLanes } from './model/filterLanes';
import { useModel } from './model/useModel';
import { useNow } from './model/useNow';
import type { FilterKey, Filters, Lane, PanelModel, RecoveryItem } from './model/types';
import { withDefaults } from './options';
import { useDetails } from './RecoveryHistoryPanelDetails';
import { panelLayout, type PanelLayout } from './RecoveryHistoryPanelLayout';
import { RecoveryHistoryPanelSummary } from './RecoveryHistoryPanelSummary';
import { describeError, PanelNotes, PanelState } from './states/PanelState';
import { HistoryTable } from './table/HistoryTable';
import { Timeline } from './timeline/Timeline';
import type { PanelOptions } from './types';

/** Recoveries along time and as a table, or what there is to say where there are none. */
export function RecoveryHistoryPanel(props: PanelProps<PanelOptions>): React.ReactElement {
  const { data, width, height, timeZone, onChangeTimeRange } = props;
  const options = useMemo(() => withDefaults(props.options), [props.options]);
  const model = useModel(data, options.laneBy);
  const ticking = useMemo(() => model.items.some(({ endMs }) => endMs === null), [model]);
  const nowMs = useNow(ticking);
  const onZoom = useCallback((from: number, to: number) => onChangeTimeRange({ from, to }), [onChangeTimeRange]);
  const error = errorOf(data);
  const shared = { ...props, options, model, nowMs, onZoom, error };
  const hasLanes = options.showEmptyLanes && options.view !== 'table' && model.lanes.length > 0;
  if (model.items.length === 0 && (!hasLanes || error !== null)) {
    return (
      <div style={{ width, height }} data-testid="recovery-history">
        <PanelState
          model={model}
          loading={isLoading(data)}
          error={error}
          nowMs={nowMs}
          timeZone={timeZone}
          onZoom={onZoom}
        />
      </div>
    );
  }
  return <History {...shared} />;
}

interface HistoryProps extends Omit<PanelProps<PanelOptions>, 'options'> {
  options: PanelOptions;
  model: PanelModel;
  nowMs: number;
  error: string | null;
  onZoom(fromMs: number, toMs: number): void;
}

/** Search and selection live as long as the panel is open. */
function History(props: HistoryProps): React.ReactElement {
  const { model, options, width, height, data } = props;
  const styles = useStyles2(getStyles);
  const [filters, setFilters] = useState<Filters>({});
  const [search, setSearch] = useState('');
  const [selectedId, onSelect] = useState<string | null>(null);
  const onFilter = useCallback(
    (key: FilterKey, value: string) => setFilters((before) => toggleFilter(before, key, value)),
    []
  );
  const items = useMemo(() => applyFilters(model.items, filters, search), [model, filters, search]);
  const lanes = useMemo(
    () => filterLanes(model.lanes, model.items, items, options.showEmptyLanes),
    [model, items, options.showEmptyLanes]
  );
  const loadDetail = useDetails(data);
  const [header, headerHeight] = useHeight();
  const layout = panelLayout(options, { width, height, headerHeight }, lanes.length);
  if (layout.summary) {
    return (
      <div style={{ width, height }} data-testid="recovery-history">
        <RecoveryHistoryPanelSummary items={items} />
      </div>
    );
  }
  return (
    <div className={styles.panel} style={{ width, height }} data-testid="recovery-history">
      <div ref={header}>
        <Header
          {...props}
          layout={layout}
          filters={filters}
          search={search}
          shown={items.length}
          onChange={setFilters}
          onSearch={setSearch}
        />
      </div>
      <Body
        {...props}
        layout={layout}
        lanes={lanes}
        items={items}
        loadDetail={loadDetail}
        selection={{ selectedId, onSelect, onFilter }}
      />
    </div>
  );
}

/** A place to put an element, and the height that it has there. */
function useHeight(): [(element: HTMLElement | null) => void, number] {
  const [height, setHeight] = useState(0);
  const hold = useCallback((element: HTMLElement | null) => {
    if (!element) {
      return undefined;
    }
    setHeight(element.offsetHeight);
    const observer = new ResizeObserver(() => setHeight(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [hold, height];
}

interface HeaderProps extends HistoryProps {
  layout: PanelLayout;
  filters: Filters;
  search: string;
  shown: number;
  onChange(filters: Filters): void;
  onSearch(text: string): void;
}

function Header(props: HeaderProps): React.ReactElement {
  const { error, model, layout, filters, search, shown, width, onChange, onSearch } = props;
  const styles = useStyles2(getStyles);
  const total = model.items.length;
  return (
    <>
      {error !== null && (
        <div role="alert" className={styles.error}>
          <Icon name="exclamation-triangle" />{' '}
          <span>
            {t('panel.error.beside', 'What is shown may be old.', {})} {error}
          </span>
        </div>
      )}
      {layout.filters && total > 0 && (
        <FilterBar
          filters={filters}
          search={search}
          shown={shown}
          total={total}
          items={model.items}
          width={width}
          onChange={onChange}
          onSearch={onSearch}
        />
      )}
      {layout.filters && <PanelNotes model={model} />}
    </>
  );
}

interface BodyProps extends HistoryProps {
  layout: PanelLayout;
  lanes: Lane[];
  items: RecoveryItem[];
  loadDetail: ReturnType<typeof useDetails>;
  selection: {
    selectedId: string | null;
    onSelect(id: string | null): void;
    onFilter(key: FilterKey, value: string): void;
  };
}

function Body({ layout, lanes, items, loadDetail, selection, ...props }: BodyProps): React.ReactElement {
  const { options, model, nowMs, width, timeZone, timeRange, onZoom } = props;
  const alone = layout.table === 0;
  const timelineOptions = useMemo(
    () => (alone ? { ...options, view: 'timeline' as const } : options),
    [alone, options]
  );
  const common = { ...selection, nowMs, width, timeZone, onZoom };
  return (
    <>
      {layout.timeline > 0 && (
        <Timeline
          {...common}
          lanes={lanes}
          fromMs={timeRange.from.valueOf()}
          toMs={timeRange.to.valueOf()}
          height={layout.timeline}
          options={timelineOptions}
        />
      )}
      {layout.table > 0 && (
        <HistoryTable
          {...common}
          model={model}
          items={items}
          height={layout.table}
          pageSize={options.pageSize}
          loadDetail={loadDetail}
        />
      )}
    </>
  );
}

function isLoading({ state }: PanelData): boolean {
  return state === LoadingState.Loading || state === LoadingState.NotStarted;
}

/** What all failed queries say, each once; null: none failed. */
function errorOf(data: PanelData): string | null {
  const { state, errors } = data;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- what a single failed query still comes in
  const { error } = data;
  const all: unknown[] = errors && errors.length > 0 ? errors : error ? [error] : [];
  if (all.length === 0) {
    return state === LoadingState.Error ? describeError(undefined) : null;
  }
  return [...new Set(all.map(describeError))].join(' ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  panel: css({ display: 'flex', flexDirection: 'column', overflow: 'hidden' }),
  error: css({ ...theme.typography.bodySmall, color: theme.colors.error.text, paddingBottom: theme.spacing(1) }),
});
