import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guestAgent, parseAnswer, quote } from './guest-agent.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
let folder: string;
let close: (() => void)[] = [];
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'agent-')); });
afterEach(() => {
  for (const end of close) end();
  close = [];
  rmSync(folder, { recursive: true });
});

/** A line whose other end answers as told; the guest's own end is in the lab tests. */
async function line(answer: (id: string, script: string, socket: Socket) => void): Promise<string> {
  const path = join(folder, 'socket');
  const server = createServer((socket) => {
    close.push(() => socket.destroy());
    socket.on('data', (chunk) => {
      const question = /(\d+) (\S+)\n$/.exec(chunk.toString());
      if (question !== null) answer(question[1] ?? '', Buffer.from(question[2] ?? '', 'base64').toString(), socket);
    });
  });
  close.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

test('an answer in pieces, after noise and an old answer', async () => {
  const path = await line((id, script, socket) => {
    socket.write(`login: 99999 0 =eA== =\n${id}`);
    setImmediate(() => socket.write(` 3 =${base64(`<${script}>`)} =${base64('oh')}\n`));
  });
  expect(await guestAgent('web', path).ask('ls')).toEqual({ status: 3, stdout: Buffer.from('<ls>'), stderr: 'oh' });
});

test('a script that fails is an error that says so, and the next call works', async () => {
  const path = await line((id, script, socket) => socket.write(`${id} ${script === 'no' ? 2 : 0} =${base64('done')} =${base64('not there')}\n`));
  const agent = guestAgent('web', path);
  await expect(agent.run('no')).rejects.toThrow('guest web: no: status 2: not there');
  expect(await agent.run('yes')).toBe('done');
});

test('silence, a closed line, no line at all and nonsense are errors', async () => {
  const silent = await line(() => {});
  await expect(guestAgent('web', silent).ask('ls', 50)).rejects.toThrow('no answer within 50 ms');
  await expect(guestAgent('web', join(folder, 'absent')).ask('ls')).rejects.toThrow('ENOENT');
  rmSync(silent);
  const closing = await line((_id, _script, socket) => socket.destroy());
  await expect(guestAgent('web', closing).ask('ls')).rejects.toThrow('QEMU closed the line');
  rmSync(closing, { force: true });
  const broken = await line((id, _script, socket) => socket.write(`${id} 0 ~eA== =\n`));
  await expect(guestAgent('web', broken).ask('ls')).rejects.toThrow('cannot be unpacked');
});

test('ready is who answers, also late and after a refusal; who never does is an error', async () => {
  const path = join(folder, 'socket');
  const agent = guestAgent('web', path);
  await expect(agent.waitReady(10)).rejects.toThrow('did not answer within 10 ms');
  const ready = agent.waitReady(30_000);
  await line((id, _script, socket) => setTimeout(() => socket.write(`${id} 0 = =\n`), 50));
  await ready;
});

test('only an answer is an answer', () => {
  expect(parseAnswer('7 0 =eA== =', '7')).toEqual({ status: 0, stdout: Buffer.from('x'), stderr: '' });
  expect(parseAnswer(`7 1 ~${gzipSync('many').toString('base64')} =`, '7')).toMatchObject({ status: 1, stdout: Buffer.from('many') });
  for (const text of ['7 0 =eA==', '8 0 =eA== =', 'x 7 0 =eA== =', '7 -1 = =', '']) expect(parseAnswer(text, '7')).toBeUndefined();
  expect(quote("it's")).toBe("'it'\\''s'");
});
