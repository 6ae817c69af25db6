import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { greet, startFakeGdbServer } from '../testing/fake-gdb-server.ts';
import { reasonOf } from '../testing/simulated-tools.ts';
import { connectGdb } from './client.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-gdb-'));
  path = join(folder, 'gdb.sock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the client of a gdb server', () => {
  test('introduces itself, skips a stop that nobody asked about, and detaches by process', async () => {
    await using server = await startFakeGdbServer(path, (packet) => greet(packet) ?? (packet === 'g' ? '00' : 'OK'), ['T05thread:p01.01;']);
    const client = await connectGdb(path, 1000);
    expect(server.asked[0]).toMatch(/^qSupported:multiprocess\+/);
    expect(server.asked[1]).toMatch(/^qXfer:features:read:target\.xml/);
    expect(await client.ask('g')).toBe('00');
    await client.detach();
    expect(server.asked.at(-1)).toBe('D;1');
    client.close();
  });

  test('waits for stops between commands, by name of the processor', async () => {
    await using server = await startFakeGdbServer(path, (packet, self) => {
      if (packet === 'c') self.send('T05thread:p01.02;');
      return packet === 'c' ? null : (greet(packet) ?? 'OK');
    });
    const client = await connectGdb(path, 1000);
    expect(await client.nextStop(10)).toBeNull();
    client.go();
    expect(await client.nextStop(1000)).toEqual({ text: 'T05thread:p01.02;', thread: 'p01.02' });
    client.interrupt();
    await client.order('Hgp01.02');
    expect(server.asked).toContain('interrupt');
    client.close();
  });

  test.each<[string, (packet: string) => string | null]>([
    ['does not answer', (packet) => greet(packet)],
    ['answers with an error', (packet) => greet(packet) ?? 'E22'],
    ['says that the guest ended', (packet) => greet(packet) ?? 'W00'],
  ])('fails where the server %s', async (_what, answer) => {
    await using server = await startFakeGdbServer(path, answer);
    const client = await connectGdb(path, 100);
    expect(await reasonOf(client.order('Z1,1000,1'))).toBe('gdb-failed');
    expect(server.asked).toHaveLength(3);
    client.close();
  });

  test.each([
    ['no multiprocess', (packet: string) => (packet.startsWith('qSupported') ? 'PacketSize=1000' : 'OK')],
    ['no description of registers', (packet: string) => (packet.startsWith('qSupported') ? 'multiprocess+' : 'E00')],
    ['nothing', () => null],
  ])('refuses a server with %s', async (_what, answer) => {
    await using _server = await startFakeGdbServer(path, answer);
    expect(await reasonOf(connectGdb(path, 100))).toBe('gdb-failed');
  });

  test.each(['garbage', '$OK#00', '-', '$unasked#00', `$${'a'.repeat(300_000)}`])('ends on %.20s in the stream', async (raw) => {
    await using server = await startFakeGdbServer(path, (packet, self) => {
      if (packet === 'g') self.sendRaw(raw);
      return packet === 'g' ? null : (greet(packet) ?? 'OK');
    });
    const client = await connectGdb(path, 500);
    expect(await reasonOf(client.ask('g'))).toBe('gdb-failed');
    expect(await reasonOf(client.ask('g'))).toBe('gdb-failed');
    expect(server.asked.filter((packet) => packet === 'g')).toHaveLength(1);
  });

  test('fails where nobody listens, and where the path is too long for a socket', async () => {
    expect(await reasonOf(connectGdb(path, 100))).toBe('gdb-failed');
    expect(await reasonOf(connectGdb(`/${'a'.repeat(200)}`, 100))).toBe('gdb-failed');
  });

  test('ends when the server goes away in the middle of a command', async () => {
    const server = await startFakeGdbServer(path, (packet) => greet(packet));
    const client = await connectGdb(path, 5000);
    const answer = reasonOf(client.ask('g'));
    await server[Symbol.asyncDispose]();
    expect(await answer).toBe('gdb-failed');
  });
});
