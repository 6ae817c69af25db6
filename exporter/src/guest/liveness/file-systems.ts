import { KernelError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { isKernelAddress, isKernelPointer } from '../processes/addresses.ts';
import { withBudget } from '../processes/budget.ts';
import { createPaths } from '../processes/path.ts';
import { defineView } from '../processes/view.ts';
import { createExt4UseReader, findExt4Members, type Ext4Members } from './ext4-use.ts';
import type { FileSystemUse, GuestFileSystem } from './file-system-use.ts';
import { createModuleTypes } from './module-types.ts';
import { createTmpfsUseReader } from './tmpfs-use.ts';

/** File systems and mounts of one of them that are looked at. */
const MAXIMUM_FILE_SYSTEMS = 4096;
const MAXIMUM_MOUNTS = 1024;
/** `SB_RDONLY` and `SB_KERNMOUNT` */
const READ_ONLY = 1n;
const KERNEL_MOUNT = 1n << 22n;
/** Types of a module are looked for; they do not come later, and reading them takes long. */
const MAXIMUM_ATTEMPTS = 3;
const TYPE_BYTES = 64;
const DEVICE_BYTES = 1024;

export interface FileSystemReaderOptions {
  /** Reads of the guest's memory for one answer. Default 200,000. */
  maxReads?: number;
  /** Time of one answer. Default 2000. */
  maxMilliseconds?: number;
}

export interface FileSystemReader {
  /**
   * Mounted file systems that can fill up: those on a block device, and tmpfs with a limit.
   *
   * @throws KernelError `inconsistent`: the list of file systems changed while it was read, a limit was reached, or another kernel runs
   */
  read(): GuestFileSystem[];
}

type Use = Pick<GuestFileSystem, 'use' | 'unknown'>;

/**
 * Reads the use of a guest's mounted file systems. Its size is known of ext4 (built in, or a module whose types the kernel keeps) and tmpfs;
 * others are listed without it.
 *
 * @throws KernelError where this kernel's mounts cannot be read
 */
export function createFileSystemReader(guest: Kernel, options: FileSystemReaderOptions = {}): FileSystemReader {
  const kernel = withBudget(guest, { reads: options.maxReads ?? 200_000, milliseconds: options.maxMilliseconds ?? 2000 });
  const head = kernel.symbol('super_blocks');
  const superBlock = defineView(kernel, 'super_block', {
    list: 's_list', type: 's_type', info: 's_fs_info', device: 's_bdev', mounts: 's_mounts', root: 's_root', flags: 's_flags',
  });
  const { at } = superBlock;
  const listOffset = BigInt(kernel.offsetOf('super_block', 's_list'));
  const typeName = BigInt(kernel.offsetOf('file_system_type', 'name'));
  const findMount = createMountFinder(kernel);
  const readUse = createUseReader(kernel);

  function describe(address: bigint): GuestFileSystem | null {
    const bytes = superBlock.read(address);
    if (bytes === null) return null;
    const u64 = (offset: number) => bytes.readBigUInt64LE(offset);
    const [type, info, device, root, flags] = [u64(at.type), u64(at.info), u64(at.device), u64(at.root), u64(at.flags)];
    const nameAt = isKernelPointer(type) ? kernel.readU64(type + typeName) : null;
    const name = nameAt !== null && isKernelAddress(nameAt) ? kernel.readText(nameAt, TYPE_BYTES) : null;
    if (name === null || (flags & KERNEL_MOUNT) !== 0n || (device === 0n && name !== 'tmpfs')) return null;
    const mount = findMount(address, u64(at.mounts), root);
    if (mount === null) return null;
    const use = readUse(name, info);
    return use === 'unlimited' ? null : { ...mount, type: name, readOnly: (flags & READ_ONLY) !== 0n, ...use };
  }

  return {
    read: () => {
      kernel.renew();
      if (!kernel.verify()) throw new KernelError('inconsistent', 'the guest runs another kernel than the one that was found (it restarted?): open it anew');
      const found: GuestFileSystem[] = [];
      let previous = head;
      let node = kernel.readU64(head);
      for (let index = 0; node !== head; index++) {
        const bytes = node !== null && isKernelPointer(node) ? superBlock.read(node - listOffset) : null;
        if (bytes === null || node === null || bytes.readBigUInt64LE(at.list + 8) !== previous || index >= MAXIMUM_FILE_SYSTEMS) {
          throw new KernelError('inconsistent', 'the list of file systems changed while it was read; look again later');
        }
        const next = bytes.readBigUInt64LE(at.list);
        const fileSystem = describe(node - listOffset);
        if (fileSystem !== null) found.push(fileSystem);
        previous = node;
        node = next;
      }
      return found;
    },
  };
}

/** Finds where a file system is mounted in the first mount namespace; null: nowhere there. */
function createMountFinder(kernel: Kernel): (superBlock: bigint, first: bigint, root: bigint) => { mountpoint: string; device: string } | null {
  const paths = createPaths(kernel);
  // A list up to 6.17, then a chain.
  const isChain = kernel.tryOffsetOf('mount', 'mnt_instance') === null;
  const link = isChain ? 'mnt_next_for_sb' : 'mnt_instance';
  const mount = defineView(kernel, 'mount', { link, root: 'mnt.mnt_root', device: 'mnt_devname', namespace: 'mnt_ns' });
  const linkOffset = isChain ? 0n : BigInt(kernel.offsetOf('mount', link));
  const mountsOffset = BigInt(kernel.offsetOf('super_block', 's_mounts'));
  const namespaces = kernel.symbol('init_task') + BigInt(kernel.offsetOf('task_struct', 'nsproxy'));
  const mountNamespace = BigInt(kernel.offsetOf('nsproxy', 'mnt_ns'));
  return (superBlock, first, root) => {
    const proxy = kernel.readU64(namespaces);
    const namespace = proxy !== null && isKernelPointer(proxy) ? kernel.readU64(proxy + mountNamespace) : null;
    const end = isChain ? 0n : superBlock + mountsOffset;
    let part: { mountpoint: string; device: string } | null = null;
    let node = first;
    for (let index = 0; index < MAXIMUM_MOUNTS && node !== end && isKernelPointer(node); index++) {
      const address = node - linkOffset;
      const bytes = mount.read(address);
      if (bytes === null) return part;
      node = bytes.readBigUInt64LE(mount.at.link);
      if (bytes.readBigUInt64LE(mount.at.namespace) !== namespace) continue;
      const mountRoot = bytes.readBigUInt64LE(mount.at.root);
      const deviceAt = bytes.readBigUInt64LE(mount.at.device);
      if (part !== null && mountRoot !== root) continue;
      const path = paths.of(mountRoot, address);
      const device = isKernelAddress(deviceAt) ? kernel.readText(deviceAt, DEVICE_BYTES) : null;
      if (path === null || device === null) continue;
      const found = { mountpoint: path.path, device };
      if (mountRoot === root) return found;
      part = found;
    }
    return part;
  };
}

function createUseReader(kernel: Kernel): (type: string, info: bigint) => Use | 'unlimited' {
  const known = (use: FileSystemUse | null): Use => ({ use, unknown: use === null ? 'unreadable' : null });
  const readExt4 = createExt4UseReader(kernel);
  const readTmpfs = createTmpfsUseReader(kernel);
  const moduleMembers = createModuleTypes(kernel);
  let ext4: Ext4Members | null = findExt4Members((type, path) => kernel.tryOffsetOf(type, path));
  let attempts = 0;
  return (type, info) => {
    if (!isKernelPointer(info)) return known(null);
    // ext3 has no driver of its own.
    if (type === 'ext4' || type === 'ext3') {
      if (ext4 === null && attempts < MAXIMUM_ATTEMPTS) {
        attempts += 1;
        const members = moduleMembers('ext4', 'ext4_sb_info');
        ext4 = members === null ? null : findExt4Members((_type, name) => members.get(name) ?? null);
      }
      return ext4 === null ? { use: null, unknown: 'no-types' } : known(readExt4(info, ext4));
    }
    if (type === 'tmpfs' && readTmpfs !== null) {
      const use = readTmpfs(info);
      return use === 'unlimited' ? use : known(use);
    }
    return { use: null, unknown: 'type-not-supported' };
  };
}
