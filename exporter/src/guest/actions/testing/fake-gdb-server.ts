import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createPacketReader, encodePacket } from '../gdb/packet.ts';

export interface FakeGdbServer extends AsyncDisposable {
  /** All packets that came, in order. */
  readonly asked: string[];
  /** Sends anything, as it is. */
  sendRaw(text: string): void;
  send(payload: string): void;
}

/**
 * A gdb server that answers by a script.
 *
 * @param answer the reply to a packet; null: none
 * @param onConnect what is sent at once, as packets
 */
export async function startFakeGdbServer(path: string, answer: (packet: string, server: FakeGdbServer) => string | null, onConnect: readonly string[] = []): Promise<FakeGdbServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setEncoding('latin1');
    const reader = createPacketReader();
    for (const payload of onConnect) socket.write(encodePacket(payload), 'latin1');
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      const text = String(data);
      if (text.includes('\x03')) fake.asked.push('interrupt');
      for (const piece of reader.push(text.replaceAll('\x03', ''))) {
        if (piece.kind !== 'packet') continue;
        fake.asked.push(piece.payload);
        socket.write('+');
        const reply = answer(piece.payload, fake);
        if (reply !== null) socket.write(encodePacket(reply), 'latin1');
      }
      if (text.includes('\x03')) answer('interrupt', fake);
    });
  });
  const fake: FakeGdbServer = {
    asked: [],
    sendRaw: (text) => {
      for (const socket of sockets) socket.write(text, 'latin1');
    },
    send: (payload) => fake.sendRaw(encodePacket(payload)),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
    },
  };
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return fake;
}

/** What every QEMU answers when somebody connects. */
export function greet(packet: string): string | null {
  if (packet.startsWith('qSupported')) return 'PacketSize=1000;qXfer:features:read+;vContSupported+;multiprocess+';
  if (packet.startsWith('qXfer:features:read:target.xml')) return 'l<?xml version="1.0"?><target><architecture>i386:x86-64</architecture></target>';
  return null;
}
