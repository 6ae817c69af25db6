/** What a file system has, as `df` shows it. */
export interface FileSystemUse {
  totalBytes: number;
  /** Free, what is kept for root too. */
  freeBytes: number;
  /** Free for everybody. */
  availableBytes: number;
  /** Inodes; null: it has no fixed number of them. */
  files: number | null;
  freeFiles: number | null;
}

/** A mounted file system of the guest. */
export interface GuestFileSystem {
  /** In the mount namespace of its first process; where it is mounted more than once, the oldest mount of all of it. */
  mountpoint: string;
  /** What was mounted, `/dev/vda1`. */
  device: string;
  /** `ext4`, `xfs`, `tmpfs`, … */
  type: string;
  readOnly: boolean;
  /** Null: not known, see `unknown`. */
  use: FileSystemUse | null;
  /**
   * Why `use` is not known: this type isn't one whose structures are read (`type-not-supported`), its module tells nothing of them
   * (`no-types`), or they can't be read or hold impossible numbers (`unreadable`).
   */
  unknown: 'type-not-supported' | 'no-types' | 'unreadable' | null;
}
