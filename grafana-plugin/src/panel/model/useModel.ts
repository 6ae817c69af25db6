import { useMemo, useState } from 'react';
import { LoadingState, type PanelData } from '@grafana/data';
import type { LaneBy } from './lanes';
import { currentTimeMs } from './useNow';
import { buildModel } from './panelModel';
import type { PanelModel } from './types';

/** The model of the panel's data, made anew only where they are. What was there before an error stays. */
export function useModel(data: PanelData, laneBy: LaneBy): PanelModel {
  const [kept, setKept] = useState(data.series);
  const lost = data.state === LoadingState.Error && data.series.length === 0;
  const series = lost ? kept : data.series;
  if (series !== kept) {
    setKept(series);
  }
  const toMs = data.timeRange.to.valueOf();
  const stepMs = data.request?.intervalMs ?? null;
  return useMemo(
    () => buildModel(series, { laneBy, toMs, stepMs, nowMs: currentTimeMs() }),
    [series, laneBy, toMs, stepMs]
  );
}
