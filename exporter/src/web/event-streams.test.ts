import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createChangeFeed } from '../history/changes.ts';
import type { ChangeFeed } from '../history/changes.ts';
import { readChanges } from './changes.ts';
import { createEventStreams } from './event-streams.ts';
import type { EventStreamOptions } from './event-streams.ts';
import { sampleIncident } from './testing/fakes.ts';
import { openStream } from './testing/event-stream.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** Streams alone, behind a real server. `text`: evidence of every recovery. */
async function serve(changes: ChangeFeed, more: Partial<EventStreamOptions> = {}, text = ''): Promise<{ url: string; lines: string[]; reads: () => number }> {
  const lines: string[] = [];
  let reads = 0;
  const store = {
    attemptsOf: async () => [],
    async incidents(ids: readonly string[]) {
      reads += 1;
      return ids.map((id) => sampleIncident({ id, evidence: [{ atMs: 1, source: 'event', text }] }));
    },
  };
  const streams = createEventStreams({
    read: (cursor, limit) => readChanges({ changes, store }, cursor, limit),
    subscribe: changes.subscribe,
    log: pino({}, { write: (line: string) => void lines.push(line) }),
    ...more,
  });
  const server = createServer(express().get('/', (request, response) => streams.open(response, request.get('last-event-id') ?? null)));
  server.timeout = 400;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, lines, reads: () => reads };
}

describe('event streams', () => {
  it('outlive the server\'s limit of silence by heartbeats', async () => {
    const changes = createChangeFeed();
    const { url } = await serve(changes, { heartbeatMs: 50 });
    const stream = await openStream(url);
    await stream.next();
    await expect.poll(() => stream.comments(), { timeout: 10_000 }).toBeGreaterThan(20);
    changes.changed('a');
    expect((await stream.next()).data.items).toMatchObject([{ id: 'a' }]);
    stream.close();
  });

  it('send many changes in several events, each once', async () => {
    const changes = createChangeFeed();
    const { nextCursor } = changes.since(null, 1);
    const ids = Array.from({ length: 50 }, (_, index) => `i${index}`);
    ids.forEach((id) => changes.changed(id));
    const { url } = await serve(changes);
    const stream = await openStream(url, { 'last-event-id': nextCursor });
    const seen: string[] = [];
    while (seen.length < 50) seen.push(...(await stream.next()).data.items.map(({ id }) => id));
    expect(seen).toEqual(ids);
    stream.close();
  });

  it('read the store once for all who are as far', async () => {
    const changes = createChangeFeed();
    const { url, reads } = await serve(changes);
    const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(url)));
    for (const stream of streams) await stream.next();
    changes.changed('a');
    for (const stream of streams) expect((await stream.next()).data.items).toMatchObject([{ id: 'a' }]);
    expect(reads()).toBe(1);
    for (const stream of streams) stream.close();
  });

  it('tell a storm of changes in few events, and its end', async () => {
    const changes = createChangeFeed();
    const { url, reads } = await serve(changes);
    const stream = await openStream(url);
    let { id } = await stream.next();
    const storm = setInterval(() => changes.changed('a'), 1);
    let count = 0;
    while (Number(changes.since(null, 1).nextCursor.split('-')[1]) < 500) {
      ({ id } = await stream.next());
      count += 1;
    }
    clearInterval(storm);
    const { nextCursor } = changes.since(null, 1);
    while (id !== nextCursor) ({ id } = await stream.next());
    expect(count).toBeLessThan(250);
    expect(reads()).toBeLessThan(250);
    stream.close();
  });

  it('hold no more than one event for a client that does not read, and tell it to list anew', async () => {
    const changes = createChangeFeed({ capacity: 5 });
    // Larger than what the sockets take.
    const { url, reads } = await serve(changes, {}, 'x'.repeat(20_000_000));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => {
      if (reads() === 0) changes.changed('first');
      return reads();
    }).toBe(1);
    for (let index = 0; index < 100; index += 1) changes.changed(`i${index}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads(), 'nothing more is read for it').toBe(1);
    let tail = '';
    const told = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        tail = (tail + chunk.toString('latin1')).slice(-10_000);
        if (tail.includes('event: reset')) resolve();
      });
    });
    socket.resume();
    await told;
    socket.destroy();
  });

  it('end where a client has read nothing for too long', async () => {
    const changes = createChangeFeed();
    const { url } = await serve(changes, { stalledMs: 100 }, 'x'.repeat(20_000_000));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const ring = setInterval(() => changes.changed('first'), 10);
    const [server] = servers;
    const connections = (): Promise<number> => new Promise((resolve) => server?.getConnections((_error, count) => resolve(count)));
    await expect.poll(connections).toBe(0);
    clearInterval(ring);
    socket.destroy();
  });

  it('are an error where the store cannot read, and end where it fails later', async () => {
    const changes = createChangeFeed();
    let fails = true;
    const { url, lines } = await serve(changes, {
      read: (cursor, limit) => (fails ? Promise.reject(new Error('disk')) : Promise.resolve({ items: [], ...changes.since(cursor, limit) })),
    });
    expect((await fetch(url)).status).toBe(500);
    fails = false;
    const stream = await openStream(url);
    await stream.next();
    fails = true;
    changes.changed('a');
    await stream.ended;
    expect(lines.join('')).toContain('a stream of events ended');
  });
});
