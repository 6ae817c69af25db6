import { t } from '@grafana/i18n';
import {
  FieldColorModeId,
  FieldConfigProperty,
  type PanelOptionsEditorBuilder,
  type SetFieldConfigOptionsArgs,
} from '@grafana/data';
import type { PanelFieldConfig, PanelOptions } from './types';
import { DEFAULT_BAR_OPACITY } from './timeline/look';

export const DEFAULT_OPTIONS: PanelOptions = {
  view: 'both',
  laneBy: 'domain',
  showProbability: true,
  showPhases: true,
  showEmptyLanes: false,
  laneHeight: 28,
  pageSize: 25,
};

/** Options as stored, with defaults for those that an older or hand-written dashboard lacks. */
export function withDefaults(stored: Partial<PanelOptions> | undefined): PanelOptions {
  const given = Object.entries(stored ?? {}).filter(([, value]) => value !== undefined && value !== null);
  return { ...DEFAULT_OPTIONS, ...Object.fromEntries(given) };
}

/** The options in the panel editor. */
export function addOptions(builder: PanelOptionsEditorBuilder<PanelOptions>): void {
  addView(builder);
  const timeline = [t('panel.options.timeline', 'Timeline')];
  const shown = ({ view }: PanelOptions): boolean => view !== 'table';
  builder
    .addBooleanSwitch({
      path: 'showPhases',
      name: t('panel.options.phases', 'Phases'),
      description: t('panel.options.phases-description', 'Detect, decide, execute and verify as parts of a bar.'),
      category: timeline,
      defaultValue: DEFAULT_OPTIONS.showPhases,
      showIf: shown,
    })
    .addBooleanSwitch({
      path: 'showProbability',
      name: t('panel.options.probability', 'Failure probability'),
      description: t(
        'panel.options.probability-description',
        'As an area behind a lane, where a query gives its series.'
      ),
      category: timeline,
      defaultValue: DEFAULT_OPTIONS.showProbability,
      showIf: shown,
    })
    .addBooleanSwitch({
      path: 'showEmptyLanes',
      name: t('panel.options.empty-lanes', 'Lanes without recoveries'),
      description: t(
        'panel.options.empty-lanes-description',
        'Also draw hosts and domains that a query names and that were well.'
      ),
      category: timeline,
      defaultValue: DEFAULT_OPTIONS.showEmptyLanes,
      showIf: shown,
    })
    .addSliderInput({
      path: 'laneHeight',
      name: t('panel.options.lane-height', 'Height of a lane'),
      category: timeline,
      defaultValue: DEFAULT_OPTIONS.laneHeight,
      settings: { min: 10, max: 80, step: 1 },
      showIf: shown,
    })
    .addNumberInput({
      path: 'pageSize',
      name: t('panel.options.page-size', 'Rows per page'),
      category: [t('panel.options.table', 'Table')],
      defaultValue: DEFAULT_OPTIONS.pageSize,
      settings: { min: 5, max: 500, integer: true },
      showIf: ({ view }) => view !== 'timeline',
    });
}

function addView(builder: PanelOptionsEditorBuilder<PanelOptions>): void {
  builder
    .addRadio({
      path: 'view',
      name: t('panel.options.view', 'Show'),
      defaultValue: DEFAULT_OPTIONS.view,
      settings: {
        options: [
          { value: 'both', label: t('panel.options.view-both', 'Timeline and table') },
          { value: 'timeline', label: t('panel.options.view-timeline', 'Timeline') },
          { value: 'table', label: t('panel.options.view-table', 'Table') },
        ],
      },
    })
    .addRadio({
      path: 'laneBy',
      name: t('panel.options.lane-by', 'A lane for each'),
      defaultValue: DEFAULT_OPTIONS.laneBy,
      settings: {
        options: [
          { value: 'domain', label: t('panel.options.lane-domain', 'Domain') },
          { value: 'host', label: t('panel.options.lane-host', 'Host') },
        ],
      },
      showIf: ({ view }) => view !== 'table',
    });
}

/** Field options: the standard ones, colours by outcome unless chosen otherwise, and how strong bars are. */
export const FIELD_CONFIG: SetFieldConfigOptionsArgs<PanelFieldConfig> = {
  standardOptions: {
    [FieldConfigProperty.Color]: {
      defaultValue: { mode: FieldColorModeId.PaletteClassic },
      settings: { byValueSupport: true },
    },
  },
  useCustomConfig: (builder) => {
    builder.addSliderInput({
      path: 'barOpacity',
      name: t('panel.options.bar-opacity', 'Opacity of bars'),
      defaultValue: DEFAULT_BAR_OPACITY,
      settings: { min: 10, max: 100, step: 5 },
    });
  },
};
