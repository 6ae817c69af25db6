import type { QueryLog } from './log.ts';
import type { Plugin } from './plugins.ts';

/** A data source as an administrator has set it up. */
export interface DataSource {
  uid: string;
  name: string;
  /** Plugin id. */
  type: string;
  url: string;
  isDefault?: boolean;
  jsonData?: Record<string, unknown>;
  secureJsonData?: Record<string, string>;
}

/** The app's settings, as its configuration page stores them. */
export interface AppSettings {
  enabled: boolean;
  jsonData: Record<string, unknown>;
  secureJsonData: Record<string, string>;
}

export interface State {
  plugins: Map<string, Plugin>;
  dataSources: Map<string, DataSource>;
  /** By app id. */
  apps: Map<string, AppSettings>;
  sendUserHeader: boolean;
  log: QueryLog;
}
