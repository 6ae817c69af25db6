import { expect, it } from 'vitest';
import { configSchema } from './config/schema.ts';
import { createFakeClock } from './events/fake-clock.ts';
import { createGuestSight } from './guest-sight.ts';
import type { SupervisedConnection } from './libvirt/index.ts';
import { createView } from './perception/view.ts';

const HOSTS = [{ name: 'h1', uri: 'qemu:///system' }, { name: 'far', uri: 'qemu+tcp://10.0.0.9/system' }];
const uuidOf = (name: string) => `00000000-0000-4000-8000-00000000000${name.length}`;
const METADATA = `<apps><app name='own'><match unit='own.service'/></app></apps>`;

function bed(given: object) {
  const clock = createFakeClock();
  const state = { config: configSchema.parse({ hosts: HOSTS, ...given }) };
  const view = createView();
  view.setHosts(HOSTS);
  const asked: string[] = [];
  const warnings: string[] = [];
  const connection = { call: (_call: unknown, { domain }: { domain: { name: string } }) => (asked.push(domain.name), Promise.resolve(METADATA)) } as unknown as SupervisedConnection;
  const sight = createGuestSight({
    config: () => state.config,
    clock,
    perception: () => ({ view, connection: () => connection, guestSeen: () => undefined }),
    onAppChanged: () => undefined,
    log: { info: () => undefined, warn: (_fields, text) => warnings.push(text) },
  });
  const list = (host: string, ...names: string[]) =>
    view.listed(host, names.map((name) => ({ uuid: uuidOf(name), name, host, state: 'running' as const, reason: 'booted', sinceMs: 0, persistent: true, autostart: false })), 0);
  const apps = () => sight.view.all().map(({ domain, app, declaredBy }) => `${domain} ${app.name} ${declaredBy}`).sort();
  return { clock, state, sight, list, asked, warnings, apps };
}

it('apps are those of the configuration and, where that is allowed, of the domains themselves', async () => {
  const { clock, state, sight, list, asked, apps } = bed({ apps: [{ name: 'web', match: { unit: 'x.service' }, domains: { name: 'a*' } }], domains: [{ match: { name: 'shut' }, appsInMetadata: false }] });
  list('h1', 'a', 'bb', 'shut');
  sight.start();
  await clock.advance(2_000);
  expect(asked.sort()).toEqual(['a', 'bb']);
  expect(apps()).toEqual(['a own metadata', 'a web configuration', 'bb own metadata']);
  state.config = configSchema.parse({ hosts: HOSTS, apps: [{ name: 'db', match: { unit: 'x.service' } }], domains: [{ appsInMetadata: false }] });
  sight.configChanged();
  await clock.advance(2_000);
  expect(apps()).toEqual(['a db configuration', 'bb db configuration', 'shut db configuration']);
  list('h1');
  sight.configChanged();
  await clock.advance(2_000);
  expect(apps()).toEqual([]);
  sight.stop();
  expect(clock.timers).toBe(0);
});

it('without a helper, or on the host of another machine, guests are not looked into', async () => {
  const { clock, state, sight, list, warnings } = bed({ apps: [{ name: 'web', match: { unit: 'x.service' } }] });
  list('h1', 'a');
  list('far', 'bb');
  sight.start();
  await clock.advance(4_000);
  const reasons = () => sight.view.guests().map(({ domain, reason }) => `${domain} ${reason}`);
  expect([reasons(), warnings, sight.helper('h1')]).toEqual([['a no-helper', 'bb no-helper'], [], null]);
  state.config = configSchema.parse({ ...state.config, guest: { helperFolder: '/nonexistent/helper' } });
  sight.configChanged();
  await clock.advance(12_000);
  await expect.poll(reasons).toEqual(['a helper-unreachable', 'bb no-helper']);
  expect(warnings).toEqual([expect.stringContaining('helper-unreachable: /nonexistent/helper does not exist: is the guest helper running?')]);
  expect([sight.helper('far'), sight.helper('h1') !== null]).toEqual([null, true]);
  await expect(sight.helper('h1')?.call('ping', {})).rejects.toMatchObject({ reason: 'helper-unreachable', isRefusal: true });
  await expect(sight.view.processes(uuidOf('bb'), AbortSignal.timeout(5_000))).rejects.toMatchObject({ reason: 'no-helper' });
  sight.stop();
});
