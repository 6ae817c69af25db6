import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { freePort, freePorts } from './free-port.ts';
import { httpGet } from './http-get.ts';

let server: Server | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

async function serve(answer: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const get = (port: number, timeoutMs = 20_000) => httpGet({ host: '127.0.0.1', port, path: '/x', timeoutMs });

test('status and body', async () => {
  const port = await serve((socket) => socket.end('HTTP/1.0 404 Not Found\r\n\r\nnothing'));
  expect(await get(port)).toEqual({ status: 404, body: 'nothing' });
});

test('no answer ends at the limit, before and within the body', async () => {
  await expect(get(await serve(() => {}), 100)).rejects.toThrow('no answer within 100 ms');
  await expect(get(await serve((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')), 100)).rejects.toThrow();
});

test('a connection that ends early, or never comes about, is an error', async () => {
  await expect(get(await serve((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')))).rejects.toThrow();
  await expect(get(await freePort())).rejects.toThrow(/ECONNREFUSED/);
});

test('an endless body is cut off', async () => {
  const block = 'x'.repeat(1024 * 1024);
  const port = await serve((socket) => {
    socket.write('HTTP/1.0 200 OK\r\n\r\n');
    const more = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', more);
    more();
  });
  await expect(get(port)).rejects.toThrow(/more than \d+ bytes/);
});

test('free ports are different from each other', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
});
