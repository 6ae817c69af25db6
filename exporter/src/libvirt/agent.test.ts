import { describe, expect, it } from 'vitest';
import { AgentAnswerError, qemuGuestAgent, type QemuGuestAgent } from './agent.ts';
import { openConnection } from './connection.ts';
import { LibvirtError } from './errors.ts';
import { createFakeDaemon, type FakeDaemon, type SeenCall } from './testing/fake-daemon.ts';

/** The real daemon and a real agent are asked in `execution/guest-agent.lab.test.ts`. */

const DOMAIN = { name: 'web', uuid: '00000001-1111-4222-8333-444444444444', id: 2 };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function open(mostCharacters?: number): Promise<{ daemon: FakeDaemon; agent: QemuGuestAgent }> {
  const daemon = createFakeDaemon();
  const connection = await openConnection({ uri: 'qemu:///system', keepalive: false, connectTransport: async () => daemon.transport });
  return { daemon, agent: qemuGuestAgent(connection, DOMAIN, { timeoutSeconds: 5, deadlineMs: 10_000, ...(mostCharacters === undefined ? {} : { mostCharacters }) }) };
}

async function seen(daemon: FakeDaemon): Promise<SeenCall> {
  await settle();
  return daemon.calls.shift()!;
}

describe('the guest agent', () => {
  it('is asked by a call of QEMU\'s program, with a timeout', async () => {
    const { daemon, agent } = await open();
    const answer = agent.execute('guest-exec', { path: '/bin/true' });
    const call = await seen(daemon);
    expect(call.header).toMatchObject({ program: 0x20008087, version: 1, procedure: 3, type: 0 });
    const { payload } = call;
    expect([payload.string(), payload.uuid(), payload.int()]).toEqual([DOMAIN.name, DOMAIN.uuid, DOMAIN.id]);
    expect([payload.string(), payload.int(), payload.uint()]).toEqual(['{"execute":"guest-exec","arguments":{"path":"/bin/true"}}', 5, 0]);
    daemon.reply(call, (writer) => writer.optionalString('{"return":{"pid":7}}'));
    expect(await answer).toEqual({ pid: 7 });
  });

  it.each(['', 'null', '[]', '{}', '7', '{"error":{"class":"x"}}', '{"return":', '{"__proto__":{"return":1}}'])('gives no answer that is none: %s', async (text) => {
    const { daemon, agent } = await open();
    const answer = agent.execute('guest-ping').catch((error: unknown) => error);
    daemon.reply(await seen(daemon), (writer) => writer.optionalString(text));
    expect(await answer).toBeInstanceOf(AgentAnswerError);
  });

  it('reads no answer that is missing or too long', async () => {
    const { daemon, agent } = await open(20);
    const missing = agent.execute('guest-ping').catch((error: unknown) => error);
    daemon.reply(await seen(daemon), (writer) => writer.optionalString(null));
    expect(await missing).toMatchObject({ name: 'AgentAnswerError', message: "the guest agent's answer to guest-ping is missing" });
    const long = agent.execute('guest-ping').catch((error: unknown) => error);
    daemon.reply(await seen(daemon), (writer) => writer.optionalString('{"return":{},"more":1}'));
    expect(await long).toMatchObject({ name: 'AgentAnswerError', message: "the guest agent's answer to guest-ping has 22 characters; at most 20 are read" });
  });

  it('tells libvirt\'s errors as they are', async () => {
    const { daemon, agent } = await open();
    const refused = agent.execute('guest-ping').catch((error: unknown) => error);
    daemon.replyError(await seen(daemon), 86, 'Guest agent is not responding: QEMU guest agent is not connected');
    const error = await refused;
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toMatchObject({ codeName: 'AGENT_UNRESPONSIVE' });
  });
});
