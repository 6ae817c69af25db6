import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ftpServes } from './ftp.ts';

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** A server that answers each line with the next of `answers`, the first unasked. */
async function serverThat(answers: (string | null)[]): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    const left = [...answers];
    const answer = () => {
      const next = left.shift();
      if (typeof next === 'string') socket.write(next);
      else if (next === null) socket.end();
    };
    answer();
    socket.on('data', (chunk) => {
      heard.push(chunk.toString().trim());
      answer();
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => (sockets.forEach((socket) => socket.destroy()), server.close()));
  return { port: (server.address() as AddressInfo).port, heard };
}

const ask = (port: number) => ftpServes('127.0.0.1', { port, file: 'hello.txt', timeoutMs: 300 });

it('goes in and asks for a file', async () => {
  const { port, heard } = await serverThat(['220-hello\r\n220 (vsFTPd 3.0.3)\r\n', '331 password\r\n', '230 in\r\n', '200 binary\r\n', '213 14\r\n']);
  expect(await ask(port)).toBe(true);
  expect(heard).toEqual(['USER anonymous', 'PASS -', 'TYPE I', 'SIZE hello.txt']);
});

it('tells another answer from none', async () => {
  expect(await ask((await serverThat(['421 too many\r\n'])).port)).toBe(false);
  expect(await ask((await serverThat(['220 hello\r\n', '530 no\r\n'])).port)).toBe(false);
  await expect(ask((await serverThat([])).port)).rejects.toThrow('no answer within 300 ms');
  await expect(ask((await serverThat(['220 hello\r\n'])).port)).rejects.toThrow('no answer within 300 ms');
  const closing = await serverThat([null]);
  expect(await ask(closing.port).catch(() => false)).toBe(false);
});
