import { createHash } from 'node:crypto';

/** 0 to below 1, the same for the same text: so that what many domains want at an interval doesn't come at once. */
export function phase(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
