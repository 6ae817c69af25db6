import type { IncidentFault } from '../vocabulary.ts';
import type { Observed } from './types.ts';

export interface BlastRadiusLimits {
  /** So many inferred faults at once on one host are always believed. */
  minimum: number;
  /** Share (0 … 1) of the host's domains. */
  ratio: number;
}

/** How many inferred faults at once on a host with `domains` domains are believed. */
export function blastRadiusLimit(domains: number, { minimum, ratio }: BlastRadiusLimits): number {
  // 0.57 · 100 is 56.99…: what is meant is 57.
  return Math.max(minimum, Math.floor(domains * ratio + 1e-9));
}

/**
 * Whether the fault is inferred from absence or silence. Many of these at once mean a partition, lost storage or a broken
 * host. An I/O error counts too, because storage is lost for all domains at once. A stop, a panic or a watchdog reported
 * by libvirt is proof in itself.
 */
export function isInferred(fault: IncidentFault, observed: Observed): boolean {
  if (fault === 'domain_missing' || fault === 'domain_paused') return true;
  if (fault !== 'domain_hung' || observed.kind !== 'present') return false;
  const byWatchdog = observed.reason === 'watchdog' || observed.evidence.some((proof) => proof.startsWith('watchdog'));
  return !byWatchdog;
}
