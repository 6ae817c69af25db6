import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOutbox } from './outbox.ts';

/** More than a socket's buffers take. */
const BIG = 'x'.repeat(4_000_000);
let folder: string;
let server: Server;
let near: Socket;
let far: Socket;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-outbox-'));
  server = createServer().listen(join(folder, 's'));
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  far = connect(join(folder, 's'));
  [near] = (await accepted) as [Socket];
  near.on('error', () => undefined);
  near.resume();
});
afterEach(async () => {
  near.destroy();
  far.destroy();
  server.close();
  await rm(folder, { recursive: true });
});

describe('outbox', () => {
  it('reads nothing from a peer that does not take what was sent, and goes on once it does', async () => {
    const outbox = createOutbox(near, { answerBytes: 8_000_000, drainMs: 60_000 }, () => undefined);
    let isSent = false;
    expect(outbox.send(BIG, () => (isSent = true))).toBe(true);
    expect([near.isPaused(), isSent]).toEqual([true, false]);
    far.resume();
    await expect.poll(() => [near.isPaused(), isSent]).toEqual([false, true]);
    outbox.close();
  });

  it('tells of a peer that takes nothing', async () => {
    const slow = Promise.withResolvers<void>();
    createOutbox(near, { answerBytes: 8_000_000, drainMs: 10 }, slow.resolve).send(BIG);
    await slow.promise;
  });

  it('sends nothing that is too large, nothing once closed, and leaves nobody waiting', async () => {
    const outbox = createOutbox(near, { answerBytes: 100, drainMs: 60_000 }, () => undefined);
    let sent = 0;
    expect(outbox.send(BIG, () => (sent += 1))).toBe(false);
    expect(sent).toBe(0);
    outbox.close();
    expect(outbox.send('late', () => (sent += 1))).toBe(true);
    expect([sent, near.bytesWritten]).toEqual([1, 0]);
  });

  it('calls back for what a peer that has gone never took', async () => {
    const outbox = createOutbox(near, { answerBytes: 8_000_000, drainMs: 60_000 }, () => undefined);
    const sent = Promise.withResolvers<void>();
    outbox.send(BIG, sent.resolve);
    far.destroy();
    await sent.promise;
    outbox.close();
  });
});
