import { locationUtil } from '@grafana/data';
import { t } from '@grafana/i18n';
import { PluginPage } from '@grafana/runtime';
import { Alert, Stack, Tab, TabContent, TabsBar } from '@grafana/ui';
import React from 'react';
import { useNavigate } from 'react-router-dom';
import type { Role } from '../control/role';
import { PauseBar } from './pause/PauseBar';
import { OVERVIEW_URL, pageUrl } from './urls';

const TABS = ['control', 'apps', 'incidents', 'maintenance', 'settings'] as const;
type TabName = (typeof TABS)[number];

interface Props {
  role: Role;
  tab: TabName;
  /** Called only for those who may read. */
  children: () => React.ReactNode;
}

/** The frame of each page: tabs, whether recovery is paused, and for a viewer why there is nothing else. */
export function AppPage({ role, tab, children }: Props) {
  const navigate = useNavigate();
  if (role === 'viewer') {
    return (
      <PluginPage>
        <Alert severity="info" title={t('pages.viewer.title', 'Control is for editors and administrators')}>
          {t('pages.viewer.text', 'Your role in this organization is Viewer. You see recoveries and the state of machines in the dashboards. To acknowledge incidents you need the role Editor, to give orders the role Admin.')}{' '}
          <a href={locationUtil.assureBaseUrl(OVERVIEW_URL)} style={{ textDecoration: 'underline' }}>
            {t('pages.viewer.overview', 'Open the overview')}
          </a>
        </Alert>
      </PluginPage>
    );
  }
  return (
    <PluginPage>
      <Stack direction="column" gap={2}>
        <PauseBar role={role} />
        {role === 'editor' && (
          <Alert severity="info" title={t('pages.editor.title', 'You can read and acknowledge')}>
            {t('pages.editor.text', 'Your role in this organization is Editor. Orders, maintenance, pause and settings need the role Admin.')}
          </Alert>
        )}
        <TabsBar>
          {TABS.map((name) => (
            <Tab
              key={name}
              label={tabLabel(name)}
              active={name === tab}
              href={locationUtil.assureBaseUrl(pageUrl(name))}
              onChangeTab={(event) => {
                event.preventDefault();
                void navigate(pageUrl(name));
              }}
            />
          ))}
        </TabsBar>
        <TabContent>{children()}</TabContent>
      </Stack>
    </PluginPage>
  );
}

function tabLabel(tab: TabName): string {
  switch (tab) {
    case 'control':
      return t('pages.tab.domains', 'Domains');
    case 'apps':
      return t('pages.tab.apps', 'Applications');
    case 'incidents':
      return t('pages.tab.incidents', 'Incidents');
    case 'maintenance':
      return t('pages.tab.maintenance', 'Maintenance');
    case 'settings':
      return t('pages.tab.settings', 'Settings');
  }
}
