import type { Lane } from '../model/types';
import type { TimelineProps } from '../types';
import { AXIS_HEIGHT } from './paintChart';

const MIN_LANE_HEIGHT = 10;
const MAX_LANE_HEIGHT = 120;
const DEFAULT_LANE_HEIGHT = 28;
/** Room at the right that a scrollbar may take. */
const SCROLLBAR = 12;
/** Narrower, and names would leave no room for bars. */
const LABELS_FROM_WIDTH = 260;
const PIXELS_PER_LETTER = 7.5;
const MIN_LABELS = 60;
const MAX_LABELS_SHARE = 0.28;
const MAX_LABELS = 260;

export interface TimelineSize {
  width: number;
  height: number;
  labelWidth: number;
  plotWidth: number;
  plotHeight: number;
  laneHeight: number;
}

/** How the room is shared. */
export function timelineSize({
  width,
  height,
  lanes,
  options,
}: Pick<TimelineProps, 'width' | 'height' | 'lanes' | 'options'>): TimelineSize {
  const wanted = Number.isFinite(options.laneHeight) ? options.laneHeight : DEFAULT_LANE_HEIGHT;
  const laneHeight = Math.round(Math.min(MAX_LANE_HEIGHT, Math.max(MIN_LANE_HEIGHT, wanted)));
  const labelWidth = width < LABELS_FROM_WIDTH ? 0 : labelColumn(lanes, width);
  return {
    width,
    height,
    labelWidth,
    plotWidth: Math.max(1, Math.floor(width - labelWidth - SCROLLBAR)),
    plotHeight: Math.max(1, Math.floor(height - AXIS_HEIGHT)),
    laneHeight,
  };
}

/** As wide as the longest name of a lane is about, within bounds. */
function labelColumn(lanes: Lane[], width: number): number {
  const severalHosts = lanes.some(({ host }) => host !== lanes[0]?.host);
  let longest = 0;
  for (const { host, domain, app } of lanes) {
    const own = app !== '' ? (domain || host).length + 1 + app.length : (domain || host).length;
    longest = Math.max(longest, own + (severalHosts && domain !== '' ? host.length + 2 : 0));
  }
  const wanted = longest * PIXELS_PER_LETTER + 16;
  return Math.round(Math.max(MIN_LABELS, Math.min(MAX_LABELS, width * MAX_LABELS_SHARE, wanted)));
}

/** How tall the timeline would like to be. */
export function wantedHeight(lanes: number, laneHeight: number): number {
  return AXIS_HEIGHT + lanes * laneHeight + 2;
}
