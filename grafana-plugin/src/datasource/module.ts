import { DataSourcePlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { DATASOURCE_ID } from '../constants';
import { ConfigEditor } from './editors/ConfigEditor';
import { QueryEditor } from './editors/QueryEditor';
import type { VirtmedicDataSourceOptions, VirtmedicQuery, VirtmedicSecureOptions } from './types';
import { VirtmedicDataSource } from './VirtmedicDataSource';

// Done before anything is shown or asked: Grafana has its own translations by now, so this ends at once.
void initPluginTranslations(DATASOURCE_ID);

export const plugin = new DataSourcePlugin<
  VirtmedicDataSource,
  VirtmedicQuery,
  VirtmedicDataSourceOptions,
  VirtmedicSecureOptions
>(VirtmedicDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
