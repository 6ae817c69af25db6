import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from './addresses.ts';
import { defineView } from './view.ts';

/** User ids in the guest's first user namespace. */
export interface Credentials {
  uid: number;
  effectiveUid: number;
}

/** Reads `struct cred`. The function answers null where it is not readable. */
export function createCredentialReader(kernel: Kernel): (address: bigint) => Credentials | null {
  const view = defineView(kernel, 'cred', { uid: 'uid', effective: 'euid' });
  return (address) => {
    const bytes = isKernelPointer(address) ? view.read(address) : null;
    return bytes === null ? null : { uid: bytes.readUInt32LE(view.at.uid), effectiveUid: bytes.readUInt32LE(view.at.effective) };
  };
}
