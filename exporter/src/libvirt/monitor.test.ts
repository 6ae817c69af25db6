import { describe, expect, it } from 'vitest';
import { openConnection } from './connection.ts';
import { LibvirtError, ProtocolError } from './errors.ts';
import { MonitorCommandError, qemuMonitor, type QemuMonitor } from './monitor.ts';
import { createFakeDaemon, replyFrame, type FakeDaemon, type SeenCall } from './testing/fake-daemon.ts';

const DOMAIN = { name: 'web', uuid: '00000001-1111-4222-8333-444444444444', id: 2 };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function open(): Promise<{ daemon: FakeDaemon; monitor: QemuMonitor }> {
  const daemon = createFakeDaemon();
  const connection = await openConnection({ uri: 'qemu:///system', keepalive: false, connectTransport: async () => daemon.transport });
  return { daemon, monitor: qemuMonitor(connection, DOMAIN) };
}

/** What the daemon was asked, and an answer to it. */
async function answered(daemon: FakeDaemon, text: string): Promise<{ call: SeenCall; command: string; flags: number }> {
  await settle();
  const call = daemon.calls.shift()!;
  daemon.reply(call, (writer) => writer.string(text));
  const { payload } = call;
  expect([payload.string(), payload.uuid(), payload.int()]).toEqual([DOMAIN.name, DOMAIN.uuid, DOMAIN.id]);
  return { call, command: payload.string(), flags: payload.uint() };
}

describe('monitor of QEMU', () => {
  it('is a call of the program of its own', async () => {
    const { daemon, monitor } = await open();
    const name = monitor.human('info name');
    const { call, command, flags } = await answered(daemon, 'web\r\n');
    expect(call.header).toMatchObject({ program: 0x20008087, version: 1, procedure: 1, type: 0 });
    expect([command, flags, await name]).toEqual(['info name', 1, 'web\r\n']);
  });

  it('takes QMP commands and gives what they return', async () => {
    const { daemon, monitor } = await open();
    const status = monitor.execute('query-status');
    expect(await answered(daemon, '{"return":{"running":true},"id":"libvirt-7"}')).toMatchObject({ command: '{"execute":"query-status"}', flags: 0 });
    expect(await status).toEqual({ running: true });
    const key = monitor.execute('send-key', { keys: [] });
    expect((await answered(daemon, '{"return":{}}')).command).toBe('{"execute":"send-key","arguments":{"keys":[]}}');
    expect(await key).toEqual({});
  });

  it('tells QEMU\'s errors, libvirt\'s, and answers that are none', async () => {
    const { daemon, monitor } = await open();
    const unknown = monitor.execute('nothing').catch((error: unknown) => error);
    await answered(daemon, '{"id":"libvirt-8","error":{"class":"CommandNotFound","desc":"The command nothing has not been found"}}');
    expect(await unknown).toMatchObject({ name: 'MonitorCommandError', errorClass: 'CommandNotFound', message: expect.stringContaining('nothing has not been found') as string });
    for (const text of ['', 'null', '[]', '{}', '{"error":1}', 'unknown command']) {
      const odd = monitor.execute('query-status').catch((error: unknown) => error);
      await answered(daemon, text);
      expect(await odd, text).toBeInstanceOf(MonitorCommandError);
    }
    const refused = monitor.human('info name').catch((error: unknown) => error);
    await settle();
    daemon.replyError(daemon.calls.shift()!, 55, 'domain is not running');
    expect(await refused).toBeInstanceOf(LibvirtError);
  });

  it('does not take an answer of another program for its own', async () => {
    const { daemon, monitor } = await open();
    const name = monitor.human('info name').catch((error: unknown) => error);
    await settle();
    const { header } = daemon.calls.shift()!;
    daemon.deliver(replyFrame({ ...header, program: 0x20008086 }, (writer) => writer.string('web')));
    expect(((await name) as Error).cause).toBeInstanceOf(ProtocolError);
  });
});
