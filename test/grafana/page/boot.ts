/** Evaluated before any module of Grafana: they read these globals when they are loaded. */
import type { DataSourceInstanceSettings, PluginMeta } from '@grafana/data';

export interface BootData {
  user: { login: string; orgRole: string; theme: 'dark' | 'light'; timezone: string; language: string };
  settings: {
    datasources: Record<string, DataSourceInstanceSettings>;
    panels: Record<string, PluginMeta>;
    apps: Record<string, PluginMeta>;
  };
}

window.__grafana_public_path__ = '/public/';
