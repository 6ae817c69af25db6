import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Monitor } from '../../memory/memory.ts';
import { greet, startFakeGdbServer } from '../testing/fake-gdb-server.ts';
import type { FakeGdbServer } from '../testing/fake-gdb-server.ts';
import { reasonOf } from '../testing/simulated-tools.ts';
import { findGdbserver, newSocketPath, openGdbserver, releaseGuest } from './server.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-gdb-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** QEMU as far as its gdb server goes: one at a time, and the guest stands until somebody says that they are done. */
function qemu({ there = null as string | null, opens = true, isFreed = true } = {}) {
  const state = { status: 'debug', filename: there, detached: 0 };
  let server: FakeGdbServer | null = null;
  const answer = (packet: string): string => {
    if (packet === 'D;1') {
      state.detached += 1;
      if (isFreed) state.status = 'running';
    }
    return greet(packet) ?? 'OK';
  };
  const monitor: Monitor = {
    async human(command) {
      const path = /^gdbserver unix:(.*),server=on,wait=off$/.exec(command)?.[1];
      if (path !== undefined && opens) {
        server = await startFakeGdbServer(path, answer, ['T05thread:p01.01;']);
        state.filename = `unix:${path},server=on`;
      } else if (command === 'gdbserver none') {
        await server?.[Symbol.asyncDispose]();
        state.filename = null;
      }
      return 'no';
    },
    execute: async (command) => (command === 'query-status' ? { status: state.status } : state.filename === null ? [] : [{ label: 'gdb', filename: state.filename }]),
  };
  return { monitor, state };
}

describe('a guest that a gdb server of ours holds', () => {
  test.each([
    ['with the server still open', (path: string) => `disconnected:unix:${path},server=on`],
    ['with another server of ours, of an earlier healing', () => `unix:${newSocketPath(folder)},server=on`],
    ['with no server any more', () => null],
  ])('is let go %s, and the server is closed', async (_what, thereOf) => {
    const path = newSocketPath(folder);
    const { monitor, state } = qemu({ there: thereOf(path) });
    expect(await releaseGuest(monitor, path, 1000)).toBe('released');
    expect(state).toEqual({ status: 'running', filename: null, detached: 1 });
  });

  test("is not let go where the server is somebody else's, which stays", async () => {
    const { monitor, state } = qemu({ there: 'tcp:127.0.0.1:1234,server=on' });
    expect(await releaseGuest(monitor, newSocketPath(folder), 1000)).toBe('not-ours');
    expect(state).toEqual({ status: 'debug', filename: 'tcp:127.0.0.1:1234,server=on', detached: 0 });
  });

  test('is not told to run where it does not', async () => {
    const { monitor } = qemu({ isFreed: false });
    await expect(releaseGuest(monitor, newSocketPath(folder), 1000)).rejects.toMatchObject({ reason: 'gdb-failed', left: true });
  });
});

describe('opening a gdb server', () => {
  test("is refused beside somebody else's", async () => {
    const { monitor, state } = qemu({ there: 'tcp::1234' });
    expect(await reasonOf(openGdbserver(monitor, newSocketPath(folder)))).toBe('foreign-gdbserver');
    expect(state.filename).toBe('tcp::1234');
  });

  test('fails where QEMU does not open it, and for a path that would end the option', async () => {
    expect(await reasonOf(openGdbserver(qemu({ opens: false }).monitor, newSocketPath(folder)))).toBe('monitor-failed');
    const { monitor, state } = qemu();
    for (const path of ['/tmp/a,server=off', '/tmp/a b', 'relative', '/tmp/a\n']) expect(await reasonOf(openGdbserver(monitor, path))).toBe('monitor-failed');
    expect(state.filename).toBeNull();
  });

  test('is not told of where QEMU does not list its devices', async () => {
    const { monitor } = qemu();
    expect(await reasonOf(findGdbserver({ ...monitor, execute: async () => ({}) }))).toBe('monitor-failed');
  });
});
