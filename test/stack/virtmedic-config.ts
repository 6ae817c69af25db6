import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { configSchema } from '../../exporter/src/config/schema.ts';
import type { Host } from '../lab/lab.ts';

/** A configuration as it stands in the file: what has a default may be left out. */
export type ConfigInput = z.input<typeof configSchema>;

/** What a run decides about its domains; everything else follows from the lab. */
export type Plan = Pick<ConfigInput, 'domains' | 'apps' | 'guest' | 'recovery' | 'sampling'>;

export interface Tokens {
  /** Alertmanager's: delivers alerts, nothing else. */
  webhook: string;
  /** Every scope. */
  admin: string;
}

export interface Place {
  /** Holds the file, the store and the tokens; made where it is missing. */
  folder: string;
  webPort: number;
  controlPort: number;
  alertmanagerUrl: string;
  hosts: readonly Pick<Host, 'name' | 'unixUri'>[];
}

export function newTokens(): Tokens {
  const [webhook = '', admin = ''] = [1, 2].map(() => randomBytes(24).toString('base64url'));
  return { webhook, admin };
}

/** Writes virtmedic's configuration file for a run and returns its path. Hosts are reached by their unix sockets. */
export function writeConfig(place: Place, tokens: Tokens, plan: Plan): string {
  const { folder } = place;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keep = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return name;
  };
  const config: ConfigInput = {
    hosts: place.hosts.map(({ name, unixUri }) => ({ name, uri: unixUri })),
    web: { listen: `127.0.0.1:${place.webPort}` },
    control: {
      listen: `127.0.0.1:${place.controlPort}`,
      tokens: [
        { name: 'alertmanager', tokenFile: keep('webhook.token', tokens.webhook), scopes: ['webhook'] },
        { name: 'operator', tokenFile: keep('operator.token', tokens.admin), scopes: ['admin'] },
      ],
    },
    store: { path: 'virtmedic.db' },
    // Below the scrape timeout of the example configuration of Prometheus.
    metrics: { scrapeTimeoutSeconds: 4 },
    alertmanager: { urls: [place.alertmanagerUrl] },
    ...plan,
  };
  return join(folder, keep('virtmedic.yml', stringify(config)));
}
