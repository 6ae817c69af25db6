/** What can be known of docker-compose.yml and the provisioning without an engine: everything but that it runs. */
import { existsSync, readdirSync, readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../exporter/src/config/load.ts';

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  configs?: Array<{ source: string; target: string; uid?: string; mode: number }>;
  network_mode: string;
}

interface Compose {
  services: Record<'virtmedic' | 'prometheus' | 'alertmanager' | 'grafana', Service>;
  configs: Record<string, { content: string }>;
  volumes: Record<string, unknown>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const TEXT = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
// Compose reads YAML 1.2's octal numbers as YAML 1.1 writes them.
const COMPOSE = parse(TEXT, { version: '1.1' }) as Compose;
const SERVICES = Object.entries(COMPOSE.services);
const GRAFANA = COMPOSE.services.grafana.environment ?? {};
const folder = mkdtempSync(join(tmpdir(), 'compose-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As Compose fills variables in; each token another. */
const filled = (text: string): string =>
  text.replace(/\$\{(\w+):\?\}/g, (_all, name: string) => `${name.toLowerCase()}-0123456789`);
const readYaml = (path: string): unknown => parse(readFileSync(join(ROOT, path), 'utf8'));

test.each(SERVICES)(
  '%s mounts what is in the repository, and volumes and configurations that are defined',
  (_name, service) => {
    for (const volume of service.volumes ?? []) {
      const [from = ''] = volume.split(':');
      const isBuilt = from === './grafana-plugin/dist';
      const isThere = from.startsWith('.')
        ? isBuilt || existsSync(join(ROOT, from))
        : from.startsWith('/') || from in COMPOSE.volumes;
      expect([volume, isThere]).toEqual([volume, true]);
    }
    for (const { source, mode } of service.configs ?? []) {
      expect(COMPOSE.configs).toHaveProperty([source]);
      expect(mode).toBe(0o400);
    }
    expect(service.image).toMatch(/^[\w./-]+:(\d|v\d|\$\{)/);
  }
);

test('services listen on loopback only, as they share the network of the host', () => {
  for (const [name, { network_mode, command = [] }] of SERVICES) {
    expect([name, network_mode]).toEqual([name, 'host']);
    for (const option of command.filter((one) => one.includes('web.listen-address'))) {
      expect(option).toContain('=127.0.0.1:');
    }
  }
  expect(GRAFANA.GF_SERVER_HTTP_ADDR).toBe('127.0.0.1');
});

test('virtmedic takes its configuration, and each token has the one scope that it is for', async () => {
  const path = join(folder, 'virtmedic.yaml');
  writeFileSync(path, filled(COMPOSE.configs.virtmedic?.content ?? ''), { mode: 0o400 });
  const { config } = await loadConfig(path);
  expect(config.recovery.dryRun).toBe(true);
  expect(config.control.tokens.map(({ name, scopes }) => [name, scopes])).toEqual([
    ['grafana-read', ['read']],
    ['grafana', ['operate']],
    ['alertmanager', ['webhook']],
  ]);
  expect([`http://${config.web.listen}`, `http://${config.control.listen}`]).toEqual([
    GRAFANA.VIRTMEDIC_URL,
    GRAFANA.VIRTMEDIC_CONTROL_URL,
  ]);
});

test('the examples that it mounts reach the same addresses', () => {
  const alertmanager = readFileSync(join(ROOT, 'alert-rules/example/alertmanager.yml'), 'utf8');
  expect(alertmanager).toContain(`url: ${GRAFANA.VIRTMEDIC_CONTROL_URL}/api/v1/alerts`);
  const target = COMPOSE.services.alertmanager.configs?.[0]?.target ?? 'none';
  expect(alertmanager).toContain(`credentials_file: ${target}`);
  const prometheus = readYaml('alert-rules/example/prometheus.yml') as { rule_files: string[] };
  const mounted = (COMPOSE.services.prometheus.volumes ?? []).map((volume) => volume.split(':')[1]);
  expect(prometheus.rule_files.map((path) => path.replace(/\/\*\.yml$/, ''))).toEqual(
    mounted.filter((path) => path === '/etc/prometheus/virtmedic')
  );
});

test('Grafana has every variable that the provisioning reads, and may load every plugin', () => {
  const folders = ['datasources', 'dashboards', 'plugins'].map((name) => join('grafana-plugin/provisioning', name));
  const texts = folders.flatMap((name) =>
    readdirSync(join(ROOT, name)).map((file) => readFileSync(join(ROOT, name, file), 'utf8').replace(/^\s*#.*$/gm, ''))
  );
  const read = texts.flatMap((text) => [...text.matchAll(/\$(\w+)/g)].map((match) => match[1] ?? ''));
  expect(read.length).toBeGreaterThan(3);
  expect(read.filter((name) => !(name in GRAFANA))).toEqual([]);
  const types = texts.flatMap((text) =>
    [...text.matchAll(/\btype: (virtmedic-[\w-]+)/g)].map((match) => match[1] ?? '')
  );
  const allowed = GRAFANA.GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS?.split(',') ?? [];
  expect(allowed).toEqual(expect.arrayContaining(types));
  expect(allowed).toHaveLength(3);
  expect(GRAFANA.GF_DATAPROXY_SEND_USER_HEADER).toBe('true');
});

test('the provisioned data sources are those that the dashboards choose from, and the dashboards are where the plugin is mounted', () => {
  const sources = ['virtmedic.yml', 'prometheus.yml'].flatMap(
    (file) =>
      (
        readYaml(`grafana-plugin/provisioning/datasources/${file}`) as {
          datasources: Array<{ type: string; access: string }>;
        }
      ).datasources
  );
  expect(sources.map(({ type, access }) => [type, access])).toEqual([
    ['virtmedic-recovery-datasource', 'proxy'],
    ['prometheus', 'proxy'],
  ]);
  const { providers } = readYaml('grafana-plugin/provisioning/dashboards/default.yaml') as {
    providers: Array<{ options: { path: string } }>;
  };
  const plugin = COMPOSE.services.grafana.volumes
    ?.find((volume) => volume.startsWith('./grafana-plugin/dist:'))
    ?.split(':')[1];
  expect(providers.map(({ options }) => options.path)).toEqual([`${plugin}/dashboards`]);
});
