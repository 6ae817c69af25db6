import { useEffect, useLayoutEffect, useState } from 'react';
import {
  createStage,
  disposeStage,
  refreshFonts,
  updateStage,
  type Stage,
  type StageElements,
  type StageInputs,
} from './stage';

/** Holds the elements that the stage paints on, and the stage: what lives as long as the component and is no reason to render. */
export interface StageHost {
  hold<K extends keyof StageElements>(name: K, element: StageElements[K] | null): void;
  /** Null before the first painting. */
  stage(): Stage | null;
  update(inputs: StageInputs): void;
  dispose(): void;
}

function createHost(): StageHost {
  const held: Partial<StageElements> = {};
  let stage: Stage | null = null;
  return {
    hold: (name, element) => {
      held[name] = element ?? undefined;
    },
    stage: () => stage,
    update: (inputs) => {
      const { axis, chart, overlay, scroller, labels } = held;
      if (axis && chart && overlay && scroller) {
        const elements = { axis, chart, overlay, scroller, labels };
        stage ??= createStage(elements, inputs);
        stage.elements = elements;
        updateStage(stage, inputs);
      }
    },
    dispose: () => stage && disposeStage(stage),
  };
}

/** The stage of a timeline; paints after each rendering, before the browser shows it. */
export function useStage(inputs: StageInputs): StageHost {
  const [host] = useState(createHost);
  useLayoutEffect(() => host.update(inputs));
  useEffect(() => {
    const refresh = (): void => {
      const stage = host.stage();
      if (stage) {
        refreshFonts(stage);
      }
    };
    document.fonts?.addEventListener('loadingdone', refresh);
    return () => {
      document.fonts?.removeEventListener('loadingdone', refresh);
      host.dispose();
    };
  }, [host]);
  return host;
}
