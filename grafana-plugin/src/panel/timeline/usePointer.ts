import { useEffect } from 'react';
import { listenToPointer } from './pointer';
import type { StageHost } from './useStage';

/** Listens to the pointer on the chart as long as it is there. */
export function usePointer(host: StageHost, onTime: (atMs: number | null) => void): void {
  useEffect(() => {
    const stage = host.stage();
    return stage ? listenToPointer(stage, stage.elements.overlay, { onTime }) : undefined;
  }, [host, onTime]);
}
