import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { problemHandler } from './problem.ts';
import { createUnsentAnswers } from './unsent-answers.ts';

const MEBIBYTE = 1024 * 1024;
/** More than the buffers of both ends of a connection on one machine take. */
const ANSWER_BYTES = 16 * MEBIBYTE;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

async function serve(options: Parameters<typeof createUnsentAnswers>[0], read: () => Promise<unknown> = () => Promise.resolve(null)): Promise<{ port: number; url: string }> {
  const answers = createUnsentAnswers(options);
  const app = express()
    .get('/large', (_request, response) => answers.json(response, 'x'.repeat(ANSWER_BYTES)))
    .get('/small', (_request, response) => answers.json(response, { small: true }))
    .get('/read', async (_request, response) => answers.json(response, await answers.read(response, read)))
    .use(problemHandler(pino({ level: 'silent' })));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}` };
}

/** Asks, and reads nothing. */
function slowClient(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.pause();
  socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
  ends.push(() => socket.destroy());
  return socket;
}

const status = async (url: string): Promise<number> => {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return answer.status;
};

describe('large answers that are not taken', () => {
  it('are limited all together; room is made when their clients go', async () => {
    const { port, url } = await serve({ mostBytes: 2 * ANSWER_BYTES });
    const clients = [slowClient(port), slowClient(port), slowClient(port)];
    await expect.poll(() => status(`${url}/large`)).toBe(503);
    expect(await status(`${url}/small`)).toBe(200);
    for (const client of clients) client.destroy();
    await expect.poll(() => status(`${url}/large`)).toBe(200);
  });

  it('are given up after a while', async () => {
    const { port, url } = await serve({ mostBytes: ANSWER_BYTES, patienceMs: 500 });
    slowClient(port);
    await expect.poll(() => status(`${url}/large`)).toBe(503);
    await expect.poll(() => status(`${url}/large`), { timeout: 20_000 }).toBe(200);
  });

  it('are not those of clients that read, however many', async () => {
    const { url } = await serve({ mostBytes: ANSWER_BYTES + 1 });
    for (let round = 0; round < 5; round += 1) expect(await status(`${url}/large`)).toBe(200);
    expect(await status(`${url}/small`)).toBe(200);
  });
});

describe('the store', () => {
  it('is read for a few at once, for everyone in turn, also after readings that failed', async () => {
    let [now, most, total] = [0, 0, 0];
    const { url } = await serve({}, async () => {
      now += 1;
      total += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      if (total % 2 === 0) throw new Error('the disk');
      return total;
    });
    const statuses = await Promise.all(Array.from({ length: 40 }, () => status(`${url}/read`)));
    expect([new Set(statuses), total, most]).toEqual([new Set([200, 500]), 40, 4]);
  });
});
