import './boot.ts';
import { createTheme, ThemeContext } from '@grafana/data';
import { LocationServiceProvider, locationService } from '@grafana/runtime';
import { loadResources } from '@grafana/scenes';
import { ErrorBoundary, GlobalStyles, PortalContainer } from '@grafana/ui';
import { initPluginTranslations } from '@grafana/i18n';
import i18next from 'i18next';
import { createRoot } from 'react-dom/client';
import { useEffect } from 'react';
import type { ReactNode } from 'react';
import { initReactI18next } from 'react-i18next';
import { host } from './host.ts';
import { LocationRouter } from './router.tsx';
import { startServices } from './services.ts';
import { shareModules } from './shared-modules.ts';
import { fillRegistries } from './standard-options.tsx';
import { appConfigView, appView, dashboardView, dataSourceConfigView, framesView, homeView, panelView } from './views.tsx';

function view(): Promise<ReactNode> {
  const { apps, panels } = window.grafanaBootData.settings;
  const appId = Object.keys(apps)[0] ?? '';
  const panelId = Object.keys(panels)[0] ?? '';
  const [, area = '', first = '', second = '', third = ''] = location.pathname.split('/');
  switch (area) {
    case 'd': return dashboardView(first, appId);
    case 'a': return appView(first);
    case 'plugins': return appConfigView(first);
    case 'connections': return dataSourceConfigView(second === 'edit' ? third : '');
    case 'host': return first === 'frames' ? framesView(panelId) : panelView(panelId);
    default: return homeView(appId);
  }
}

function Shown({ children }: { children: ReactNode }) {
  useEffect(() => {
    host.ready = true;
  }, []);
  return children;
}

async function main(): Promise<void> {
  const { theme: mode, language } = window.grafanaBootData.user;
  await i18next.use(initReactI18next).init({ resources: { [language]: { host: { loaded: 'yes' } } }, lng: language, fallbackLng: 'en-US', returnEmptyString: false });
  await initPluginTranslations('grafana-scenes', [loadResources]);
  shareModules();
  fillRegistries();
  startServices();
  const content = await view();
  const theme = createTheme({ colors: { mode } });
  Object.assign(document.body.style, { margin: '0', background: theme.colors.background.canvas, color: theme.colors.text.primary });
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no root element');
  createRoot(root).render(
    <LocationServiceProvider service={locationService}>
      <ThemeContext.Provider value={theme}>
        <GlobalStyles />
        <LocationRouter>
          <ErrorBoundary>{({ error }) => (error === null ? <Shown>{content}</Shown> : <pre data-testid="page-error">{String(error.stack)}</pre>)}</ErrorBoundary>
        </LocationRouter>
        <PortalContainer />
      </ThemeContext.Provider>
    </LocationServiceProvider>,
  );
}

main().catch((error: unknown) => {
  host.fatal = error instanceof Error ? (error.stack ?? error.message) : String(error);
  document.body.textContent = host.fatal;
});
