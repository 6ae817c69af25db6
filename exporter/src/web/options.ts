import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import type { ChangeFeed } from '../history/changes.ts';
import type { Store } from '../history/store.ts';
import type { AppsView } from '../perception/apps/view.ts';
import type { View } from '../perception/view.ts';
import type { ForecastView } from '../prediction/forecast-view.ts';
import type { Control } from './control.ts';
import type { HeldListeners } from './held-listeners.ts';
import type { RuntimeSettings } from './settings.ts';

/** One thing that must work before virtmedic can do its work, e.g. `store`, `config`, `hosts`. */
export interface ReadyCheck {
  name: string;
  ok: boolean;
  /** For people: what is wrong, or how it stands. */
  detail: string;
}

/** What the listeners need. They hold no state of their own. */
export interface WebOptions {
  config: Config;
  store: Pick<Store, 'domains' | 'openIncidents' | 'recoveries' | 'recovery' | 'maintenance' | 'incidents' | 'attemptsOf'>;
  view: View;
  /** The latest forecasts. Default: none. */
  forecasts?: ForecastView;
  /** Apps in guests, and the processes there. Default: nobody looks. */
  apps?: AppsView;
  control: Control;
  settings: RuntimeSettings;
  /** Told of every change of a recovery. */
  changes: ChangeFeed;
  /**
   * The text of `GET /metrics`; called once for each scrape, also while another one runs. `patienceSeconds`: how long the
   * scraper waits, where it says so.
   */
  metricsText: (patienceSeconds?: number) => Promise<string | Buffer>;
  /** Asked by `GET /-/ready`: ready when every check is ok. */
  ready: () => ReadyCheck[] | Promise<ReadyCheck[]>;
  log: Logger;
  /** Shown on the landing page. */
  version: string;
  /** Default: the system's. */
  clock?: Clock;
  /** Served in place of listeners of its own. Default: none. */
  held?: HeldListeners | null;
}

export interface Web {
  /** Where they listen: with the port that was chosen, where the configuration says 0. */
  addresses: { web: { host: string; port: number }; control: { host: string; port: number } };
  /** Tokens and limits of a configuration read anew. New addresses take effect only at the next start. */
  reconfigure(config: Config): void;
  /** Takes no new connections, lets running requests end (at most 5 s), closes. Safe to repeat. */
  stop(): Promise<void>;
}
