import { expect, it } from 'vitest';
import { createFakeClock } from '../../events/fake-clock.ts';
import { ErrorCode, LibvirtError, type Caller } from '../../libvirt/index.ts';
import { createMetadataReader } from './metadata-reader.ts';

const DOMAINS = ['a', 'b', 'c'].map((name) => ({ uuid: `uuid-${name}`, name, host: name === 'c' ? 'h2' : 'h1' }));
const apps = (name: string) => `<apps><app name='${name}'><match unit='${name}.service'/></app></apps>`;

function bed() {
  const clock = createFakeClock();
  const metadata = new Map<string, string | Error>();
  const calls: string[] = [];
  const changed: string[] = [];
  const warnings: string[] = [];
  let underWay = 0;
  let most = 0;
  const silent = new Set<string>();
  const caller = {
    async call(_call: unknown, { domain }: { domain: { name: string } }) {
      calls.push(domain.name);
      most = Math.max(most, ++underWay);
      await new Promise<void>((resolve) => clock.after(10, resolve));
      underWay -= 1;
      const found = metadata.get(domain.name) ?? noMetadata();
      if (found instanceof Error) throw found;
      return found;
    },
  } as unknown as Caller;
  const reader = createMetadataReader({
    clock,
    connection: (host) => (silent.has(host) ? null : caller),
    onChanged: (uuid) => changed.push(uuid),
    onWarning: (text) => warnings.push(text),
  });
  const names = (uuid: string) => reader.of(uuid).map(({ name }) => name);
  return { clock, metadata, calls, changed, warnings, reader, names, silent, most: () => most };
}

function noMetadata(code: number = ErrorCode.NO_DOMAIN_METADATA): LibvirtError {
  return Object.assign(Object.create(LibvirtError.prototype) as LibvirtError, { code, message: 'no metadata' });
}

it('reads each domain once, one call at a time on a host, and again now and then', async () => {
  const { clock, metadata, calls, changed, names, reader, most } = bed();
  metadata.set('a', apps('web'));
  reader.setDomains(DOMAINS);
  await clock.advance(1_000);
  expect(calls.sort()).toEqual(['a', 'b', 'c']);
  expect(most()).toBe(2);
  expect([names('uuid-a'), names('uuid-b'), changed]).toEqual([['web'], [], ['uuid-a']]);
  reader.setDomains(DOMAINS);
  await clock.advance(100_000);
  expect(calls).toHaveLength(3);
  metadata.set('b', apps('db'));
  await clock.advance(300_000);
  expect([names('uuid-b'), changed]).toEqual([['db'], ['uuid-a', 'uuid-b']]);
  expect(calls.length).toBeLessThanOrEqual(9);
  reader.stop();
  expect(clock.timers).toBe(0);
});

it('reads again at once when a definition changed, also while it is being read', async () => {
  const { clock, metadata, names, reader } = bed();
  reader.setDomains(DOMAINS);
  await clock.advance(5);
  metadata.set('a', apps('web'));
  reader.changed('uuid-a');
  await clock.advance(1_000);
  expect(names('uuid-a')).toEqual(['web']);
  metadata.set('a', apps('shop'));
  reader.changed('uuid-a');
  await clock.advance(1_000);
  expect(names('uuid-a')).toEqual(['shop']);
  metadata.delete('a');
  reader.changed('uuid-a');
  await clock.advance(1_000);
  expect(names('uuid-a')).toEqual([]);
});

it('keeps what it knows where it cannot read, and tries again', async () => {
  const { clock, metadata, names, reader, silent, warnings } = bed();
  metadata.set('a', apps('web'));
  reader.setDomains(DOMAINS);
  await clock.advance(1_000);
  metadata.set('a', new Error('the daemon does not answer'));
  reader.changed('uuid-a');
  await clock.advance(1_000);
  silent.add('h1');
  await clock.advance(60_000);
  expect([names('uuid-a'), warnings]).toEqual([['web'], ['host h1: the metadata of domain a cannot be read']]);
  silent.clear();
  metadata.set('a', apps('shop'));
  await clock.advance(16_000);
  expect(names('uuid-a')).toEqual(['shop']);
});

it('tells what is wrong once, and forgets domains', async () => {
  const { clock, metadata, names, reader, warnings, calls } = bed();
  metadata.set('a', `<apps><app name='web' port='x'><match unit='x'/></app></apps>`);
  reader.setDomains(DOMAINS);
  await clock.advance(700_000);
  expect(warnings).toEqual([expect.stringContaining('apps in the metadata: domain a: apps.app[0].port')]);
  reader.setDomains([]);
  const before = calls.length;
  await clock.advance(700_000);
  expect([names('uuid-a'), calls.length]).toEqual([[], before]);
});
