import type { Kernel } from '../kernel/kernel.ts';
import { isKernelAddress, isKernelPointer } from './addresses.ts';
import { defineView } from './view.ts';

/** `NAME_MAX` */
const NAME_BYTES = 255;
/** `PATH_MAX` */
const PATH_BYTES = 4096;
/** Names and mounts together on the way to the root. */
const STEPS = 512;

export interface GuestPath {
  /** From the root of its mount namespace. */
  path: string;
  /** Its last name was removed from its directory. */
  deleted: boolean;
}

export interface Paths {
  /** The path of the `struct path` at `address`; null: not readable, or no path that the kernel could have. */
  read(address: bigint): GuestPath | null;
  /** Likewise of a dentry on a `struct mount`. */
  of(dentry: bigint, mount: bigint): GuestPath | null;
}

/** Reads paths of files through mounts up to the root of their mount namespace, as the kernel's `d_path()` does. */
export function createPaths(kernel: Kernel): Paths {
  const path = defineView(kernel, 'path', { mount: 'mnt', dentry: 'dentry' });
  const dentry = defineView(kernel, 'dentry', { parent: 'd_parent', length: 'd_name.len', name: 'd_name.name', hash: 'd_hash.pprev' });
  const mount = defineView(kernel, 'mount', { parent: 'mnt_parent', mountpoint: 'mnt_mountpoint', root: 'mnt.mnt_root' });
  const inMount = BigInt(kernel.offsetOf('mount', 'mnt'));

  function of(startDentry: bigint, startMount: bigint): GuestPath | null {
    let at = startDentry;
    let on = startMount;
    let bytes = 0;
    let deleted: boolean | null = null;
    const names: string[] = [];
    for (let step = 0; step < STEPS; step++) {
      if (!isKernelPointer(at) || !isKernelPointer(on)) return null;
      const mounted = mount.read(on);
      if (mounted === null) return null;
      if (at === mounted.readBigUInt64LE(mount.at.root)) {
        const above = mounted.readBigUInt64LE(mount.at.parent);
        if (above === on) return { path: `/${names.reverse().join('/')}`, deleted: deleted ?? false };
        at = mounted.readBigUInt64LE(mount.at.mountpoint);
        on = above;
        continue;
      }
      const entry = dentry.read(at);
      if (entry === null) return null;
      const parent = entry.readBigUInt64LE(dentry.at.parent);
      // The root of a file system that is not the root of its mount: the mount is being taken away, or this is no path.
      if (parent === at) return null;
      deleted ??= entry.readBigUInt64LE(dentry.at.hash) === 0n;
      const name = readName(kernel, entry.readBigUInt64LE(dentry.at.name), entry.readUInt32LE(dentry.at.length));
      if (name === null) return null;
      bytes += Buffer.byteLength(name) + 1;
      if (bytes > PATH_BYTES) return null;
      names.push(name);
      at = parent;
    }
    return null;
  }

  return {
    of,
    read: (address) => {
      const bytes = path.read(address);
      if (bytes === null) return null;
      return of(bytes.readBigUInt64LE(path.at.dentry), BigInt.asUintN(64, bytes.readBigUInt64LE(path.at.mount) - inMount));
    },
  };
}

const nameBytes = Buffer.alloc(NAME_BYTES + 1);

function readName(kernel: Kernel, address: bigint, length: number): string | null {
  if (length < 1 || length > NAME_BYTES || !isKernelAddress(address)) return null;
  if (!kernel.read(address, nameBytes, 0, length + 1)) return null;
  // A name that is being changed has another length than the one that was read.
  if (nameBytes.indexOf(0) !== length) return null;
  const name = nameBytes.toString('utf8', 0, length);
  return name.includes('/') ? null : name;
}
