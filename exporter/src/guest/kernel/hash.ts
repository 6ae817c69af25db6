/** Odd, so that it keeps all 32 bits in play. */
export const HASH_BASE = 0x0100_0193;

/**
 * A polynomial hash of 32 bits: that of two texts together is `hash(first) * HASH_BASE ** length(second) + hash(second)`. For finding, not
 * against anybody who looks for collisions: what it finds is compared.
 */
export function hashOf(bytes: Buffer, start = 0, end = bytes.length): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, HASH_BASE) + (bytes[at] ?? 0) + 1) | 0;
  return hash;
}
