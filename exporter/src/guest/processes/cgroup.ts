import type { Kernel } from '../kernel/kernel.ts';
import { isKernelAddress, isKernelPointer } from './addresses.ts';
import { defineView } from './view.ts';

/** Levels of a hierarchy; systemd itself needs about ten. */
const MAXIMUM_DEPTH = 64;
/** Hierarchies of cgroup v1 that are mounted at the same time. */
const MAXIMUM_HIERARCHIES = 64;
/** `NAME_MAX`, and `MAX_CGROUP_ROOT_NAMELEN` for the names of hierarchies. */
const NAME_BYTES = 255;
const HIERARCHY_NAME_BYTES = 64;

/**
 * Reads the control group of a task out of its `css_set` (`task_struct.cgroups`): the path in cgroup v2; where that is the root, the one in
 * the hierarchy of cgroup v1 that is named `systemd`, if there is one. The function answers null where it can't be read.
 *
 * @returns null where the kernel has no control groups
 */
export function createCgroupReader(kernel: Kernel): ((cssSet: bigint) => string | null) | null {
  if (kernel.tryOffsetOf('task_struct', 'cgroups') === null || kernel.tryOffsetOf('css_set', 'dfl_cgrp') === null) return null;
  const unified = BigInt(kernel.offsetOf('css_set', 'dfl_cgrp'));
  const nodeOfGroup = BigInt(kernel.offsetOf('cgroup', 'kn'));
  const pathOf = createNodePathReader(kernel);
  const pathOfGroup = (group: bigint | null) => {
    const node = group !== null && isKernelPointer(group) ? kernel.readU64(group + nodeOfGroup) : null;
    return node === null ? null : pathOf(node);
  };
  const namedGroup = createNamedGroupReader(kernel);
  return (cssSet) => {
    if (!isKernelPointer(cssSet)) return null;
    const path = pathOfGroup(kernel.readU64(cssSet + unified));
    if (path !== '/') return path;
    const named = namedGroup(cssSet);
    return named === null ? path : pathOfGroup(named);
  };
}

/** Path of a kernfs node from the root of its hierarchy. */
function createNodePathReader(kernel: Kernel): (node: bigint) => string | null {
  // Renamed in 6.15.
  const parent = kernel.tryOffsetOf('kernfs_node', 'parent') === null ? '__parent' : 'parent';
  const view = defineView(kernel, 'kernfs_node', { parent, name: 'name' });
  return (start) => {
    const names: string[] = [];
    let node = start;
    for (let depth = 0; depth <= MAXIMUM_DEPTH; depth++) {
      const bytes = isKernelPointer(node) ? view.read(node) : null;
      if (bytes === null) return null;
      const above = bytes.readBigUInt64LE(view.at.parent);
      if (above === 0n) return `/${names.reverse().join('/')}`;
      const address = bytes.readBigUInt64LE(view.at.name);
      const name = isKernelAddress(address) ? kernel.readText(address, NAME_BYTES + 1) : null;
      if (name === null || name === '' || name.includes('/') || Buffer.byteLength(name) > NAME_BYTES) return null;
      names.push(name);
      node = above;
    }
    return null;
  };
}

/** The group of a `css_set` in the hierarchy named `systemd` of cgroup v1; null: none, or not readable. */
function createNamedGroupReader(kernel: Kernel): (cssSet: bigint) => bigint | null {
  const headOffset = BigInt(kernel.offsetOf('css_set', 'cgrp_links'));
  const link = defineView(kernel, 'cgrp_cset_link', { group: 'cgrp', next: 'cgrp_link' });
  const inLink = BigInt(kernel.offsetOf('cgrp_cset_link', 'cgrp_link'));
  const rootOffset = BigInt(kernel.offsetOf('cgroup', 'root'));
  const nameOffset = BigInt(kernel.offsetOf('cgroup_root', 'name'));
  return (cssSet) => {
    const head = cssSet + headOffset;
    let node = kernel.readU64(head);
    for (let index = 0; index < MAXIMUM_HIERARCHIES && node !== null && node !== head && isKernelPointer(node); index++) {
      const bytes = link.read(node - inLink);
      if (bytes === null) return null;
      const group = bytes.readBigUInt64LE(link.at.group);
      node = bytes.readBigUInt64LE(link.at.next);
      const root = isKernelPointer(group) ? kernel.readU64(group + rootOffset) : null;
      if (root === null || !isKernelPointer(root)) return null;
      if (kernel.readText(root + nameOffset, HIERARCHY_NAME_BYTES) === 'systemd') return group;
    }
    return null;
  };
}
