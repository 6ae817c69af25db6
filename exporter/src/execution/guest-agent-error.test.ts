import { expect, it } from 'vitest';
import { HelperError } from '../guest/helper/client.ts';
import { AgentAnswerError, ConnectionClosedError, DeadlineError, ErrorCode, LibvirtError, NotConnectedError } from '../libvirt/index.ts';
import { agentErrorOf } from './guest-agent-error.ts';

const libvirt = (code: keyof typeof ErrorCode, text: string): LibvirtError => new LibvirtError('domainAgentCommand', { code: ErrorCode[code], domain: 10, level: 2, text, details: { str1: null, str2: null, str3: null, int1: -1, int2: -1 } });

/** The texts are libvirt's 9.0 and QEMU's 7.2. */
it.each([
  [libvirt('ARGUMENT_UNSUPPORTED', 'argument unsupported: QEMU guest agent is not configured'), 'agent-not-configured', true],
  [libvirt('AGENT_UNRESPONSIVE', 'Guest agent is not responding: QEMU guest agent is not connected'), 'agent-not-connected', true],
  [libvirt('AGENT_UNRESPONSIVE', 'Guest agent is not responding: Guest agent disappeared while executing command'), 'agent-not-connected', false],
  [libvirt('AGENT_UNRESPONSIVE', "Guest agent is not responding: guest agent didn't respond to command within '5' seconds"), 'agent-timed-out', false],
  [libvirt('OPERATION_TIMEOUT', 'Timed out during operation: cannot acquire state change lock'), 'agent-timed-out', false],
  [libvirt('OPERATION_INVALID', 'Requested operation is not valid: domain is not running'), 'agent-domain-not-running', true],
  [libvirt('NO_DOMAIN', 'Domain not found'), 'agent-domain-not-running', true],
  [libvirt('INTERNAL_ERROR', "internal error: unable to execute QEMU agent command 'guest-exec': The command guest-exec has been disabled for this instance"), 'agent-command-blocked', true],
  [libvirt('INTERNAL_ERROR', "internal error: unable to execute QEMU agent command 'guest-exec': The command guest-exec has not been found"), 'agent-command-blocked', true],
  [libvirt('INTERNAL_ERROR', "internal error: unable to execute QEMU agent command 'guest-exec': Guest agent command failed, error was 'Failed to execute child process “/no/such” (No such file or directory)'"), 'agent-command-failed', true],
  [libvirt('INTERNAL_ERROR', 'internal error: something else'), 'agent-libvirt', false],
  [libvirt('ACCESS_DENIED', 'access denied'), 'agent-libvirt', false],
  [new NotConnectedError('down'), 'agent-host-unreachable', true],
  [new ConnectionClosedError('eof', { sent: true }), 'agent-host-unreachable', false],
  [new DeadlineError('x', 5, false), 'agent-timed-out', true],
  [new DeadlineError('x', 5, true), 'agent-timed-out', false],
  [new AgentAnswerError('guest-exec', 'is missing'), 'agent-answer-invalid', false],
])('%s', (error, reason, isRefusal) => {
  expect(agentErrorOf(error, true)).toMatchObject({ reason, isRefusal });
  // What starts nothing leaves the guest as it was, however it ends.
  expect(agentErrorOf(error, false)).toMatchObject({ reason, isRefusal: true });
});

it('leaves alone what is an error of another kind', () => {
  const own = new TypeError('a mistake of ours');
  const known = new HelperError('agent-timed-out', 'x');
  expect([agentErrorOf(own, true), agentErrorOf(known, true)]).toEqual([own, known]);
});

it('shows what a guest wrote without what would move a terminal, and bounded', () => {
  const hostile = libvirt('INTERNAL_ERROR', `internal error: unable to execute QEMU agent command 'guest-exec': \u001B[2J\u202E${'x'.repeat(5000)} end`);
  const { message } = agentErrorOf(hostile, true) as HelperError;
  expect(message).toMatch(/^…x+ end$/);
  expect(message.length).toBeLessThan(310);
  expect((agentErrorOf(libvirt('INTERNAL_ERROR', 'a\u001Bb\nc'), true) as HelperError).message).toBe('a b c');
});
