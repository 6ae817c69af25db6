/** The HTML page with what Grafana's server tells its front end at the start. */
import { settingsOf } from './api.ts';
import { roleOf } from './session.ts';
import type { User } from './session.ts';
import type { State } from './state.ts';

const NONE = '';

export interface PageSettings {
  theme: 'dark' | 'light';
  language: string;
  timeZone: string;
}

export function pageSettings(parameters: URLSearchParams): PageSettings {
  return {
    theme: parameters.get('theme') === 'light' ? 'light' : 'dark',
    language: /^[a-z]{2}-[A-Z]{2}$/.exec(parameters.get('lang') ?? '')?.[0] ?? 'en-US',
    timeZone: /^[\w/+-]{1,64}$/.exec(parameters.get('timezone') ?? '')?.[0] ?? 'utc',
  };
}

/** The role that the page's URL asks for, else the one of the session, else Viewer. */
export function pageUser(parameters: URLSearchParams, session: User | null): User {
  const role = roleOf(parameters.get('role')) ?? session?.role ?? 'Viewer';
  return { login: role.toLowerCase(), role };
}

export function indexPage(state: State, user: User, settings: PageSettings): string {
  const boot = JSON.stringify(bootData(state, user, settings)).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="${settings.language}">
<head><meta charset="utf-8"><title>virtmedic in Grafana's front end</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/public/page/main.css"></head>
<body><div id="root"></div><script>window.grafanaBootData = ${boot};</script><script src="/public/page/main.js"></script></body>
</html>
`;
}

function bootData(state: State, user: User, { theme, language, timeZone }: PageSettings): object {
  return {
    assets: { dark: NONE, light: NONE },
    navTree: [],
    user: {
      id: 1, uid: user.login, login: user.login, name: user.login, isSignedIn: true, orgRole: user.role, orgId: 1, orgName: 'Main Org.', theme, lightTheme: theme === 'light',
      timezone: timeZone, weekStart: 'monday', language, regionalFormat: language, locale: language, permissions: {},
    },
    settings: {
      buildInfo: { version: '13.2.2', commit: 'test', env: 'production', edition: 'Open Source', hideVersion: false },
      featureToggles: {}, namespace: 'default', appUrl: NONE, appSubUrl: NONE, minRefreshInterval: '1s', exploreEnabled: false,
      datasources: Object.fromEntries([...state.dataSources.values()].map((source, index) => [source.name, {
        id: index + 1, uid: source.uid, name: source.name, type: source.type, access: 'proxy', isDefault: source.isDefault ?? false,
        url: `/api/datasources/proxy/uid/${source.uid}`, jsonData: source.jsonData ?? {}, readOnly: true,
        meta: pluginMeta(state, source.type),
      }])),
      panels: Object.fromEntries([...state.plugins.values()].filter(({ json }) => json.type === 'panel').map(({ json }) => [json.id, pluginMeta(state, json.id)])),
      apps: Object.fromEntries([...state.apps].map(([id, app]) => {
        const plugin = state.plugins.get(id);
        return [id, plugin === undefined ? {} : { ...settingsOf(plugin.json, app), meta: settingsOf(plugin.json, app) }];
      })),
    },
  };
}

function pluginMeta(state: State, id: string): object {
  const plugin = state.plugins.get(id);
  const place = { module: `public/plugins/${id}/module.js`, baseUrl: `public/plugins/${id}` };
  return plugin === undefined ? { id, name: id, info: {}, ...place } : { ...plugin.json, ...place };
}
