/** Joins the guest helper, libvirt's metadata and the configuration into the supervision of apps. */
import type { AppConfig } from './config/apps.ts';
import type { Config, DomainSelector } from './config/schema.ts';
import type { Clock } from './events/clock.ts';
import { createHelperClient, type HelperClient, type HelperClientOptions } from './guest/helper/client.ts';
import { parseLibvirtUri } from './libvirt/index.ts';
import { declaredApps } from './perception/apps/declared.ts';
import { watchableDomains } from './perception/apps/hold.ts';
import { createMetadataReader } from './perception/apps/metadata-reader.ts';
import { helperSource, noSource, type GuestSource } from './perception/apps/source.ts';
import { createSupervisor, type SupervisorOptions } from './perception/apps/supervisor.ts';
import type { AppsView } from './perception/apps/view.ts';
import type { Perception, PerceptionEvent } from './perception/index.ts';
import { selectPolicy } from './policy/selectors.ts';

/** The parts of the configuration that say what is expected in guests and how they are looked into. */
export type GuestSightConfig = Pick<Config, 'hosts' | 'domains' | 'recovery'> & {
  apps: readonly AppConfig[];
  guest: { helperFolder: string | null; intervalSeconds: number };
};

export interface GuestSight {
  readonly view: AppsView;
  start(): void;
  /** Another configuration is in force. */
  configChanged(): void;
  /** What perception tells, after its view has it. */
  onPerception(event: PerceptionEvent): void;
  /** An operation of our own is under way on an app, or with `app` null on its domain. `untilMs` is monotonic. */
  mute(uuid: string, app: string | null, untilMs: number, why: string): void;
  unmute(uuid: string, app: string | null): void;
  /** For orders to the helper of a host's machine, over a connection that looks do not use; null: it has none. */
  helper(host: string): HelperClient | null;
  stop(): void;
}

export interface GuestSightOptions {
  config(): GuestSightConfig;
  clock: Clock;
  perception(): Pick<Perception, 'view' | 'connection' | 'guestSeen'>;
  onAppChanged(uuid: string, app: string): void;
  log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  /** Of the helper's client, beside its folder; for tests. */
  helper?: Omit<HelperClientOptions, 'runFolder'>;
  runProbe?: SupervisorOptions['runProbe'];
}

export function createGuestSight(options: GuestSightOptions): GuestSight {
  const { config, clock, perception, onAppChanged, log, runProbe } = options;
  const onWarning = (text: string, error?: unknown): void => log.warn(error === undefined ? {} : { err: error }, text);
  const source = replaceableSource(options);
  const metadata = createMetadataReader({
    clock,
    connection: (host) => perception().connection(host),
    onChanged: () => supervisor.refresh(),
    onWarning,
  });
  const supervisor = createSupervisor({
    clock,
    source,
    intervalMs: config().guest.intervalSeconds * 1000,
    domains() {
      const all = watchableDomains(perception().view);
      metadata.setDomains(all.filter((domain) => selectorOf(config(), domain)?.appsInMetadata ?? true));
      return all;
    },
    declared: (domain) => declaredApps(config().apps, domain, metadata.of(domain.uuid)),
    onAppChanged,
    onGuestHealth: (host, uuid, health) => perception().guestSeen(host, uuid, health),
    onInfo: (text) => log.info({}, text),
    onWarning,
    ...(runProbe && { runProbe }),
  });
  return {
    view: supervisor.view,
    start: () => supervisor.start(),
    configChanged() {
      source.configChanged();
      supervisor.setInterval(config().guest.intervalSeconds * 1000);
      supervisor.refresh();
    },
    onPerception(event) {
      if (event.kind === 'domain_lifecycle' && event.change === 'defined') metadata.changed(event.uuid);
      supervisor.onPerception(event);
    },
    mute: (uuid, app, untilMs, why) => supervisor.mute(uuid, app, untilMs, why),
    unmute: (uuid, app) => supervisor.unmute(uuid, app),
    helper: (host) => source.helper(host),
    stop() {
      supervisor.stop();
      metadata.stop();
      source.close();
    },
  };
}

/** The helper of this machine, if there is one; another one after a reload that names another. */
function replaceableSource({ config, clock, helper }: GuestSightOptions): GuestSource & Pick<GuestSight, 'configChanged' | 'helper'> {
  const hasHelper = (host: string): boolean => config().hosts.some(({ name, uri }) => name === host && isThisMachine(uri));
  const connect = (runFolder: string): HelperClient => createHelperClient({ ...helper, runFolder });
  let folder: string | null = null;
  let current: GuestSource = noSource(clock);
  let orders: HelperClient | null = null;

  function close(): void {
    current.close();
    orders?.close();
  }

  function configChanged(): void {
    const { helperFolder } = config().guest;
    if (helperFolder === folder) return;
    close();
    folder = helperFolder;
    current = folder === null ? noSource(clock) : helperSource({ client: connect(folder), clock, hasHelper });
    orders = folder === null ? null : connect(folder);
  }

  configChanged();
  return {
    configChanged,
    helper: (host) => (hasHelper(host) ? orders : null),
    look: (uuid, host) => current.look(uuid, host),
    processes: (uuid, host) => current.processes(uuid, host),
    readable: () => current.readable(),
    hasHelper: (host) => current.hasHelper(host),
    close,
  };
}

/** A unix socket may be one that leads elsewhere: the helper then says that it has no such domain. */
function isThisMachine(uri: string): boolean {
  try {
    const { address } = parseLibvirtUri(uri);
    return address.kind === 'unix' || ['localhost', '127.0.0.1', '::1', '[::1]'].includes(address.host);
  } catch {
    return false;
  }
}

function selectorOf(config: GuestSightConfig, domain: { uuid: string; name: string; host: string }): DomainSelector | undefined {
  const { selector } = selectPolicy(config, domain, null);
  return selector === null ? undefined : config.domains[selector];
}
