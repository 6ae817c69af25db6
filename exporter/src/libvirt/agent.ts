import type { Caller } from './call.ts';
import { runAgentCommand } from './calls/qemu.ts';
import type { DomainRef } from './domain-ref.ts';

/** The QEMU guest agent in one domain, through libvirt. */
export interface QemuGuestAgent {
  /**
   * One command of the agent; answers its `return`, which the guest made up and which is to be checked. Rejects as `Caller.call`;
   * an error of the agent is a LibvirtError. @throws AgentAnswerError
   */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown>;
}

/** What came is not the answer of a guest agent, or is longer than allowed. */
export class AgentAnswerError extends Error {
  override readonly name = 'AgentAnswerError';
  readonly command: string;

  constructor(command: string, text: string) {
    super(`the guest agent's answer to ${command} ${text}`);
    this.command = command;
  }
}

export interface QemuGuestAgentOptions {
  /** How long libvirt waits for the agent. */
  timeoutSeconds: number;
  /** Of the call, milliseconds: longer, since libvirt first waits for its turn with the agent. */
  deadlineMs: number;
  /** Longest answer that is read. Default: 1 MiB. */
  mostCharacters?: number;
}

const MOST_CHARACTERS = 1_048_576;

export function qemuGuestAgent(caller: Caller, domain: DomainRef, { timeoutSeconds, deadlineMs, mostCharacters = MOST_CHARACTERS }: QemuGuestAgentOptions): QemuGuestAgent {
  return {
    async execute(command, args) {
      const asked = JSON.stringify(args === undefined ? { execute: command } : { execute: command, arguments: args });
      const text = await caller.call(runAgentCommand, { domain, command: asked, timeoutSeconds }, { deadlineMs });
      if (text === null) throw new AgentAnswerError(command, 'is missing');
      if (text.length > mostCharacters) throw new AgentAnswerError(command, `has ${text.length} characters; at most ${mostCharacters} are read`);
      return returnOf(command, text);
    },
  };
}

function returnOf(command: string, text: string): unknown {
  let answer: unknown = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // Not JSON: told below.
  }
  if (typeof answer === 'object' && answer !== null && Object.hasOwn(answer, 'return')) return (answer as { return: unknown }).return;
  throw new AgentAnswerError(command, 'is not one of the agent');
}
