import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Call } from './call.ts';
import { openConnection, type Connection } from './connection.ts';
import { ProtocolError } from './errors.ts';
import { subscribeDomainEvents, type DomainEvent } from './events.ts';
import { createFakeDaemon, type FakeDaemon } from './testing/fake-daemon.ts';
import { createFieldNames } from './field-names.ts';
import * as libvirt from './index.ts';
import { decodeError, encodeFrame, payloadReader, type Header } from './packet.ts';
import { XdrReader } from './xdr.ts';

/** Frames that a libvirtd 9.0 sent, by the call that they answer. */
const FIXTURES = JSON.parse(readFileSync(new URL('./testing/answers.json', import.meta.url), 'utf8')) as Record<string, string>;
const RECORDED = Object.values(FIXTURES).map((base64) => Buffer.from(base64, 'base64'));

const CALLS = Object.values(libvirt).filter(
  (value): value is Call<never, unknown> => typeof value === 'object' && value !== null && 'procedure' in value && 'decode' in value,
);

/** Words that mean something to a decoder: counts, lengths, flags, type codes, and nonsense. */
const word = fc.oneof(
  { weight: 4, arbitrary: fc.nat(8) },
  { weight: 1, arbitrary: fc.constantFrom(0x7fff_ffff, 0xffff_ffff, 0xffff_fffc, 4_194_304, 4_194_305, 16_384, 262_144) },
  { weight: 1, arbitrary: fc.nat(0xffff_ffff) },
);
const words = fc.array(word, { maxLength: 200 }).map((values) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index));
  return bytes;
});
const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
/** A recorded frame, damaged: some words replaced, then cut or lengthened. */
const damaged = fc
  .tuple(fc.constantFrom(...RECORDED), fc.array(fc.tuple(fc.nat(), word), { maxLength: 6 }), fc.option(fc.nat()), noise)
  .map(([frame, changes, cut, tail]) => {
    const bytes = Buffer.from(frame);
    for (const [at, value] of changes) bytes.writeUInt32BE(value >>> 0, (at % (bytes.length / 4)) * 4);
    return cut === null ? Buffer.concat([bytes, tail]) : bytes.subarray(0, cut % (bytes.length + 1));
  });
const payload = fc.oneof(words, noise, damaged.map((frame) => frame.subarray(28)));

interface Allocation {
  bytes: number;
}

/** Counts what is asked of the allocators of buffers while a test runs. */
function watchAllocations(): Allocation {
  const allocation = { bytes: 0 };
  for (const name of ['alloc', 'allocUnsafe'] as const) {
    const real = Buffer[name].bind(Buffer);
    vi.spyOn(Buffer, name).mockImplementation((size: number) => {
      allocation.bytes += size;
      return real(size);
    });
  }
  return allocation;
}

afterEach(() => vi.restoreAllMocks());

