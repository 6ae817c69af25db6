import type { AppRootProps } from '@grafana/data';
import React from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';
import type { AppJsonData } from '../config/settings';
import { currentRole } from '../control/role';
import { AppPage } from './AppPage';
import { AppsTab } from './apps/AppsTab';
import { DomainsTab } from './domains/DomainsTab';
import { IncidentsTab } from './incidents/IncidentsTab';
import { MaintenanceTab } from './maintenance/MaintenanceTab';
import { SettingsTab } from './settings/SettingsTab';

/** The app's pages, each under its own address. */
export function App(_props: AppRootProps<AppJsonData>) {
  const role = currentRole();
  return (
    <Routes>
      <Route path="control" element={<AppPage role={role} tab="control">{() => <DomainsTab role={role} />}</AppPage>} />
      <Route path="apps" element={<AppPage role={role} tab="apps">{() => <AppsTab role={role} />}</AppPage>} />
      <Route path="incidents" element={<AppPage role={role} tab="incidents">{() => <IncidentsTab role={role} />}</AppPage>} />
      <Route path="maintenance" element={<AppPage role={role} tab="maintenance">{() => <MaintenanceTab role={role} />}</AppPage>} />
      <Route path="settings" element={<AppPage role={role} tab="settings">{() => <SettingsTab role={role} />}</AppPage>} />
      <Route path="*" element={<Navigate to="control" replace />} />
    </Routes>
  );
}
