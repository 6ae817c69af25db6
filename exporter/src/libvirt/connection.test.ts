import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { getHostname, listAllDomains } from './calls/connect.ts';
import { defineDomain, lookupDomainByName } from './calls/domain.ts';
import { openConnection, type Connection, type ConnectionOptions } from './connection.ts';
import { ArgumentError, AuthRefusedError, ConnectionClosedError, DeadlineError, hasErrorCode, LibvirtError, ProtocolError } from './errors.ts';
import { createFakeDaemon, messageFrame, replyFrame, type FakeDaemon, type FakeDaemonOptions } from './testing/fake-daemon.ts';
import { encodeFrame, encodeKeepalive } from './packet.ts';

async function open(
  daemonOptions: FakeDaemonOptions = {},
  options: Partial<ConnectionOptions> = {},
): Promise<{ daemon: FakeDaemon; connection: Connection }> {
  const daemon = createFakeDaemon(daemonOptions);
  const connection = await openConnection({ uri: 'qemu:///system', connectTransport: async () => daemon.transport, ...options });
  return { daemon, connection };
}

/** The error that a promise is rejected with, from now on handled. */
const failure = (promise: Promise<unknown>): Promise<Error> => promise.then(() => new Error('was fulfilled'), (error: Error) => error);
/** Lets everything that is not waiting for a timer happen. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const text = (value: string) => (writer: { string(value: string): unknown }) => writer.string(value);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('opening', () => {
  it('asks for the authentication, opens the driver and knows keepalive', async () => {
    const { connection } = await open();
    expect(connection.closeError).toBeNull();
    expect(connection.counts).toEqual({ inFlight: 0, queued: 0, abandoned: 0, abandonedTotal: 0 });
  });

  it('opens the URI without what concerns the client alone, read-only where asked', async () => {
    const daemon = createFakeDaemon({ silent: true });
    const opened = openConnection({
      uri: 'qemu:///system?socket=/s&no_verify=1', readonly: true, connectTransport: async () => daemon.transport,
    });
    await settle();
    daemon.reply(daemon.calls[0]!, (writer) => writer.uint(1).int(0));
    await settle();
    const call = daemon.calls[1]!;
    expect([call.header.procedure, call.payload.optionalString(), call.payload.uint()]).toEqual([1, 'qemu:///system', 1]);
    daemon.end();
    expect(await failure(opened)).toMatchObject({ name: 'ConnectionClosedError', reason: 'eof', call: 'connectOpen' });
  });

  it.each([
    [[1], /by SASL,/],
    [[2], /by polkit,/],
    [[2, 1], /polkit or SASL/],
    [[9], /unknown method 9/],
  ])('refuses authentication %j by name', async (authTypes, words) => {
    const error = await failure(open({ authTypes }));
    expect(error).toBeInstanceOf(AuthRefusedError);
    expect(error.message).toMatch(words);
  });

  it('takes none where it is one of several', async () => {
    expect((await open({ authTypes: [2, 0] })).connection.closeError).toBeNull();
  });

  it('keeps its deadline over all steps and drops the transport', async () => {
    const daemon = createFakeDaemon({ silent: true });
    const error = failure(openConnection({ uri: 'qemu:///system', openDeadlineMs: 700, connectTransport: async () => daemon.transport }));
    await vi.advanceTimersByTimeAsync(701);
    expect(await error).toMatchObject({ name: 'DeadlineError', message: expect.stringContaining('opening qemu:///system') as string });
    expect(daemon.dropped).toBe(true);
  });
});

describe('calls', () => {
  it('go by serial: answers may come in any order', async () => {
    const { daemon, connection } = await open();
    const results = [1, 2, 3].map(() => connection.call(getHostname, {}));
    await settle();
    for (const [index, call] of [...daemon.calls.entries()].reverse()) daemon.reply(call, text(`answer ${index}`));
    expect(await Promise.all(results)).toEqual(['answer 0', 'answer 1', 'answer 2']);
  });

  it('are bounded in flight; the rest waits in order', async () => {
    const { daemon, connection } = await open({}, { maxCallsInFlight: 2 });
    const results = Promise.all([1, 2, 3, 4].map((n) => connection.call(lookupDomainByName, { name: `d${n}` }).catch((error: Error) => error.message)));
    await settle();
    expect(connection.counts).toMatchObject({ inFlight: 2, queued: 2 });
    for (let n = 0; n < 4; n++) {
      expect(daemon.calls.length).toBe(Math.min(n + 2, 4));
      daemon.replyError(daemon.calls[n]!, 42, daemon.calls[n]!.payload.string());
      await settle();
    }
    expect(await results).toEqual(['d1', 'd2', 'd3', 'd4']);
  });

  it('carry the error of the daemon, complete', async () => {
    const { daemon, connection } = await open();
    const result = failure(connection.call(lookupDomainByName, { name: 'x' }));
    await settle();
    daemon.replyError(daemon.calls[0]!, 42, 'Domain not found');
    const error = await result;
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toMatchObject({
      code: 42, codeName: 'NO_DOMAIN', domain: 10, domainName: 'QEMU', level: 2, levelName: 'ERROR', text: 'Domain not found',
      call: 'domainLookupByName', details: { str1: 'first', str2: null, str3: null, int1: -1, int2: 7 },
    });
    expect([hasErrorCode(error, 'NO_DOMAIN'), hasErrorCode(error, 'NO_CONNECT'), hasErrorCode(new Error(), 'NO_DOMAIN')]).toEqual([true, false, false]);
  });

  it('that do not fit are refused before anything is sent', async () => {
    const { daemon, connection } = await open();
    expect(await failure(connection.call(defineDomain, { xml: 'x'.repeat(5_000_000) }))).toBeInstanceOf(ArgumentError);
    expect(connection.counts).toMatchObject({ inFlight: 0, queued: 0 });
    expect(daemon.calls).toEqual([]);
  });

  it.each([
    ['too short', Buffer.from([0, 0])],
    ['too long', Buffer.concat([Buffer.from([0, 0, 0, 1, 97, 0, 0, 0]), Buffer.alloc(4)])],
  ])('fail alone when their answer is %s', async (_name, payload) => {
    const { daemon, connection } = await open();
    const result = failure(connection.call(getHostname, {}));
    await settle();
    const { header } = daemon.calls[0]!;
    const frame = Buffer.concat([replyFrame(header), payload]);
    frame.writeUInt32BE(frame.length);
    daemon.deliver(frame);
    expect(await result).toMatchObject({ name: 'ProtocolError', message: expect.stringContaining('connectGetHostname: answer does not fit') as string });
    expect(connection.closeError).toBeNull();
  });
});

describe('deadlines', () => {
  it('count the time in the queue, and say whether the call was sent', async () => {
    const { daemon, connection } = await open({}, { maxCallsInFlight: 1, maxAbandonedCalls: 3, deadlineMs: 500 });
    const first = connection.call(getHostname, {}, { deadlineMs: 5000 });
    const second = failure(connection.call(getHostname, {}));
    await vi.advanceTimersByTimeAsync(501);
    expect(await second).toMatchObject({ name: 'DeadlineError', sent: false, deadlineMs: 500 });
    expect(connection.counts).toEqual({ inFlight: 1, queued: 0, abandoned: 0, abandonedTotal: 0 });
    daemon.reply(daemon.calls[0]!, text('late but in time'));
    expect(await first).toBe('late but in time');
    await settle();
    expect(daemon.calls.length).toBe(1);
  });

  it('drop the late answer and free its place', async () => {
    const { daemon, connection } = await open({}, { maxCallsInFlight: 2 });
    const lost = failure(connection.call(getHostname, {}, { deadlineMs: 100 }));
    await vi.advanceTimersByTimeAsync(101);
    expect(await lost).toMatchObject({ name: 'DeadlineError', sent: true });
    const good = [1, 2].map(() => connection.call(getHostname, {}));
    await settle();
    expect(connection.counts).toEqual({ inFlight: 2, queued: 1, abandoned: 1, abandonedTotal: 1 });
    daemon.reply(daemon.calls[0]!, text('too late'));
    await settle();
    expect(connection.counts).toEqual({ inFlight: 2, queued: 0, abandoned: 0, abandonedTotal: 1 });
    daemon.calls.slice(1).forEach((call, index) => daemon.reply(call, text(`good ${index}`)));
    expect(await Promise.all(good)).toEqual(['good 0', 'good 1']);
  });

  it('of three calls end the connection; what else is under way is rejected as sent', async () => {
    const { daemon, connection } = await open({}, { maxCallsInFlight: 4 });
    const lost = [1, 2, 3].map(() => failure(connection.call(getHostname, {}, { deadlineMs: 100 })));
    const other = failure(connection.call(getHostname, {}, { deadlineMs: 9000 }));
    const queued = failure(connection.call(getHostname, {}, { deadlineMs: 9000 }));
    await vi.advanceTimersByTimeAsync(101);
    for (const error of await Promise.all(lost)) expect(error).toBeInstanceOf(DeadlineError);
    expect(await other).toMatchObject({ name: 'ConnectionClosedError', reason: 'abandoned', sent: true });
    expect(await queued).toMatchObject({ name: 'ConnectionClosedError', reason: 'abandoned', sent: false });
    expect((await connection.closed).reason).toBe('abandoned');
    expect(daemon.dropped).toBe(true);
  });

  it('never leave a connection that can take no calls', async () => {
    const { connection } = await open({}, { maxCallsInFlight: 1 });
    await Promise.all([failure(connection.call(getHostname, {}, { deadlineMs: 100 })), vi.advanceTimersByTimeAsync(101)]);
    expect(connection.closeError?.reason).toBe('abandoned');
  });
});

describe('the end', () => {
  it('rejects everything that is under way, and every later call', async () => {
    const { daemon, connection } = await open({}, { maxCallsInFlight: 1 });
    const results = [1, 2].map(() => failure(connection.call(getHostname, {})));
    await settle();
    daemon.end();
    expect(await Promise.all(results)).toMatchObject([{ reason: 'eof', sent: true }, { reason: 'eof', sent: false }]);
    expect(await failure(connection.call(getHostname, {}))).toMatchObject({ name: 'ConnectionClosedError', reason: 'eof', sent: false, call: 'connectGetHostname' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells a broken transport and its error', async () => {
    const { daemon, connection } = await open();
    daemon.end(new Error('read ECONNRESET'));
    const error = await connection.closed;
    expect(error).toBeInstanceOf(ConnectionClosedError);
    expect(error).toMatchObject({ reason: 'transport', message: 'libvirt connection failed: read ECONNRESET' });
  });

  it('by close takes leave of the daemon', async () => {
    const { daemon, connection } = await open();
    const pending = failure(connection.call(getHostname, {}));
    await settle();
    const closed = Promise.all([connection.close(), connection.close()]);
    expect(await pending).toMatchObject({ reason: 'client', sent: true });
    expect(await failure(connection.call(getHostname, {}))).toMatchObject({ reason: 'client' });
    await closed;
    expect(connection.closeError?.reason).toBe('client');
    expect([daemon.dropped, vi.getTimerCount()]).toEqual([true, 0]);
  });

  it('by close waits no longer than a second for a daemon that hangs, and minds no late answers', async () => {
    const daemon = createFakeDaemon({ silent: true });
    const opening = openConnection({ uri: 'qemu:///system', keepalive: false, connectTransport: async () => daemon.transport });
    await settle();
    daemon.reply(daemon.calls[0]!, (writer) => writer.uint(1).int(0));
    await settle();
    daemon.reply(daemon.calls[1]!);
    const connection = await opening;
    const pending = failure(connection.call(getHostname, {}));
    await settle();
    const closed = connection.close();
    daemon.reply(daemon.calls[2]!, text('late'));
    await settle();
    expect(daemon.dropped).toBe(false);
    await Promise.all([closed, vi.advanceTimersByTimeAsync(1001)]);
    expect([await pending, connection.closeError, daemon.dropped]).toMatchObject([{ reason: 'client' }, { reason: 'client' }, true]);
  });
});

describe('keepalive', () => {
  it('answers the pings of the daemon, asked or not', async () => {
    const { daemon } = await open({}, { keepalive: false });
    daemon.deliver(encodeKeepalive(1));
    daemon.deliver(encodeKeepalive(2));
    await settle();
    expect(daemon.pongs).toBe(1);
  });

  it('ends a connection that stays silent, after interval * (count + 1)', async () => {
    const { daemon, connection } = await open({ keepalive: true }, { keepalive: { intervalSeconds: 2, count: 2 } });
    await vi.advanceTimersByTimeAsync(5999);
    expect([daemon.pings, connection.closeError]).toEqual([2, null]);
    await vi.advanceTimersByTimeAsync(1);
    expect(connection.closeError?.reason).toBe('keepalive');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes anything that arrives as a sign of life', async () => {
    const { daemon, connection } = await open({ keepalive: true }, { keepalive: { intervalSeconds: 2, count: 1 } });
    for (let seconds = 0; seconds < 20; seconds++) {
      daemon.deliver(seconds % 2 === 0 ? messageFrame(999) : encodeKeepalive(2));
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(connection.closeError).toBeNull();
  });

  it('is not sent to a daemon that does not know it, nor where it is switched off', async () => {
    const { daemon } = await open({ keepalive: false });
    const { daemon: other } = await open({ keepalive: true }, { keepalive: false });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([daemon.pings, other.pings]).toEqual([0, 0]);
  });
});

describe('a breach of the protocol ends the connection:', () => {
  const header = { program: 0x20008086, version: 1, procedure: 59, type: 1, serial: 12345, status: 0 };
  it.each([
    ['an answer that nobody asked for', encodeFrame(header), /serial 12345/],
    ['another program', encodeFrame({ ...header, program: 0x20008088 }), /program 0x20008088/],
    ['an answer of QEMU\'s program that no call has', encodeFrame({ ...header, program: 0x20008087 }), /serial 12345/],
    ['QEMU\'s program unasked', encodeFrame({ ...header, program: 0x20008087, type: 2 }), /type 2 of program 0x20008087/],
    ['another version', encodeFrame({ ...header, version: 2 }), /version 2/],
    ['a call', encodeFrame({ ...header, type: 0 }), /type 0/],
    ['a stream', encodeFrame({ ...header, type: 3 }), /type 3/],
    ['an unknown type', encodeFrame({ ...header, type: 77 }), /type 77/],
    ['an unknown status', encodeFrame({ ...header, status: 3 }), /status 3/],
    ['a frame that is too short', Buffer.from([0, 0, 0, 5, 0]), /frame of 5 bytes/],
    ['a frame that is too long', Buffer.from([0x7f, 0, 0, 0]), /frame of 2130706432 bytes/],
  ])('%s', async (_name, bytes, words) => {
    const { daemon, connection } = await open();
    const pending = failure(connection.call(listAllDomains, {}));
    daemon.deliver(bytes);
    const error = await connection.closed;
    expect([error.reason, error.cause]).toEqual(['protocol', expect.any(ProtocolError)]);
    expect(error.message).toMatch(words);
    expect(await pending).toMatchObject({ reason: 'protocol', sent: true });
  });

  it('an answer by another procedure, or with the status of a stream', async () => {
    for (const change of [{ procedure: 60 }, { status: 2 }]) {
      const { daemon, connection } = await open();
      const pending = failure(connection.call(getHostname, {}));
      await settle();
      daemon.deliver(encodeFrame({ ...daemon.calls[0]!.header, type: 1, ...change }));
      expect(await pending).toMatchObject({ reason: 'protocol' });
    }
  });
});