describe('decoders, whatever they are given,', () => {
  it('are all here', () => expect(CALLS.length).toBeGreaterThanOrEqual(35));

  it.each(CALLS.map((call) => [call.name, call] as const))('%s gives a result or a ProtocolError', (_name, call) => {
    fc.assert(
      fc.property(payload, (bytes) => {
        try {
          const reader = new XdrReader(bytes, 0, bytes.length, createFieldNames(16));
          call.decode(reader);
          reader.end();
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('errors too', () => {
    fc.assert(
      fc.property(payload, (bytes) => {
        try {
          decodeError(new XdrReader(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it('give up on every truncation of a recorded answer', () => {
    for (const [name, base64] of Object.entries(FIXTURES)) {
      const call = (libvirt as Record<string, unknown>)[name] as Call<never, unknown> | undefined;
      const frame = Buffer.from(base64, 'base64');
      const decode = frame.readUInt32BE(24) === 1 ? decodeError : call?.decode;
      if (decode === undefined) continue;
      for (let end = 28; end < frame.length; end++) {
        expect(() => decode(payloadReader(frame.subarray(0, end)))).toThrow(ProtocolError);
      }
    }
  });

  it('build no more than the bytes hold, however much they promise', () => {
    const promise = Buffer.alloc(4096);
    for (const count of [16_384, 0x7fff_ffff, 0xffff_ffff]) {
      promise.writeUInt32BE(count);
      let items = 0;
      const read = (): unknown => new XdrReader(promise).array(0xffff_ffff, 24, () => items++);
      expect(read).toThrow(ProtocolError);
      expect(items).toBe(0);
    }
  });
});

interface Open {
  daemon: FakeDaemon;
  connection: Connection;
  events: DomainEvent[];
  /** A call under way, and how it ends. */
  outcome: Promise<unknown>;
  header: Header;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function open(): Promise<Open> {
  const daemon = createFakeDaemon();
  const connection = await openConnection({ uri: 'qemu:///system', keepalive: false, connectTransport: async () => daemon.transport });
  const events: DomainEvent[] = [];
  const subscribed = subscribeDomainEvents(connection, (event) => events.push(event), { kinds: ['lifecycle', 'ioError'] });
  await settle();
  daemon.calls.splice(0).forEach((call, index) => daemon.reply(call, (writer) => writer.int(index)));
  await subscribed;
  const outcome = connection.call(libvirt.getAllDomainStats, {}).catch((error: unknown) => error);
  await settle();
  return { daemon, connection, events, outcome, header: daemon.calls[0]!.header };
}

/** What must hold whatever arrived: the call ends, and nothing is left over. */
async function ends({ daemon, connection, outcome }: Open): Promise<void> {
  await settle();
  daemon.end();
  await settle();
  const result = await outcome;
  if (!Array.isArray(result)) expect(['ProtocolError', 'LibvirtError', 'ConnectionClosedError']).toContain((result as Error).name);
  expect(['eof', 'protocol']).toContain(connection.closeError?.reason);
  expect(connection.counts).toMatchObject({ inFlight: 0, queued: 0 });
}

describe('a connection, whatever the daemon sends,', () => {
  it('ends every call and holds no more than it received', async () => {
    const chunks = fc.array(fc.oneof(damaged, noise, words), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(chunks, async (stream) => {
        const opened = await open();
        const allocation = watchAllocations();
        for (const chunk of stream) opened.daemon.deliver(chunk);
        await settle();
        expect(allocation.bytes).toBeLessThanOrEqual(16_384 + 4 * stream.reduce((sum, chunk) => sum + chunk.length, 0));
        vi.restoreAllMocks();
        await ends(opened);
      }),
      { numRuns: 300 },
    );
  });

  it('survives any answer to its call', async () => {
    await fc.assert(
      fc.asyncProperty(payload, fc.constantFrom(0, 1), async (bytes, status) => {
        const opened = await open();
        const frame = Buffer.concat([encodeFrame({ ...opened.header, type: 1, status }), bytes]);
        frame.writeUInt32BE(frame.length);
        opened.daemon.deliver(frame);
        await settle();
        expect(opened.connection.closeError).toBeNull();
        await ends(opened);
      }),
      { numRuns: 300 },
    );
  });

  it('ends with any event that does not fit', async () => {
    await fc.assert(
      fc.asyncProperty(payload, fc.constantFrom(318, 319, 321, 324, 325, 999), async (bytes, procedure) => {
        const opened = await open();
        const frame = Buffer.concat([encodeFrame({ ...opened.header, procedure, type: 2, serial: 0 }), bytes]);
        frame.writeUInt32BE(frame.length);
        opened.daemon.deliver(frame);
        await ends(opened);
      }),
      { numRuns: 300 },
    );
  });

  it('goes on after recorded frames in any cut', async () => {
    const event = Buffer.from(FIXTURES['lifecycleEvent']!, 'base64');
    const stats = Buffer.from(FIXTURES['getAllDomainStats']!, 'base64');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), async (cuts) => {
        const opened = await open();
        const answer = Buffer.from(stats);
        answer.writeUInt32BE(opened.header.serial, 20);
        const stream = Buffer.concat([event, answer, event]);
        for (let at = 0, turn = 0; at < stream.length; at += cuts[turn++ % cuts.length]!) {
          opened.daemon.deliver(stream.subarray(at, at + cuts[turn % cuts.length]!));
        }
        expect(await opened.outcome).toMatchObject([{ domain: { name: 'guest2' } }, { domain: { name: 'guest1' } }]);
        await ends(opened);
      }),
      { numRuns: 100 },
    );
  });
});
