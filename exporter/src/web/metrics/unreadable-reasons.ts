import type { ClientReason } from '../../guest/helper/client.ts';
import { REFUSAL_REASONS } from '../../guest/helper/refusal.ts';
import type { Hold } from '../../perception/apps/hold.ts';

/** The guest itself is held: whether it could be read is not known. */
const HELD = ['not-running', 'paused', 'migrating', 'host-unreachable'] as const satisfies readonly Hold['reason'][];
const CLIENT = ['helper-unreachable', 'helper-untrusted', 'helper-lost', 'helper-silent'] as const satisfies readonly ClientReason[];
const NOT_ASKED = ['no-look', 'no-helper'] as const;
/** What a later helper may say. */
const OTHER = 'other';

/** The values of the label `reason` of `virtmedic_guest_unreadable`. */
export const UNREADABLE_REASONS: readonly string[] = [...new Set<string>([...REFUSAL_REASONS, ...CLIENT, ...HELD, ...NOT_ASKED, OTHER])];

const KNOWN = new Set(UNREADABLE_REASONS);
/** Where nobody could look, nothing is known of the reading itself. */
const SAYS_NOTHING: ReadonlySet<string> = new Set<string>([...HELD, 'no-look']);

export function boundedReason(reason: string): string {
  return KNOWN.has(reason) ? reason : OTHER;
}

/** Whether the reason is one of the reading, and not of a guest that is not there to be read. */
export function isAboutReading(reason: string): boolean {
  return !SAYS_NOTHING.has(reason);
}
