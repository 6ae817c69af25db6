import { expect, it } from 'vitest';
import { configSchema } from '../../config/schema.ts';
import { declaredApps } from './declared.ts';
import { declared } from './testing/declared.ts';

const MATCH = { unit: 'x.service' };
const VM = { uuid: '0000000a-0000-4000-8000-000000000001', name: 'web-1', host: 'h1' };

function configured(...apps: object[]) {
  return configSchema.parse({ hosts: [{ name: 'h1', uri: 'qemu:///system' }], apps }).apps;
}
const names = (...given: Parameters<typeof declaredApps>) => declaredApps(...given).map(({ app, declaredBy }) => `${app.name} ${declaredBy}`);

it('apps are declared for the domains that they name', () => {
  const apps = configured(
    { name: 'all', match: MATCH },
    { name: 'web', match: MATCH, domains: { name: 'web-*' } },
    { name: 'one', match: MATCH, domains: { uuid: VM.uuid.toUpperCase(), host: 'h?' } },
    { name: 'other', match: MATCH, domains: { name: 'web-*', host: 'h2' } },
  );
  expect(names(apps, VM, [])).toEqual(['all configuration', 'web configuration', 'one configuration']);
  expect(names(apps, { ...VM, name: 'db', uuid: VM.uuid.replace('a', 'b') }, [])).toEqual(['all configuration']);
});

it('the first of a name rules, and the configuration over the metadata', () => {
  const apps = configured({ name: 'web', match: MATCH, domains: { name: 'web-1' }, port: 80 }, { name: 'web', match: MATCH, port: 81 });
  const own = [declared({ name: 'web', port: 82 }), declared({ name: 'own' })];
  expect(names(apps, VM, own)).toEqual(['web configuration', 'own metadata']);
  expect(declaredApps(apps, VM, own)[0]?.app.port).toBe(80);
  expect(declaredApps(configured(...Array.from({ length: 40 }, (_, index) => ({ name: `a${index}`, match: MATCH }))), VM, own)).toHaveLength(32);
});
