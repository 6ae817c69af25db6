import { GuestError } from '../error.ts';
import type { GuestReason } from '../error.ts';

/** Why an action was refused: the guest is as it was. Words are stable: metrics, the API and tests use them. */
export const ACTION_REFUSALS = [
  // The caller.
  'not-opted-in',
  'sysrq-not-opted-in',
  'helper-not-root',
  'rate-limited',
  'journal-unhealed',
  'may-not-act',
  // The command.
  'command-not-absolute',
  'command-too-long',
  'command-needs-quoting',
  'command-malformed',
  'unit-name-invalid',
  // The domain.
  'paused',
  'domain-debug',
  'migrating',
  'job-running',
  'block-job-running',
  'encrypted-memory',
  'foreign-gdbserver',
  'domain-unclear',
  // The guest.
  'system-not-running',
  'locked-down',
  'static-usermodehelper',
  'usermodehelper-disabled',
  'poweroff-force-set',
  'poweroff-command-unexpected',
  'cad-work-unexpected',
  'cad-work-pending',
  'modifier-down',
  'keyboard-dead',
  'keyboard-off',
  'sysrq-work-unexpected',
  'sysrq-work-pending',
  'sysrq-open',
  'no-serial-console',
  'process-gone',
  'process-protected',
  'no-systemd',
  // Injection.
  'pause-budget-spent',
  'no-safe-site',
  'gadget-missing',
] as const;
export type ActionRefusal = (typeof ACTION_REFUSALS)[number] | GuestReason;

/** Why an action that had begun did not end as it should. The undo journal is kept wherever something may have been left in the guest. */
export const ACTION_FAILURES = [
  'fence-lost',
  'work-stuck',
  'changed-by-others',
  'guest-changed',
  'write-failed',
  'monitor-failed',
  'gdb-failed',
  'call-lost',
  'call-failed',
  'not-started',
  'journal-failed',
] as const;
export type ActionFailure = (typeof ACTION_FAILURES)[number];

/** The action was refused and nothing is different from before. The text says what to do. */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused';
  readonly reason: ActionRefusal;

  constructor(reason: ActionRefusal, text: string, options?: ErrorOptions) {
    super(text, options);
    this.reason = reason;
  }
}

/** The action began and failed. `left`: something of it may still be in the guest, `heal` takes it back. */
export class ActionFailed extends Error {
  override readonly name = 'ActionFailed';
  readonly reason: ActionFailure;
  readonly left: boolean;

  constructor(reason: ActionFailure, text: string, options: ErrorOptions & { left: boolean }) {
    super(text, options);
    this.reason = reason;
    this.left = options.left;
  }
}

/** Calls `read`; what the guest's kernel lacks is a refusal, with the same word. */
export function refusingGuestErrors<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof GuestError) throw new ActionRefused(error.reason, error.message, { cause: error });
    throw error;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
