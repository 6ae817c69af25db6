import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeMonitor } from '../testing/fake-monitor.ts';
import type { PhysicalMemory } from '../memory/memory.ts';
import { openPhysicalWriter } from './physical-writer.ts';
import type { PhysicalWriter } from './physical-writer.ts';
import { failureOf, reasonOf } from './testing/simulated-tools.ts';

/** A process of our own instead of QEMU; a variable of its environment, on its stack, instead of a guest's memory. */

const MARK = 'memory of a guest, 32 bytes long';
let child: ChildProcess;
let host: number;
let writer: PhysicalWriter;

beforeEach(async () => {
  child = spawn('cat', [], { env: { MARK }, stdio: ['pipe', 'pipe', 'ignore'] });
  // It answers once it runs, no earlier than it has its own memory.
  child.stdin?.write('x');
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  host = findMark();
  writer = await openWriter();
});
afterEach(async () => {
  writer.close();
  child.stdin?.end();
  await once(child, 'exit');
});

const memoryOf = () => `/proc/${child.pid ?? 0}/mem`;

function findMark(): number {
  const [from = 0, to = 0] = (/^([0-9a-f]+)-([0-9a-f]+) .*\[stack\]$/m.exec(readFileSync(`/proc/${child.pid ?? 0}/maps`, 'utf8')) ?? []).slice(1).map((word) => parseInt(word, 16));
  const stack = Buffer.alloc(to - from);
  const file = openSync(memoryOf(), 'r');
  readSync(file, stack, 0, stack.length, from);
  closeSync(file);
  const at = stack.indexOf(MARK);
  if (at < 0) throw new Error('the variable is not on the stack');
  return from + at;
}

function held(): string {
  const bytes = Buffer.alloc(MARK.length);
  const file = openSync(memoryOf(), 'r');
  readSync(file, bytes, 0, bytes.length, host);
  closeSync(file);
  return bytes.toString();
}

/** Physical memory of one piece, as long as the mark, from 0x1000 on. */
function openWriter(): Promise<PhysicalWriter> {
  const memory = { regions: [{ start: 0x1000, end: 0x1000 + MARK.length }] } as unknown as PhysicalMemory;
  return openPhysicalWriter(child.pid ?? 0, fakeMonitor({ 'gpa2hva 0x1000': `Host virtual address for 0x1000 (pc.ram) is 0x${host.toString(16)}\r\n` }), memory);
}

describe('writing the memory of a process', () => {
  test('puts bytes where the monitor says that they are', () => {
    writer.replace(0x1000 + MARK.indexOf('guest'), Buffer.from('guest'), Buffer.from('other'));
    expect(held()).toBe(MARK.replace('guest', 'other'));
  });

  test('writes nothing where memory holds something else than was read before', () => {
    expect(failureOf(() => writer.replace(0x1000, Buffer.from('MEMORY'), Buffer.from('xxxxxx')))).toMatchObject({ reason: 'changed-by-others', left: false });
    expect(held()).toBe(MARK);
  });

  test('writes nothing beyond what is RAM, nor of another length, nor once it is closed', () => {
    const [before, after] = [Buffer.from(MARK.slice(-2)), Buffer.from('xx')];
    for (const at of [0, 0xfff, 0x1000 + MARK.length - 1, 0x1000 + MARK.length]) expect(failureOf(() => writer.replace(at, before, after))).toMatchObject({ reason: 'write-failed', left: false });
    expect(() => writer.replace(0x1000, Buffer.from('mem'), Buffer.from('x'))).toThrow(RangeError);
    writer.close();
    expect(failureOf(() => writer.replace(0x1000 + MARK.length - 2, before, after))).toMatchObject({ reason: 'write-failed', left: false });
    expect(held()).toBe(MARK);
  });

  test('is refused to a user that has no right to it', async () => {
    const root = process.geteuid?.() === 0;
    const pid = root ? (child.pid ?? 0) : 1;
    if (root) process.seteuid?.(65_534);
    try {
      expect(await reasonOf(openPhysicalWriter(pid, fakeMonitor({}), { regions: [] } as unknown as PhysicalMemory))).toBe('helper-not-root');
    } finally {
      if (root) process.seteuid?.(0);
    }
  });

  test('is refused where the process has gone', async () => {
    expect(await reasonOf(openPhysicalWriter(2 ** 22 + 1, fakeMonitor({}), { regions: [] } as unknown as PhysicalMemory))).toBe('unreadable');
  });
});
