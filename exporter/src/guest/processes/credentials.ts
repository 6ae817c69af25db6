import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from './addresses.ts';

/** Reads user ids out of `struct cred`, in the guest's first user namespace. */
export function createCredentialReader(kernel: Kernel): { uid(cred: bigint): number | null; effectiveUid(cred: bigint): number | null } {
  const real = BigInt(kernel.offsetOf('cred', 'uid'));
  const effective = BigInt(kernel.offsetOf('cred', 'euid'));
  return {
    uid: (cred) => (isKernelPointer(cred) ? kernel.readU32(cred + real) : null),
    effectiveUid: (cred) => (isKernelPointer(cred) ? kernel.readU32(cred + effective) : null),
  };
}
