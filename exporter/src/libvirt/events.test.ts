import { describe, expect, it } from 'vitest';
import { openConnection, type Connection } from './connection.ts';
import { writeDomain } from './domain-ref.ts';
import { subscribeDomainEvents, type DomainEvent } from './events.ts';
import { createFakeDaemon, messageFrame, replyFrame, type FakeDaemon } from './testing/fake-daemon.ts';
import type { XdrWriter } from './xdr.ts';

const DOMAIN = { name: 'web', uuid: '01234567-89ab-cdef-0123-456789abcdef', id: 3 };
/** Lets the microtasks of both sides run out. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function open(): Promise<{ daemon: FakeDaemon; connection: Connection }> {
  const daemon = createFakeDaemon();
  return { daemon, connection: await openConnection({ uri: 'qemu:///system', connectTransport: async () => daemon.transport }) };
}

function eventFrame(procedure: number, callbackId: number, rest: (writer: XdrWriter) => void = () => undefined): Buffer {
  return messageFrame(procedure, (writer) => {
    writer.int(callbackId);
    writeDomain(writer, DOMAIN);
    rest(writer);
  });
}

/** Answers the registrations that were asked so far with callback numbers 10, 11, … */
function answerRegistrations(daemon: FakeDaemon): void {
  daemon.calls.splice(0).forEach((call, index) => daemon.reply(call, (writer) => writer.int(10 + index)));
}

describe('domain events', () => {
  it('come with names, all kinds', async () => {
    const { daemon, connection } = await open();
    const seen: DomainEvent[] = [];
    const subscribed = subscribeDomainEvents(connection, (event) => seen.push(event));
    await settle();
    expect(daemon.calls.map(({ payload }) => [payload.int(), payload.uint()])).toEqual([[0, 0], [1, 0], [3, 0], [6, 0]]);
    answerRegistrations(daemon);
    await settle();
    expect(daemon.calls.map(({ payload }) => payload.int())).toEqual([7]);
    daemon.reply(daemon.calls[0]!, (writer) => writer.int(14));
    await subscribed;
    daemon.deliver(eventFrame(318, 10, (writer) => writer.int(5).int(5)));
    daemon.deliver(eventFrame(319, 11));
    daemon.deliver(eventFrame(321, 12, (writer) => writer.int(1)));
    daemon.deliver(eventFrame(324, 13, (writer) => writer.string('/d.qcow2').string('virtio-disk0').int(1).string('enospc')));
    daemon.deliver(eventFrame(325, 14));
    await settle();
    expect(seen).toEqual([
      { kind: 'lifecycle', domain: DOMAIN, event: 'STOPPED', detail: 'FAILED', eventCode: 5, detailCode: 5 },
      { kind: 'reboot', domain: DOMAIN },
      { kind: 'watchdog', domain: DOMAIN, action: 'PAUSE' },
      { kind: 'ioError', domain: DOMAIN, sourcePath: '/d.qcow2', deviceAlias: 'virtio-disk0', action: 'PAUSE', reason: 'enospc' },
      { kind: 'controlError', domain: DOMAIN },
    ]);
  });

  it('are not lost right behind the answer to the registration', async () => {
    const { daemon, connection } = await open();
    const seen: DomainEvent[] = [];
    const subscribed = subscribeDomainEvents(connection, (event) => seen.push(event), { kinds: ['lifecycle'] });
    await settle();
    const answer = replyFrame(daemon.calls[0]!.header, (writer) => writer.int(7));
    daemon.deliver(Buffer.concat([answer, eventFrame(318, 7, (writer) => writer.int(2).int(0))]));
    await subscribed;
    await settle();
    expect(seen).toMatchObject([{ event: 'STARTED', detail: 'BOOTED' }]);
  });

  it('of one domain name it, go to their listener alone, and end', async () => {
    const { daemon, connection } = await open();
    const seen: string[] = [];
    const first = subscribeDomainEvents(connection, () => seen.push('first'), { kinds: ['reboot'], domain: DOMAIN });
    const second = subscribeDomainEvents(connection, () => seen.push('second'), { kinds: ['reboot'] });
    await settle();
    const { payload } = daemon.calls[0]!;
    expect([payload.int(), payload.uint(), payload.string(), payload.uuid()]).toEqual([1, 1, 'web', DOMAIN.uuid]);
    answerRegistrations(daemon);
    const unsubscribe = await first;
    await second;
    daemon.deliver(eventFrame(319, 11));
    daemon.deliver(eventFrame(319, 10));
    daemon.deliver(eventFrame(319, 99));
    await settle();
    const ended = unsubscribe();
    daemon.deliver(eventFrame(319, 10));
    await settle();
    expect(daemon.calls.map(({ header, payload: rest }) => [header.procedure, rest.int()])).toEqual([[317, 10]]);
    daemon.reply(daemon.calls[0]!);
    await ended;
    await unsubscribe();
    expect(seen).toEqual(['second', 'first']);
  });

  it('are all unregistered where one registration fails', async () => {
    const { daemon, connection } = await open();
    const subscribed = subscribeDomainEvents(connection, () => undefined, { kinds: ['lifecycle', 'reboot'] });
    subscribed.catch(() => undefined);
    await settle();
    const [first, second] = daemon.calls.splice(0);
    daemon.reply(first!, (writer) => writer.int(3));
    daemon.replyError(second!, 3, 'not supported');
    await settle();
    expect(daemon.calls.map(({ header, payload }) => [header.procedure, payload.int()])).toEqual([[317, 3]]);
    daemon.reply(daemon.calls[0]!);
    await expect(subscribed).rejects.toMatchObject({ codeName: 'NO_SUPPORT' });
  });

  it('that do not fit end the connection: what they meant is unknown', async () => {
    const { daemon, connection } = await open();
    const subscribed = subscribeDomainEvents(connection, () => undefined, { kinds: ['reboot'] });
    await settle();
    answerRegistrations(daemon);
    await subscribed;
    daemon.deliver(eventFrame(319, 10, (writer) => writer.int(1)));
    expect((await connection.closed).reason).toBe('protocol');
  });
});
