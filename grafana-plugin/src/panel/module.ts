import { PanelPlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { PANEL_ID } from '../constants';
import { addOptions, FIELD_CONFIG } from './options';
import { RecoveryHistoryPanel } from './RecoveryHistoryPanel';
import { suggest } from './suggestions';
import type { PanelFieldConfig, PanelOptions } from './types';

// Done before anything is shown: Grafana has its own translations by now, so this ends at once.
void initPluginTranslations(PANEL_ID);

export const plugin = new PanelPlugin<PanelOptions, PanelFieldConfig>(RecoveryHistoryPanel)
  .useFieldConfig(FIELD_CONFIG)
  .setPanelOptions(addOptions)
  .setDataSupport({ annotations: false, alertStates: false })
  .setSuggestionsSupplier(suggest);
