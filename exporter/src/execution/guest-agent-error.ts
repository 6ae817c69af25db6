/** Why the guest agent did not do something. The words are stable: metrics, history and tests use them. */
import { HelperError } from '../guest/helper/client.ts';
import { AgentAnswerError, ArgumentError, ConnectionClosedError, DeadlineError, LibvirtError, NotConnectedError } from '../libvirt/index.ts';

export const AGENT_REASONS = [
  /** One of the two opt-ins is missing, or was taken back. */
  'agent-not-opted-in',
  /** libvirt on the domain's host is not connected. */
  'agent-host-unreachable',
  'agent-domain-not-running',
  /** The domain has no channel for an agent. */
  'agent-not-configured',
  /** Nobody in the guest listens at the channel, or the agent failed. */
  'agent-not-connected',
  /** The agent does not let programs be started: its owner forbade it, or it is frozen for a backup. */
  'agent-command-blocked',
  /** The agent tried, and the guest has no such program or does not let it run. */
  'agent-command-failed',
  /** What was started ended with an error. */
  'agent-program-failed',
  'agent-timed-out',
  /** An answer that is none. */
  'agent-answer-invalid',
  /** libvirt itself refused. */
  'agent-libvirt',
] as const;
export type AgentReason = (typeof AGENT_REASONS)[number];

export const AGENT_NOT_OPTED_IN = 'the guest agent may not be used here: that needs `guest.agent: true`, and `guestAgent: true` in the selector that manages the domain';

/** In the words of other ways into a guest, so that what is refused is handled as with them. `isRefusal`: nothing was done. */
export function agentError(reason: AgentReason, text: string, options: ErrorOptions & { isRefusal: boolean }): HelperError {
  return new HelperError(reason, text, options);
}

/** libvirt's words around an error that the agent itself answered. */
const OF_THE_AGENT = /unable to execute QEMU agent command/;
const BLOCKED = /has been disabled|has not been found|not allowed/;
/** What was asked may still be under way in the guest. */
const TOO_LATE = /didn't respond|not available for now|timed? ?out/i;

/**
 * What went wrong with one command of the agent. `starts`: the command starts something in the guest, so that only an error which proves that it
 * did not is a refusal; all others leave the guest as it was in any case.
 */
export function agentErrorOf(error: unknown, starts: boolean): unknown {
  if (error instanceof HelperError) return error;
  const { reason, sent } = causeOf(error);
  if (reason === null) return error;
  return agentError(reason, plainText(error instanceof Error ? error.message : String(error)), { isRefusal: !starts || !sent, cause: error });
}

const MOST_CHARACTERS = 300;

/** What a guest may have written, for history and terminals: the end of it, which says the most. */
export function plainText(text: string): string {
  // Bidirectional controls too: they would show a line in another order than it is.
  const clear = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return clear.length <= MOST_CHARACTERS ? clear : `…${clear.slice(-MOST_CHARACTERS)}`;
}

/** `sent`: it may have reached the agent. `reason` null: no error of this way, but one of this program. */
function causeOf(error: unknown): { reason: AgentReason | null; sent: boolean } {
  if (error instanceof NotConnectedError || error instanceof ArgumentError) return { reason: 'agent-host-unreachable', sent: false };
  if (error instanceof ConnectionClosedError) return { reason: 'agent-host-unreachable', sent: error.sent };
  if (error instanceof DeadlineError) return { reason: 'agent-timed-out', sent: error.sent };
  if (error instanceof AgentAnswerError) return { reason: 'agent-answer-invalid', sent: true };
  return error instanceof LibvirtError ? ofLibvirt(error) : { reason: null, sent: true };
}

function ofLibvirt({ codeName, text }: LibvirtError): { reason: AgentReason; sent: boolean } {
  if (codeName === 'ARGUMENT_UNSUPPORTED') return { reason: 'agent-not-configured', sent: false };
  if (codeName === 'NO_DOMAIN' || codeName === 'OPERATION_INVALID') return { reason: 'agent-domain-not-running', sent: false };
  if (OF_THE_AGENT.test(text)) return { reason: BLOCKED.test(text) ? 'agent-command-blocked' : 'agent-command-failed', sent: false };
  if (TOO_LATE.test(text)) return { reason: 'agent-timed-out', sent: true };
  if (codeName === 'AGENT_UNRESPONSIVE') return { reason: 'agent-not-connected', sent: !/not connected/.test(text) };
  return { reason: 'agent-libvirt', sent: true };
}
