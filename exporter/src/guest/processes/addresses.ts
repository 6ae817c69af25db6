/** Lowest address of the kernel's half with 5 levels of page tables; with 4 it is higher. */
const LOWEST = 0xff00_0000_0000_0000n;

/** A pointer of the kernel to a structure could look like this: in its half of the address space, aligned to 8 bytes. */
export function isKernelPointer(address: bigint): boolean {
  return address >= LOWEST && (address & 7n) === 0n;
}

/** An address of the kernel, of text for example, which has no alignment. */
export function isKernelAddress(address: bigint): boolean {
  return address >= LOWEST;
}
