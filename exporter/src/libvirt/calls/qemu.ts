import type { Call } from '../call.ts';
import { writeDomain, type DomainRef } from '../domain-ref.ts';
import { QEMU_PROGRAM } from '../packet.ts';

/** `virDomainQemuMonitorCommandFlags` */
export const MonitorCommandFlag = {
  /** The command is one of the human monitor, and so is the answer. */
  HMP: 1,
} as const;

/**
 * Sends a command to QEMU's monitor, past libvirt: JSON of QMP, or text with the flag HMP. Answers what QEMU answers; an error of QMP is
 * an answer too. Not allowed on a read-only connection. libvirt marks the domain as tainted.
 */
export const runMonitorCommand: Call<{ domain: DomainRef; command: string; flags?: number }, string> = {
  name: 'domainMonitorCommand',
  program: QEMU_PROGRAM,
  procedure: 1,
  encode(writer, args) {
    writeDomain(writer, args.domain);
    writer.string(args.command).uint(args.flags ?? 0);
  },
  decode: (reader) => reader.string(),
};

/**
 * Sends a command, as JSON, to the QEMU guest agent in the domain, which listens on the channel `org.qemu.guest_agent.0`; answers the
 * agent's whole answer. An error of the agent is an error of libvirt. `timeoutSeconds`: for the agent, 0 does not wait; the call's own
 * deadline has to be longer. Not allowed on a read-only connection. libvirt marks the domain as tainted.
 */
export const runAgentCommand: Call<{ domain: DomainRef; command: string; timeoutSeconds: number }, string | null> = {
  name: 'domainAgentCommand',
  program: QEMU_PROGRAM,
  procedure: 3,
  encode(writer, { domain, command, timeoutSeconds }) {
    writeDomain(writer, domain);
    writer.string(command).int(timeoutSeconds).uint(0);
  },
  decode: (reader) => reader.optionalString(),
};
