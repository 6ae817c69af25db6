/** QEMU's monitor of one domain, as libvirt's `qemu-monitor-command` gives it. */
export interface Monitor {
  /** A command of the human monitor; answers its text. */
  human(command: string): Promise<string>;
  /** A QMP command; answers its `return` and rejects for an `error`. */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown>;
}

/** Addresses from `start` up to, not including, `end`; bytes, whole pages of 4096. */
export interface MemoryRange {
  readonly start: number;
  readonly end: number;
}

/** The physical memory of a guest. Addresses are the guest's physical ones, exact as numbers (below 2^53). */
export interface PhysicalMemory {
  /** RAM, ascending, not overlapping. Devices and firmware are left out. */
  readonly regions: readonly MemoryRange[];
  /**
   * Copies `length` bytes from `physical` to `into` at `offset`.
   *
   * @returns false where they are not all RAM of one region, do not fit into `into`, or cannot be read; `into` is undefined then.
   *   Never throws, whatever the address.
   */
  read(physical: number, into: Buffer, offset: number, length: number): boolean;
  /** Runs of pages between `start` and `end` that the host holds, ascending, each at most 4 MiB. Pages never touched by the guest are left out. */
  present(start: number, end: number): Iterable<MemoryRange>;
  close(): void;
}
