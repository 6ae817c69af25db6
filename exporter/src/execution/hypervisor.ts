/** What execution asks of one host. Domains are named by UUID, so that a domain of the same name is never mistaken for it. */

export type ActiveState = 'running' | 'paused' | 'shutoff' | 'crashed' | 'pmsuspended';

export interface DomainStateNow {
  state: ActiveState;
  /** libvirt's reason, e.g. `user`, `crashed`, `watchdog`. */
  reason: string;
  persistent: boolean;
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
  /** Makes the definition persistent. Returns its UUID. */
  define(xml: string): Promise<string>;
}
