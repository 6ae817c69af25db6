import type { RecoveryDetail } from '../api/types';
import type { FilterKey, Filters, Lane, PanelModel, RecoveryItem } from './model/types';

/** Options of the panel, as dashboards store them. */
export interface PanelOptions {
  /** `both`: time axis above, table below. */
  view: 'both' | 'timeline' | 'table';
  laneBy: 'domain' | 'host';
  showProbability: boolean;
  showPhases: boolean;
  /** Lanes without a recovery in the range are drawn too, where the source names them. */
  showEmptyLanes: boolean;
  laneHeight: number;
  pageSize: number;
}

/** Field options of this panel (`custom` in field config). */
export interface PanelFieldConfig {
  barOpacity: number;
}

export interface TimelineProps {
  lanes: Lane[];
  fromMs: number;
  toMs: number;
  /** End of bars in progress. */
  nowMs: number;
  width: number;
  height: number;
  timeZone: string;
  options: PanelOptions;
  selectedId: string | null;
  onSelect(id: string | null): void;
  /** Moves the dashboard's time range. */
  onZoom(fromMs: number, toMs: number): void;
  onFilter(key: FilterKey, value: string): void;
}

export interface HistoryTableProps {
  model: PanelModel;
  /** Items after filters. */
  items: RecoveryItem[];
  nowMs: number;
  width: number;
  height: number;
  timeZone: string;
  pageSize: number;
  selectedId: string | null;
  onSelect(id: string | null): void;
  onZoom(fromMs: number, toMs: number): void;
  onFilter(key: FilterKey, value: string): void;
  /** Null: the source has no details. */
  loadDetail: ((id: string) => Promise<RecoveryDetail>) | null;
}

export interface FilterBarProps {
  filters: Filters;
  search: string;
  shown: number;
  total: number;
  /** All items, before filters: for the count of each status; without them statuses are no buttons here. */
  items?: RecoveryItem[];
  /** Of the panel: below 600 the search is a button until it is used. */
  width?: number;
  onChange(filters: Filters): void;
  onSearch(text: string): void;
}

/** Shown instead of chart and table: nothing in the range, loading, an error. */
export interface PanelStateProps {
  model: PanelModel;
  loading: boolean;
  /** For people: what is wrong and what to do; null: nothing. */
  error: string | null;
  nowMs: number;
  timeZone: string;
  onZoom(fromMs: number, toMs: number): void;
}
