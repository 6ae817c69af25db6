import { VisualizationSuggestionScore, type PanelDataSummary, type VisualizationSuggestion } from '@grafana/data';
import { buildModel } from './model/panelModel';
import type { PanelFieldConfig, PanelOptions } from './types';

/** Rows enough to know what frames hold. */
const SAMPLED_FRAMES = 50;

/** The panel is the best one for recoveries and a good one for samples of faults; for anything else it is none. */
export function suggest({
  rawFrames = [],
}: PanelDataSummary): Array<VisualizationSuggestion<PanelOptions, PanelFieldConfig>> {
  const { source } = buildModel(rawFrames.slice(0, SAMPLED_FRAMES), {
    laneBy: 'domain',
    toMs: Infinity,
    nowMs: Infinity,
    stepMs: null,
  });
  if (source === 'none') {
    return [];
  }
  const score = source === 'api' ? VisualizationSuggestionScore.Best : VisualizationSuggestionScore.Good;
  return [
    {
      score,
      cardOptions: {
        previewModifier: (suggestion) => {
          suggestion.options = { ...suggestion.options, view: 'timeline' };
        },
      },
    },
  ];
}
