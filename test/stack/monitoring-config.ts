import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { alertmanagerConfig, prometheusConfig } from '../../alert-rules/path-stack.ts';
import type { RouteChanges } from '../../alert-rules/path-stack.ts';

/** Time between two evaluations of every rule group; the example's scrape interval is the same. */
export const EVALUATION_SECONDS = 5;

/** The example configuration of Prometheus for this run's virtmedic and Alertmanager, every group evaluated each 5 s. */
export function prometheusConfigOf(webPort: number, alertmanagerPort: number): string {
  const config = parse(prometheusConfig(webPort, [alertmanagerPort])) as { global: Record<string, string> };
  config.global['evaluation_interval'] = `${EVALUATION_SECONDS}s`;
  return stringify(config);
}

/** The example configuration of Alertmanager for this run's webhook. Writes `token` to the file that it names. */
export function alertmanagerConfigOf(folder: string, controlPort: number, token: string, changes: RouteChanges = {}): string {
  const config = alertmanagerConfig(folder, controlPort, changes);
  writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 });
  return config;
}
