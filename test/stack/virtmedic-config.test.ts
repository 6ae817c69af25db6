import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../exporter/src/config/load.ts';
import { newTokens, writeConfig } from './virtmedic-config.ts';

test('the configuration of a run is one that virtmedic takes without a warning', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-stack-config-'));
  try {
    const place = {
      folder: join(folder, 'virtmedic'), webPort: 19_177, controlPort: 19_178, alertmanagerUrl: 'http://127.0.0.1:19093',
      hosts: [{ name: 'h1', unixUri: 'qemu+unix:///system?socket=/srv/h1/libvirt-sock' }],
    };
    const tokens = newTokens();
    const { config, warnings } = await loadConfig(writeConfig(place, tokens, { domains: [{ managed: true }], recovery: { verifySeconds: 2 } }));
    expect(warnings).toEqual([]);
    expect(config.hosts).toEqual([{ name: 'h1', uri: place.hosts[0]?.unixUri }]);
    expect(config.web.listen).toBe('127.0.0.1:19177');
    expect(config.control.tokens.map(({ token, scopes }) => [token, scopes])).toEqual([
      [tokens.webhook, ['webhook']],
      [tokens.admin, ['admin']],
    ]);
    expect(config.store.path).toBe(join(place.folder, 'virtmedic.db'));
    expect(config.recovery.verifySeconds).toBe(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('every run has tokens of its own', () => {
  const all = [newTokens(), newTokens()].flatMap(({ webhook, admin }) => [webhook, admin]);
  expect(new Set(all).size).toBe(4);
});
