import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../lab/lab.ts';
import { startService } from '../lab/service-process.ts';
import type { ServiceProcess } from '../lab/service-process.ts';

const MAIN = join(import.meta.dirname, '../../exporter/src/main.ts');

/** The guest helper of a host's domains, as a process of its own that ends with this one. */
export interface GuestHelper extends Pick<ServiceProcess, 'log' | 'stop'> {
  /** For `guest.helperFolder` of virtmedic's configuration. */
  readonly runFolder: string;
}

export interface GuestHelperOptions {
  /** Holds its configuration, sockets, state and log; made where it is missing. At most 76 characters, as its sockets have short paths. */
  folder: string;
  host: Pick<Host, 'unixUri'>;
  /** Patterns for the names of the domains that it may read and write in; all others it leaves alone. */
  domains: readonly string[];
  /** How long a guest's processors may stand still in one action. Default: the helper's own. */
  pauseBudgetMs?: number;
}

/** As it stands in the helper's file. libvirt and QEMU of the lab run as root. */
export function guestHelperConfig({ folder, host, domains, pauseBudgetMs }: GuestHelperOptions) {
  return {
    peers: [0], qemuUsers: [0], libvirtUri: host.unixUri, runFolder: join(folder, 'run'), stateFolder: join(folder, 'state'),
    domains: domains.map((name) => ({ match: { name }, read: true, write: true })),
    ...(pauseBudgetMs !== undefined && { pauseBudgetMs }),
  };
}

/** @throws with the end of its log where it does not come up */
export async function startGuestHelper(options: GuestHelperOptions): Promise<GuestHelper> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const config = guestHelperConfig(options);
  const file = join(folder, 'guest-helper.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const { log, stop } = await startService({
    program: process.execPath, package: 'nodejs', args: [MAIN, 'guest-helper', '--config', file],
    logPath: join(folder, 'guest-helper.log'), readyText: 'the guest helper is running',
  });
  return { runFolder: config.runFolder, log, stop };
}
