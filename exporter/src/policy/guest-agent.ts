import type { Config } from '../config/schema.ts';
import type { DomainIdentity } from './selectors.ts';
import { selectPolicy } from './selectors.ts';

/** Whether the operator allows to act by the QEMU guest agent: for this daemon, and for this domain. */
export function isGuestAgentAllowed(config: Pick<Config, 'domains' | 'recovery' | 'guest'>, domain: DomainIdentity): boolean {
  if (!config.guest.agent) return false;
  const { selector } = selectPolicy(config, domain, null);
  const chosen = selector === null ? undefined : config.domains[selector];
  return chosen?.managed === true && chosen.guestAgent;
}
