/** What execution asks of one host. Domains are named by UUID, so that a domain of the same name is never mistaken for it. */

export type ActiveState = 'running' | 'paused' | 'shutoff' | 'crashed' | 'pmsuspended';

export interface DomainStateNow {
  state: ActiveState;
  /** libvirt's reason, e.g. `user`, `crashed`, `watchdog`. */
  reason: string;
  persistent: boolean;
}

/** The hypervisor will not migrate this domain, now or later: its storage is not shared, or a device holds it here. Nothing was begun. */
export class MigrationRefused extends Error {
  override name = 'MigrationRefused';
}

/**
 * Every method asks the hypervisor now, within the deadline of the connection. All reject with the backend's own error
 * (for libvirt: LibvirtError with code and text) when the host refuses or does not answer.
 */
export interface Hypervisor {
  /** Null: the host answered that it has no such domain. Silence is an error, never null. */
  state(uuid: string): Promise<DomainStateNow | null>;
  /** UUID of the domain that has this name on the host, or null. */
  uuidOfName(name: string): Promise<string | null>;
  create(uuid: string): Promise<void>;
  resume(uuid: string): Promise<void>;
  reset(uuid: string): Promise<void>;
  destroy(uuid: string): Promise<void>;
  /** Asks the guest to power off; returns at once. */
  shutdown(uuid: string): Promise<void>;
  /** Memory that could be given to a further domain, bytes. */
  availableMemoryBytes(): Promise<number>;
  /** What the domain may take at most, bytes. */
  domainMemoryBytes(uuid: string): Promise<number>;
  /** A job is under way on the domain, such as a migration, a save or a dump. */
  hasJob(uuid: string): Promise<boolean>;
  /** Tells the job that is under way to end; it may have ended by itself. */
  abortJob(uuid: string): Promise<void>;
  /**
   * Moves the running domain live to the host behind `uri`, which this host's daemon reaches itself. `persistent`: its definition moves with
   * it. Resolves when that daemon says that it is done; waited for `limitMs`, after which it may still be under way. Rejects with
   * MigrationRefused where it cannot be migrated at all.
   */
  migrate(uuid: string, options: { uri: string; persistent: boolean; limitMs: number }): Promise<void>;
  /** Makes the definition persistent. Returns its UUID. */
  define(xml: string): Promise<string>;
}
