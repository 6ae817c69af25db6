import { openSync, readFileSync, readSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { GuestError } from '../error.ts';
import { fakeMonitor } from '../testing/fake-monitor.ts';
import type { PhysicalMemory } from './memory.ts';
import { openProcessMemory } from './process-memory.ts';

const PAGE = 4096;
let memory: PhysicalMemory | null = null;

afterEach(() => memory?.close());

/** The first mapping of this very program: its contents are those of its file. */
function ownMapping(): { host: number; bytes: Buffer } {
  const line = readFileSync('/proc/self/maps', 'latin1').split('\n')[0] ?? '';
  const [, start, end, offset, path] = /^([0-9a-f]+)-([0-9a-f]+) r\S+ ([0-9a-f]+) \S+ \d+ +(\/.*)$/.exec(line) ?? [];
  const host = Number.parseInt(start ?? '', 16);
  const bytes = Buffer.alloc(Math.min(Number.parseInt(end ?? '', 16) - host, 16 * PAGE));
  readSync(openSync(path ?? '', 'r'), bytes, 0, bytes.length, Number.parseInt(offset ?? '', 16));
  return { host, bytes };
}

const hex = (value: number): string => value.toString(16).padStart(16, '0');
const row = (start: number, length: number): string => `  ${hex(start)}-${hex(start + length - 1)} (prio 0, ram): pc.ram`;
const view = (...rows: string[]): string => ['FlatView #0', ' AS "memory", root: system', ...rows, ''].join('\n');

describe('memory of a process', () => {
  it('is read at physical addresses, over rows that lie side by side', async () => {
    const { host, bytes } = ownMapping();
    memory = await openProcessMemory(
      process.pid,
      fakeMonitor({
        'info mtree -f': view(row(0, PAGE), row(PAGE, PAGE), row(0x100000, bytes.length)),
        'gpa2hva 0x0': `Host virtual address for 0x0 (pc.ram) is 0x${host.toString(16)}`,
        'gpa2hva 0x1000': `Host virtual address for 0x1000 (pc.ram) is 0x${(host + PAGE).toString(16)}`,
        'gpa2hva 0x100000': `Host virtual address for 0x100000 (pc.ram) is 0x${host.toString(16)}`,
      }),
    );
    expect(memory.regions.map(({ start, end }) => [start, end])).toEqual([[0, 2 * PAGE], [0x100000, 0x100000 + bytes.length]]);
    const into = Buffer.alloc(64);
    expect(memory.read(PAGE - 16, into, 16, 32)).toBe(true);
    expect(into.subarray(16, 48)).toEqual(bytes.subarray(PAGE - 16, PAGE + 16));
    const all = Buffer.alloc(bytes.length);
    expect(memory.read(0x100000, all, 0, all.length)).toBe(true);
    expect(all.equals(bytes)).toBe(true);
  });

  it('refuses what is not all RAM, and what does not fit', async () => {
    const { host, bytes } = ownMapping();
    const answers = { 'info mtree -f': view(row(0x100000, bytes.length)), 'gpa2hva 0x100000': ` is 0x${host.toString(16)}` };
    memory = await openProcessMemory(process.pid, fakeMonitor(answers));
    const into = Buffer.alloc(64);
    for (const [physical, offset, length] of [
      [0x100000 - 1, 0, 2], [0x100000 + bytes.length - 1, 0, 2], [0, 0, 1], [-1, 0, 1], [Number.NaN, 0, 1], [2 ** 60, 0, 1], [0.5, 0, 1],
      [0x100000, 0, 65], [0x100000, 60, 5], [0x100000, -1, 1], [0x100000, 0, -1], [0x100000, Number.NaN, 1],
    ] as const) {
      expect(memory.read(physical, into, offset, length), `${physical} ${offset} ${length}`).toBe(false);
    }
    memory.close();
    memory.close();
    expect(memory.read(0x100000, into, 0, 1)).toBe(false);
    expect([...memory.present(0, 2 ** 40)]).toEqual([]);
  });

  it('knows the pages that are there: those of this program that were read', async () => {
    const { host, bytes } = ownMapping();
    const answers = { 'info mtree -f': view(row(0x100000, bytes.length)), 'gpa2hva 0x100000': ` is 0x${host.toString(16)}` };
    memory = await openProcessMemory(process.pid, fakeMonitor(answers));
    const into = Buffer.alloc(1);
    memory.read(0x100000, into, 0, 1);
    const runs = [...memory.present(0, 2 ** 40)];
    expect(runs[0]?.start).toBe(0x100000);
    for (const run of runs) expect(run.end).toBeGreaterThan(run.start);
  });

  it('says why it cannot be read', async () => {
    await expect(openProcessMemory(0, fakeMonitor({}))).rejects.toThrow(/no process id/);
    await expect(openProcessMemory(4_194_304 + 1, fakeMonitor({}))).rejects.toThrow(/no such process/);
    const none = fakeMonitor({ 'info mtree -f': view(row(0, PAGE)), 'gpa2hva 0x0': 'No memory is mapped at address 0x0' });
    await expect(openProcessMemory(process.pid, none)).rejects.toThrow(GuestError);
  });
});
