import { matchesGlob } from './glob.ts';

/** What the owner of the machine allows for domains. */
export interface OptIn {
  /** Both conditions must hold where both are given; at least one is. */
  match: { uuid?: string; name?: string };
  read: boolean;
  /** Never without `read`: nothing is written to what was not looked at. */
  write: boolean;
}

export interface Allowed {
  read: boolean;
  write: boolean;
}

/** The first entry that matches decides; without one nothing is allowed. */
export function allowedFor(optIns: readonly OptIn[], domain: { uuid: string; name: string }): Allowed {
  const { read, write } = optIns.find(({ match }) => fits(match, domain)) ?? { read: false, write: false };
  return { read, write: read && write };
}

function fits(match: OptIn['match'], domain: { uuid: string; name: string }): boolean {
  if (match.uuid === undefined && match.name === undefined) return false;
  return (match.uuid === undefined || match.uuid === domain.uuid) && (match.name === undefined || matchesGlob(match.name, domain.name));
}
