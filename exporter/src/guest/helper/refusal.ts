import { ACTION_FAILURES, ACTION_REFUSALS } from '../actions/action-error.ts';
import type { ActionFailure, ActionRefusal } from '../actions/action-error.ts';
import type { GuestReason } from '../error.ts';

/** Of those below what is about the connection, whatever was asked. */
export const PEER_REASONS = [
  'too-many-connections',
  'rate-limited',
  'socket-opened-up',
  'challenge-not-kept',
  'peer-not-proved',
  'handshake-timeout',
  'bad-frame',
  'frame-timeout',
  'slow-reader',
] as const;

/**
 * Why the helper did not do something. The words are stable: metrics, the API and tests use them.
 * Those of `GuestReason`, `ActionRefusal` and `ActionFailure` come on top where the guest or an action is the reason.
 */
export const HELPER_REASONS = [
  ...PEER_REASONS,
  // The request.
  'bad-request',
  'unknown-verb',
  'not-supported',
  'not-opted-in',
  'busy',
  'deadline',
  'answer-too-large',
  'stopping',
  'internal',
  // The domain.
  'domain-not-found',
  'domain-ambiguous',
  'domain-changed',
  // The lease.
  'stale-generation',
  'generation-not-kept',
  'generation-unreadable',
] as const;

const GUEST_REASONS = [
  'unreadable',
  'not-linux',
  'not-up-yet',
  'unsupported-kernel',
  'symbol-missing',
  'symbol-ambiguous',
  'type-missing',
  'inconsistent',
  'encrypted',
] as const satisfies readonly GuestReason[];

/** Every guest reason stands in the list above, so that each has its counter. */
type Unlisted = Exclude<GuestReason, (typeof GUEST_REASONS)[number]>;
const nothingUnlisted: [Unlisted] extends [never] ? true : Unlisted = true;
void nothingUnlisted;

export type RefusalReason = (typeof HELPER_REASONS)[number] | GuestReason | ActionRefusal | ActionFailure;
/** Each once. */
export const REFUSAL_REASONS: readonly RefusalReason[] = [...new Set<RefusalReason>([...HELPER_REASONS, ...GUEST_REASONS, ...ACTION_REFUSALS, ...ACTION_FAILURES])];

/** What is different in the guest after a refusal: nothing, or nobody knows and it has to be looked at. */
export type Effect = 'none' | 'unknown';

/** The helper refuses. The text says what to do, the reason is for programs. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: RefusalReason;
  readonly effect: Effect;

  constructor(reason: RefusalReason, text: string, { effect = 'none', ...options }: ErrorOptions & { effect?: Effect } = {}) {
    super(text, options);
    this.reason = reason;
    this.effect = effect;
  }
}

export interface RefusalCounters {
  count(reason: RefusalReason): void;
  /** Of every reason how often since the start; 0 for those that never happened. */
  read(): Record<RefusalReason, number>;
}

export function createRefusalCounters(): RefusalCounters {
  const counts = Object.fromEntries(REFUSAL_REASONS.map((reason) => [reason, 0])) as Record<RefusalReason, number>;
  return {
    count(reason) {
      counts[reason] += 1;
    },
    read: () => ({ ...counts }),
  };
}
