/** What a test may see and do beside using the page as a person would. */
import type { DataFrameDTO } from '@grafana/data';

export interface Host {
  /** The view is on the screen; its data may still be loading. */
  ready: boolean;
  /** Why the page could not be shown. */
  fatal: string | null;
  /** The dashboard's time range, milliseconds. */
  timeRange: (() => { from: number; to: number }) | null;
  setTimeRange: ((from: number, to: number) => void) | null;
  /** For the view `/host/frames`: gives the panel these frames. */
  setFrames: ((frames: DataFrameDTO[]) => void) | null;
  /** When the panel got the frames of `setFrames`, by `performance.now`; null: not yet. */
  framesAtMs: number | null;
  /** Rows of the frames that the recovery panels hold now, each as an object by field name. */
  rows: (() => Record<string, unknown>[]) | null;
  /** Errors of queries, as the panels got them. */
  queryErrors: string[];
}

export const host: Host = { ready: false, fatal: null, timeRange: null, setTimeRange: null, setFrames: null, framesAtMs: null, rows: null, queryErrors: [] };
window.host = host;
