import { matchesGlob } from './glob.ts';

/** What the owner of the machine allows for domains. */
export interface OptIn {
  /** Both conditions must hold where both are given; at least one is. */
  match: { uuid?: string; name?: string };
  read: boolean;
  /** Never without `read`: nothing is written to what was not looked at. */
  write: boolean;
  /** Programs may be started over the serial console too, for guests without a keyboard. Never without `write`. Left out: no. */
  sysrq?: boolean;
}

export interface Allowed {
  read: boolean;
  write: boolean;
  sysrq: boolean;
}

/** The first entry that matches decides; without one nothing is allowed. */
export function allowedFor(optIns: readonly OptIn[], domain: { uuid: string; name: string }): Allowed {
  const { read, write, sysrq = false } = optIns.find(({ match }) => fits(match, domain)) ?? { read: false, write: false };
  return { read, write: read && write, sysrq: read && write && sysrq };
}

function fits(match: OptIn['match'], domain: { uuid: string; name: string }): boolean {
  if (match.uuid === undefined && match.name === undefined) return false;
  return (match.uuid === undefined || match.uuid === domain.uuid) && (match.name === undefined || matchesGlob(match.name, domain.name));
}
