import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectError } from './errors.ts';
import { connectTransport, type Transport } from './transport.ts';

let folder: string;
let server: net.Server;
let accepted: Promise<net.Socket>;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'transport-'));
  path = join(folder, 'sock');
  server = net.createServer();
  accepted = new Promise((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
});

afterEach(async () => {
  server.close();
  (await Promise.race([accepted, null]))?.destroy();
  rmSync(folder, { recursive: true });
});

const connect = (paths: string[] = [path]): Promise<Transport> => connectTransport({ kind: 'unix', paths }, 5000);
const closeOf = (transport: Transport): Promise<Error | null> =>
  new Promise((resolve) => transport.start({ onData: () => undefined, onClose: resolve }));

describe('transport', () => {
  it('carries bytes both ways and tells the end', async () => {
    const transport = await connect();
    const peer = await accepted;
    const received: Buffer[] = [];
    const ended = new Promise((resolve) => transport.start({ onData: (chunk) => received.push(chunk), onClose: resolve }));
    transport.write(Buffer.from('ping'));
    expect(String((await new Promise<Buffer>((resolve) => peer.once('data', resolve))))).toBe('ping');
    peer.end('pong');
    expect(await ended).toBeNull();
    expect(String(Buffer.concat(received))).toBe('pong');
  });

  it('takes the first of several sockets that exists', async () => {
    const transport = await connect([join(folder, 'absent'), path]);
    (await accepted).destroy();
    expect(await closeOf(transport)).toBeNull();
  });

  it('is silent once it is destroyed', async () => {
    const transport = await connect();
    const seen: unknown[] = [];
    transport.start({ onData: (chunk) => seen.push(chunk), onClose: (error) => seen.push(error) });
    transport.write(Buffer.from('farewell'));
    transport.destroy();
    const peer = await accepted;
    peer.on('error', () => undefined);
    peer.write('more');
    await new Promise((resolve) => peer.resume().once('close', resolve));
    expect(seen).toEqual([]);
  });

  it('gives up a daemon that takes no data, so that it can not hold our memory', async () => {
    const transport = await connect();
    const ended = closeOf(transport);
    (await accepted).pause();
    const block = Buffer.alloc(4 * 1024 * 1024);
    for (let written = 0; written < 80; written += 4) transport.write(block);
    expect((await ended)?.message).toMatch(/takes no data/);
  });

  it('explains what is not there', async () => {
    await expect(connect([join(folder, 'absent')])).rejects.toThrow(/absent: no such socket \(ENOENT\); is the daemon running/);
    server.close();
    const tcp = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => tcp.once('listening', resolve));
    const { port } = tcp.address() as net.AddressInfo;
    await new Promise((resolve) => tcp.close(resolve));
    const error = await connectTransport({ kind: 'tcp', host: '127.0.0.1', port }, 5000).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as Error).message).toMatch(new RegExp(`127.0.0.1:${port}: nothing listens there`));
  });
});
