import { createFakeGuest } from '../../processes/testing/fake-guest.ts';
import type { FakeKernel } from '../../processes/testing/fake-kernel.ts';

export interface FakeFileSystem {
  type: string;
  device: string;
  mountpoint?: bigint;
  flags?: number;
  info?: bigint;
  blockDevice?: boolean;
  /** In another mount namespace. */
  elsewhere?: boolean;
}

export interface FakeMounts {
  kernel: FakeKernel;
  add(fileSystem: FakeFileSystem): void;
  /** Information of an ext4 of 1000 blocks of 4096 bytes and 200 inodes. */
  ext4(freeClusters: number): bigint;
  tmpfs(pages: number, used: number): bigint;
  dentry(path: string): bigint;
}

/** For tests: a kernel with mounts: a list of them in every file system up to 6.17, a chain since. */
export function createFakeMounts(seed = 1, links: 'list' | 'chain' = 'list'): FakeMounts {
  const guest = createFakeGuest(seed);
  const { kernel } = guest;
  const list = { size: 16, kind: 'struct' } as const;
  kernel.define('super_block', { s_list: list, s_type: 8, s_fs_info: 8, s_bdev: 8, s_mounts: list, s_root: 8, s_flags: 8 });
  kernel.define('file_system_type', { name: 8 });
  kernel.define('nsproxy', { mnt_ns: 8 });
  kernel.define('shmem_sb_info', { max_blocks: 8, used_blocks: kernel.sizeOf('percpu_counter') });
  const counter = kernel.sizeOf('percpu_counter');
  kernel.define('ext4_sb_info', {
    s_es: 8, s_overhead: 8, s_cluster_bits: 4, s_resv_clusters: 8, s_freeclusters_counter: counter, s_dirtyclusters_counter: counter, s_freeinodes_counter: counter,
  });
  const word = (value: bigint | number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const member = (type: string, address: bigint, path: string) => address + BigInt(kernel.offsetOf(type, path));
  const proxy = kernel.allocate('nsproxy');
  const namespace = kernel.allocate(8);
  kernel.set('nsproxy', proxy, 'mnt_ns', namespace);
  kernel.set('task_struct', guest.initTask, 'nsproxy', proxy);
  // Two processors; the second one has still something to add to every counter.
  const perCpu = [kernel.allocate(1024), kernel.allocate(1024)];
  kernel.symbols.set('nr_cpu_ids', kernel.allocate(4));
  kernel.write(kernel.symbol('nr_cpu_ids'), Uint8Array.of(2, 0, 0, 0));
  kernel.symbols.set('__per_cpu_offset', kernel.allocate(16));
  kernel.write(kernel.symbol('__per_cpu_offset'), Buffer.concat(perCpu.map(word)));
  let nextCounter = 0;
  const setCounter = (address: bigint, value: number) => {
    kernel.set('percpu_counter', address, 'count', value + 3);
    kernel.set('percpu_counter', address, 'counters', nextCounter);
    const rest = Buffer.alloc(4);
    rest.writeInt32LE(-3);
    kernel.write((perCpu[1] ?? 0n) + BigInt(nextCounter), rest);
    nextCounter += 8;
  };
  const head = kernel.allocate(16);
  kernel.symbols.set('super_blocks', head);
  kernel.write(head, Buffer.concat([word(head), word(head)]));
  const append = (end: bigint, node: bigint) => {
    const last = kernel.readU64(end + 8n) ?? end;
    kernel.write(node, Buffer.concat([word(end), word(last)]));
    kernel.write(last, word(node));
    kernel.write(end + 8n, word(node));
  };
  if (links === 'chain') {
    kernel.define('mount', { mnt_parent: 8, mnt_mountpoint: 8, mnt: 32, 'mnt.mnt_root': { size: 8, kind: 'pointer', at: 'mnt' }, mnt_ns: 8, mnt_next_for_sb: 8, mnt_devname: 8 });
  }
  const rootMount = kernel.allocate('mount');
  kernel.set('mount', rootMount, 'mnt_parent', rootMount);
  kernel.set('mount', rootMount, 'mnt.mnt_root', guest.dentry('/'));

  return {
    kernel,
    dentry: guest.dentry,
    add: (fileSystem) => {
      const block = kernel.allocate('super_block');
      const type = kernel.allocate('file_system_type');
      kernel.set('file_system_type', type, 'name', kernel.text(fileSystem.type));
      const set = (path: string, value: bigint | number) => kernel.set('super_block', block, path, value);
      set('s_type', type);
      set('s_fs_info', fileSystem.info ?? kernel.allocate(8));
      set('s_bdev', fileSystem.blockDevice === false ? 0 : kernel.allocate(8));
      set('s_flags', fileSystem.flags ?? 0);
      const root = kernel.allocate('dentry');
      kernel.set('dentry', root, 'd_parent', root);
      set('s_root', root);
      const mounted = kernel.allocate('mount');
      kernel.set('mount', mounted, 'mnt.mnt_root', root);
      kernel.set('mount', mounted, 'mnt_ns', fileSystem.elsewhere === true ? kernel.allocate(8) : namespace);
      kernel.set('mount', mounted, 'mnt_devname', kernel.text(fileSystem.device));
      kernel.set('mount', mounted, 'mnt_parent', fileSystem.mountpoint === undefined ? mounted : rootMount);
      kernel.set('mount', mounted, 'mnt_mountpoint', fileSystem.mountpoint ?? root);
      const mountHead = member('super_block', block, 's_mounts');
      if (links === 'chain') set('s_mounts', mounted);
      else {
        kernel.write(mountHead, Buffer.concat([word(mountHead), word(mountHead)]));
        append(mountHead, member('mount', mounted, 'mnt_instance'));
      }
      append(head, member('super_block', block, 's_list'));
    },
    ext4: (freeClusters) => {
      const info = kernel.allocate('ext4_sb_info');
      const disk = Buffer.alloc(1024);
      disk.writeUInt32LE(200, 0x0);
      disk.writeUInt32LE(1000, 0x4);
      disk.writeUInt32LE(50, 0x8);
      disk.writeUInt32LE(2, 0x18);
      disk.writeUInt16LE(0xef53, 0x38);
      const superblock = kernel.allocate(1024);
      kernel.write(superblock, disk);
      kernel.set('ext4_sb_info', info, 's_es', superblock);
      kernel.set('ext4_sb_info', info, 's_overhead', 60);
      kernel.set('ext4_sb_info', info, 's_resv_clusters', 20);
      setCounter(member('ext4_sb_info', info, 's_freeclusters_counter'), freeClusters);
      setCounter(member('ext4_sb_info', info, 's_dirtyclusters_counter'), 10);
      setCounter(member('ext4_sb_info', info, 's_freeinodes_counter'), 150);
      return info;
    },
    tmpfs: (pages, used) => {
      const info = kernel.allocate('shmem_sb_info');
      kernel.set('shmem_sb_info', info, 'max_blocks', pages);
      setCounter(member('shmem_sb_info', info, 'used_blocks'), used);
      return info;
    },
  };
}
