/** The real `virtmedic serve` over a seeded store, for tests without hypervisors: its only host cannot be reached. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePorts } from '../lab/free-port.ts';
import { startVirtmedic } from '../stack/virtmedic.ts';
import type { Virtmedic } from '../stack/virtmedic.ts';
import { newTokens, writeConfig } from '../stack/virtmedic-config.ts';
import type { ConfigInput } from '../stack/virtmedic-config.ts';
import { SEED, seedStore } from './seed.ts';
import type { Seeded, SeedOptions } from './seed.ts';

export interface SeededDaemon {
  readonly webUrl: string;
  readonly controlUrl: string;
  /** As an administrator gives them to Grafana: one to read, one to operate. */
  readonly tokens: { read: string; operate: string };
  readonly seeded: Seeded;
  readonly virtmedic: Virtmedic;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export async function startSeededDaemon(options: Partial<SeedOptions> = {}): Promise<SeededDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-seeded-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const [webPort = 0, controlPort = 0] = await freePorts(2);
    const hosts = ['host-1', 'host-2', 'host-3'].map((name) => ({ name, unixUri: `qemu+unix:///system?socket=${folder}/none-${name}` }));
    const place = { folder, webPort, controlPort, alertmanagerUrl: 'http://127.0.0.1:9', hosts };
    const configFile = writeConfig(place, newTokens(), { domains: [{ managed: true }] });
    const tokens = addGrafanaTokens(configFile);
    const seeded = await seedStore(join(folder, 'virtmedic.db'), { ...SEED, nowMs: Date.now(), ...options });
    const webUrl = `http://127.0.0.1:${webPort}`;
    // It is never ready: no host answers. It is healthy.
    const virtmedic = await startVirtmedic(configFile, join(folder, 'virtmedic.log'), `${webUrl}/-/healthy`);
    return {
      webUrl,
      controlUrl: `http://127.0.0.1:${controlPort}`,
      tokens,
      seeded,
      virtmedic,
      stop: async () => {
        await virtmedic.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Adds tokens of the scopes that Grafana needs, and no more, to a configuration file. */
function addGrafanaTokens(configFile: string): { read: string; operate: string } {
  const [read = '', operate = ''] = [1, 2].map(() => randomBytes(24).toString('base64url'));
  const config = parse(readFileSync(configFile, 'utf8')) as ConfigInput & { control: { tokens: object[] } };
  config.control.tokens.push({ name: 'grafana-read', token: read, scopes: ['read'] }, { name: 'grafana', token: operate, scopes: ['operate'] });
  writeFileSync(configFile, stringify(config), { mode: 0o600 });
  return { read, operate };
}
