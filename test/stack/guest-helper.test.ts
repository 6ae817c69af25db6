import { expect, test } from 'vitest';
import { parseHelperConfig } from '../../exporter/src/guest/helper/config.ts';
import { allowedFor } from '../../exporter/src/guest/helper/opt-in.ts';
import { guestHelperConfig } from './guest-helper.ts';

test('a configuration that the helper takes, with both opt-ins for the named domains and for no other', () => {
  const options = { folder: '/srv/lab/helper', host: { unixUri: 'qemu+unix:///system?socket=/srv/lab/h1/libvirt-sock' }, domains: ['web-*'], pauseBudgetMs: 250 };
  const { config, findings } = parseHelperConfig(guestHelperConfig(options));
  expect(findings).toEqual([]);
  expect(config?.pauseBudgetMs).toBe(250);
  const [named, other] = ['web-1', 'db-1'].map((name) => allowedFor(config?.domains ?? [], { uuid: '6f0a3c54-9f6b-4c0e-8f57-0d3c7a1b2c3d', name }));
  expect(named).toMatchObject({ read: true, write: true });
  expect(other).toMatchObject({ read: false, write: false });
});
