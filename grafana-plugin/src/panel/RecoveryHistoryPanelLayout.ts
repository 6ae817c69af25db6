import { wantedHeight } from './timeline/timelineSize';
import type { PanelOptions } from './types';

/** What fits, and how tall it is; 0: it is left out. */
export interface PanelLayout {
  /** Nothing but a line of text fits. */
  summary: boolean;
  filters: boolean;
  timeline: number;
  table: number;
}

const SUMMARY_BELOW_WIDTH = 200;
const SUMMARY_BELOW_HEIGHT = 110;
const SMALL_WIDTH = 300;
const SMALL_HEIGHT = 220;
const LEAST_TABLE = 150;
const MOST_TIMELINE_SHARE = 0.55;
const GAP = 8;

/** Shares the room between timeline and table; where there is little, the timeline stays, then a summary. */
export function panelLayout(
  { view, laneHeight }: Pick<PanelOptions, 'view' | 'laneHeight'>,
  { width, height, headerHeight }: { width: number; height: number; headerHeight: number },
  lanes: number
): PanelLayout {
  if (width < SUMMARY_BELOW_WIDTH || height < SUMMARY_BELOW_HEIGHT) {
    return { summary: true, filters: false, timeline: 0, table: 0 };
  }
  const small = width < SMALL_WIDTH || height < SMALL_HEIGHT;
  const room = Math.max(0, height - headerHeight);
  if (view === 'table') {
    return { summary: false, filters: !small, timeline: 0, table: room };
  }
  const timeline = Math.round(Math.min(room * MOST_TIMELINE_SHARE, wantedHeight(lanes, laneHeight)));
  const table = room - timeline - GAP;
  if (view === 'timeline' || small || table < LEAST_TABLE) {
    return { summary: false, filters: !small, timeline: room, table: 0 };
  }
  return { summary: false, filters: true, timeline, table };
}
