import { useEffect } from 'react';
import type { Lane } from '../model/types';
import { requestPaint } from './stage';
import type { StageHost } from './useStage';

const FRAME_MS = 120;
const PULSE_MS = 1600;

/** Moves the ends of recoveries in progress; not where people asked their system for less motion, nor in a hidden tab. */
export function usePulse(host: StageHost, lanes: Lane[]): void {
  const live = lanes.some(({ items }) => items.some(({ endMs }) => endMs === null));
  useEffect(() => {
    if (!live || window.matchMedia?.('(prefers-reduced-motion: reduce)').matches) {
      return undefined;
    }
    const timer = setInterval(() => {
      const current = host.stage();
      if (current && current.open.length > 0 && !document.hidden) {
        current.overlay.pulse = (performance.now() % PULSE_MS) / PULSE_MS;
        requestPaint(current, false);
      }
    }, FRAME_MS);
    return () => {
      clearInterval(timer);
      const current = host.stage();
      if (current) {
        current.overlay.pulse = null;
      }
    };
  }, [host, live]);
}
