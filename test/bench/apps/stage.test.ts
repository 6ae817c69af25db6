import { expect, it } from 'vitest';
import { configSchema } from '../../../exporter/src/config/schema.ts';
import { planFor } from './stage.ts';

it('declares the three applications in guests of both ways, as virtmedic takes it', () => {
  const config = configSchema.parse({ hosts: [{ name: 'h1', uri: 'qemu:///system' }], ...planFor({ runFolder: '/run/helper' }) });
  expect(config.domains.map(({ match, managed, trigger }) => [match.name, managed, trigger])).toEqual([['direct', true, 'direct'], ['alert', true, 'alert']]);
  expect(config.apps.map(({ name, match, port }) => [name, match?.unit, port])).toEqual([['ftp', 'vsftpd.service', 21], ['stream', 'icecast2.service', 8000], ['web', 'nginx.service', 80]]);
  expect(config.apps[0]?.tolerate.stoppedSeconds).toBe(configSchema.parse({ hosts: [{ name: 'h1', uri: 'qemu:///system' }], apps: [{ name: 'x', match: { unit: 'x' } }] }).apps[0]?.tolerate.stoppedSeconds);
  expect(config.guest).toMatchObject({ helperFolder: '/run/helper', intervalSeconds: 1 });
});
