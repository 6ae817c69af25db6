import { useCallback, useEffect, useState } from 'react';
import { DashboardCursorSync, DataHoverClearEvent, DataHoverEvent, type EventBus } from '@grafana/data';
import { usePanelContext } from '@grafana/ui';
import { requestPaint } from './stage';
import type { StageHost } from './useStage';

/** The crosshair that panels of a dashboard share: shows that of others, and tells them of this one through the returned function. */
export function useCrosshair(host: StageHost): (atMs: number | null) => void {
  const { eventBus, sync } = usePanelContext();
  const [publisher] = useState(createPublisher);
  useEffect(() => {
    const show = (atMs: number | null): void => {
      const current = host.stage();
      if (current && current.overlay.hoverLane < 0 && !publisher.busy() && sync?.() !== DashboardCursorSync.Off) {
        current.overlay.crosshairMs = atMs;
        requestPaint(current, false);
      }
    };
    const hover = eventBus.getStream(DataHoverEvent).subscribe(({ payload }) => {
      const time: unknown = payload.point?.time;
      show(typeof time === 'number' && Number.isFinite(time) ? time : null);
    });
    const clear = eventBus.getStream(DataHoverClearEvent).subscribe(() => show(null));
    return () => {
      hover.unsubscribe();
      clear.unsubscribe();
    };
  }, [eventBus, sync, host, publisher]);
  return useCallback((atMs) => publisher.publish(eventBus, atMs), [eventBus, publisher]);
}

/** Knows when it is publishing: what is heard then is its own. */
function createPublisher() {
  let busy = false;
  return {
    busy: () => busy,
    publish(eventBus: EventBus, atMs: number | null): void {
      busy = true;
      eventBus.publish(atMs === null ? new DataHoverClearEvent() : new DataHoverEvent({ point: { time: atMs } }));
      busy = false;
    },
  };
}
