import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../lab/free-port.ts';
import type { Host } from '../../lab/lab.ts';
import { startService } from '../../lab/service-process.ts';
import type { ServiceProcess } from '../../lab/service-process.ts';
import type { ConfigInput } from '../../stack/virtmedic-config.ts';

const MAIN = fileURLToPath(new URL('../../../exporter/src/main.ts', import.meta.url));
const TICK_SECONDS = 5;

export interface Watcher {
  service: ServiceProcess;
  metricsUrl: string;
}

/** The whole daemon, with prediction, at ticks of 5 s; its store and models stay in the folder from one start to the next. */
export async function startWatcher(folder: string, host: Host): Promise<Watcher> {
  const [webPort, controlPort] = (await freePorts(2)) as [number, number];
  const config: ConfigInput = {
    hosts: [{ name: host.name, uri: host.unixUri }],
    web: { listen: `127.0.0.1:${webPort}` },
    control: { listen: `127.0.0.1:${controlPort}` },
    store: { path: join(folder, 'virtmedic.db') },
    sampling: { intervalSeconds: TICK_SECONDS },
    prediction: { enabled: true },
  };
  const file = join(folder, 'virtmedic.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  const web = `http://127.0.0.1:${webPort}`;
  const service = await startService({
    program: process.execPath,
    package: 'none: it is the program that runs this bench',
    args: [MAIN, 'serve', '--config', file],
    logPath: join(folder, 'virtmedic.log'),
    readyUrl: `${web}/-/ready`,
  });
  return { service, metricsUrl: `${web}/metrics` };
}

/** How many domains have a failure probability of at least one horizon. */
export function forecastDomains(metrics: string): number {
  const names = [...metrics.matchAll(/^virtmedic_domain_failure_probability\{([^}]*)\} (\S+)$/gm)].flatMap(([, labels, value]) => {
    const name = /(?:^|,)domain="([^"]*)"/.exec(labels ?? '')?.[1];
    return name !== undefined && Number(value) >= 0 && Number(value) <= 1 ? [name] : [];
  });
  return new Set(names).size;
}
