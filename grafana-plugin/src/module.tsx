import { AppPlugin, type AppRootProps } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { LoadingPlaceholder } from '@grafana/ui';
import React, { Suspense, lazy } from 'react';
import type { AppConfigProps } from './config/AppConfig';
import type { AppJsonData } from './config/settings';
import { APP_ID } from './constants';

const LazyApp = lazy(async () => {
  await initPluginTranslations(APP_ID);
  return { default: (await import('./pages/App')).App };
});

const LazyConfig = lazy(async () => {
  await initPluginTranslations(APP_ID);
  return { default: (await import('./config/AppConfig')).AppConfig };
});

// Texts are there only once the translations are: this one has none.
const App = (props: AppRootProps<AppJsonData>) => (
  <Suspense fallback={<LoadingPlaceholder text="" />}>
    <LazyApp {...props} />
  </Suspense>
);

const Config = (props: AppConfigProps) => (
  <Suspense fallback={<LoadingPlaceholder text="" />}>
    <LazyConfig {...props} />
  </Suspense>
);

export const plugin = new AppPlugin<AppJsonData>().setRootPage(App).addConfigPage({
  title: 'Configuration',
  icon: 'cog',
  body: Config,
  id: 'configuration',
});
