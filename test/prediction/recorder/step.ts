/** Load of a guest by its own switches: percent of a processor, MiB, KiB a second; what is not named stays as it is. */
export type LoadLevels = Partial<Record<'cpu' | 'memory' | 'disk' | 'read' | 'net', number>>;

export const NO_LOAD: Required<LoadLevels> = { cpu: 0, memory: 0, disk: 0, read: 0, net: 0 };

export type Action =
  | { do: 'load'; load: LoadLevels }
  | { do: 'busy-start'; what: string; load: LoadLevels }
  | { do: 'busy-end'; what: string; load: LoadLevels }
  /** The guest restarts itself; QEMU goes on. */
  | { do: 'reboot' }
  /** Its plug is pulled and it is started: counters begin anew. */
  | { do: 'power-cycle' }
  | { do: 'migrate' };

export interface Step {
  /** Since the guest first served. */
  atSeconds: number;
  action: Action;
}
