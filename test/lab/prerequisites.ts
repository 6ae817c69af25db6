import { existsSync } from 'node:fs';

/** What the lab starts, and the Debian 12 package that it comes from. */
const NEEDED: Readonly<Record<string, string>> = {
  '/usr/sbin/libvirtd': 'libvirt-daemon',
  '/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so': 'libvirt-daemon-driver-qemu',
  '/usr/bin/virsh': 'libvirt-clients',
  '/usr/bin/qemu-system-x86_64': 'qemu-system-x86',
  '/usr/bin/qemu-img': 'qemu-utils',
  '/bin/busybox': 'busybox-static',
  '/usr/bin/cpio': 'cpio',
  '/sbin/mkfs.ext4': 'e2fsprogs',
  '/sbin/ip': 'iproute2',
  '/usr/bin/unshare': 'util-linux',
};

/** What building kernels and Debian guests takes besides. */
const NEEDED_TO_BUILD: Readonly<Record<string, string>> = {
  '/usr/bin/xz': 'xz-utils',
  '/usr/bin/perl': 'perl',
  '/usr/share/keyrings/debian-archive-keyring.gpg': 'debian-archive-keyring',
};

/** The Debian packages of which something is missing. */
export function missingPackages(needed: Readonly<Record<string, string>>, isThere: (path: string) => boolean): string[] {
  return [...new Set(Object.entries(needed).filter(([path]) => !isThere(path)).map(([, name]) => name))];
}

/** @throws with what to do where this machine or this user cannot run a lab. */
export function checkPrerequisites(): void {
  if (process.getuid?.() !== 0) {
    throw new Error(`The lab makes network namespaces and starts libvirtd, which needs root. Run it as root, for example: sudo ${commandThatRan()}`);
  }
  refuseWithout(NEEDED);
}

/** @throws with what to do where guests on chosen kernels cannot be built. */
export function checkBuildPrerequisites(): void {
  refuseWithout(NEEDED_TO_BUILD);
}

function refuseWithout(needed: Readonly<Record<string, string>>): void {
  const missing = missingPackages(needed, existsSync);
  if (missing.length > 0) throw new Error(`These Debian packages are missing: ${missing.join(', ')}. Run: npm run setup`);
}

/** What to type again: the npm script where there is one. */
function commandThatRan(): string {
  const script = process.env['npm_lifecycle_event'];
  const args = process.argv.slice(2);
  return script === undefined
    ? ['node', process.argv[1] ?? '', ...args].join(' ')
    : ['npm run', script, ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
}
