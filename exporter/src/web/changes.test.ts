import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyRecord, sampleAttempt, sampleIncident } from './testing/fakes.ts';
import { call, start, stopAll } from './testing/test-client.ts';
import { openStream } from './testing/event-stream.ts';

afterEach(stopAll);

const incident = sampleIncident();

describe('polling', () => {
  it('begins with now, then answers the newest state of what has changed', async () => {
    const recorded = emptyRecord();
    recorded.incidents = [incident, sampleIncident({ id: 'other' })];
    const { webUrl, controlUrl, changes } = await start(recorded);
    const first = await call(`${webUrl}/api/v1/events`);
    expect(first.body).toMatchObject({ items: [], reset: false });
    changes.changed('other');
    changes.changed(incident.id);
    changes.changed('pruned');
    recorded.attempts = [sampleAttempt()];
    const next = await call(`${controlUrl}/api/v1/events?cursor=${String(first.body.nextCursor)}&limit=10`);
    expect(next.body.items).toMatchObject([{ id: 'other', attempts: [] }, { id: incident.id, attempts: [{ action: 'start' }] }]);
    const last = await call(`${webUrl}/api/v1/events?cursor=${String(next.body.nextCursor)}`);
    expect(last.body).toEqual({ items: [], nextCursor: next.body.nextCursor, reset: false });
  });

  it('goes page by page', async () => {
    const recorded = emptyRecord();
    recorded.incidents = ['a', 'b', 'c'].map((id) => sampleIncident({ id }));
    const { webUrl, changes } = await start(recorded);
    let cursor = String((await call(`${webUrl}/api/v1/events`)).body.nextCursor);
    for (const { id } of recorded.incidents) changes.changed(id);
    const seen: unknown[] = [];
    for (let page = 0; page < 3; page += 1) {
      const { body } = await call(`${webUrl}/api/v1/events?limit=1&cursor=${cursor}`);
      seen.push(...(body.items ?? []).map((item) => (item as { id: string }).id));
      cursor = String(body.nextCursor);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('tells a cursor of another process to list anew', async () => {
    const { webUrl } = await start();
    const other = await start();
    const { body } = await call(`${other.webUrl}/api/v1/events`);
    for (const cursor of [String(body.nextCursor), 'garbage', '']) {
      expect((await call(`${webUrl}/api/v1/events?cursor=${cursor}`)).body).toMatchObject({ items: [], reset: true });
    }
    expect((await call(`${webUrl}/api/v1/events?limit=0`)).status).toBe(400);
  });
});

describe('a stream of events', () => {
  it('tells changes as they are stored, and goes on where it ended', async () => {
    const recorded = emptyRecord();
    recorded.incidents = [incident];
    const { webUrl, changes } = await start(recorded);
    const stream = await openStream(`${webUrl}/api/v1/events`);
    expect(stream.type).toBe('text/event-stream; charset=utf-8');
    const hello = await stream.next();
    expect(hello).toMatchObject({ event: 'changes', data: { items: [], reset: false } });
    changes.changed(incident.id);
    const change = await stream.next();
    expect(change).toMatchObject({ event: 'changes', data: { items: [{ id: incident.id, timings: { detectMs: 250 } }] } });
    expect(change.data.nextCursor).toBe(change.id);
    stream.close();
    changes.changed(incident.id);
    const again = await openStream(`${webUrl}/api/v1/events`, { 'last-event-id': change.id });
    expect((await again.next()).data.items).toMatchObject([{ id: incident.id }]);
    again.close();
  });

  it('tells a cursor of another process to list anew', async () => {
    const { webUrl } = await start();
    const stream = await openStream(`${webUrl}/api/v1/events`, { 'last-event-id': 'elsewhere-5' });
    expect(await stream.next()).toMatchObject({ event: 'reset', data: { reset: true, items: [] } });
    stream.close();
  });

  it('ends when the server stops, and when who may read changes', async () => {
    const { webUrl, config, reconfigure, stop } = await start();
    const first = await openStream(`${webUrl}/api/v1/events`);
    reconfigure(config);
    await first.ended;
    const second = await openStream(`${webUrl}/api/v1/events`);
    await stop();
    await second.ended;
  });

  it('is one of so many at most, and leaves its place when it ends', async () => {
    const { webUrl } = await start();
    const url = `${webUrl}/api/v1/events`;
    const streams = await Promise.all(Array.from({ length: 64 }, () => openStream(url)));
    const refused = await call(url, 'GET', undefined, { accept: 'text/event-stream' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    expect((await call(url)).status, 'polling goes on').toBe(200);
    streams[0]?.close();
    await expect.poll(async () => {
      const answer = await fetch(url, { headers: { accept: 'text/event-stream' } });
      await answer.body?.cancel();
      return answer.status;
    }).toBe(200);
    for (const stream of streams) stream.close();
  });

  it('is answered as JSON where only its head is asked for', async () => {
    const { webUrl } = await start();
    const response = await fetch(`${webUrl}/api/v1/events`, { method: 'HEAD', headers: { accept: 'text/event-stream' } });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('ends with a client that is gone before it began', async () => {
    const { webUrl } = await start();
    for (let count = 0; count < 70; count += 1) {
      const socket = connect(Number(new URL(webUrl).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n', () => socket.destroy());
      await once(socket, 'close');
    }
    await expect.poll(async () => {
      const answer = await fetch(`${webUrl}/api/v1/events`, { headers: { accept: 'text/event-stream' } });
      await answer.body?.cancel();
      return answer.status;
    }).toBe(200);
  });
});
