import { describe, expect, it } from 'vitest';
import { shownProcess } from '../web/shown-process.ts';
import type { ShownProcess } from '../web/shown-process.ts';
import { sampleProcess } from '../web/testing/sample-apps.ts';
import { psTable, sorted } from './ps-table.ts';

const shown = (more: Partial<ShownProcess> = {}): ShownProcess => ({ ...shownProcess(sampleProcess(), false), ...more });
const AT_MS = Date.parse('2026-03-10T12:00:00Z');
const table = (processes: ShownProcess[], { columns = null as number | null, uptimeSeconds = 3600 as number | null } = {}): string[] =>
  psTable({ atMs: AT_MS, uptimeSeconds, processes }, { columns, utc: true }).split('\n');

describe('a list of processes', () => {
  it('is like that of ps', () => {
    const thread = shown({ pid: 2, parentPid: 0, name: 'kthreadd', commandLine: null, executable: null, unit: null, state: 'I', residentBytes: 0, cpuSeconds: null, startSeconds: 0 });
    const zombie = shown({ pid: 12_345, parentPid: null, uid: null, name: 'sh', state: 'Z', commandLine: null, residentBytes: null, threads: 1, cpuSeconds: 93_785 });
    expect(table([thread, shown({ threads: 4 }), zombie])).toEqual([
      '  PID PPID UID STAT START       TIME   RSS UNIT          COMMAND',
      '    2    0   0 I    11:00          ?     0 -             [kthreadd]',
      '  100    1   0 Sl   11:00   00:00:04 10240 nginx.service nginx [2 arguments]',
      '12345    ?   ? Z    11:00 1-02:03:05     ? nginx.service [sh] <defunct>',
      '',
    ]);
  });

  it('tells the start as it is worth knowing: of today, of this year, of before; since the boot where the clock is not known', () => {
    const start = (startSeconds: number, uptimeSeconds: number | null): string | undefined => table([shown({ startSeconds })], { uptimeSeconds })[1]?.split(/ +/)[4];
    expect([start(0, 60), start(0, 40 * 86_400), start(0, 700 * 86_400), start(3_725, null), start(90, 60)]).toEqual(['11:59', 'Jan29', '2024', '+01:02:05', '12:00']);
  });

  it('is cut to the width of a terminal, in columns and not in characters, and never below the beginning of the command', () => {
    const wide = shown({ commandLine: '日本'.repeat(40), unit: 'x'.repeat(100) });
    const [, row = ''] = table([wide], { columns: 100 });
    expect(row.startsWith('100    1   0 S    11:00 00:00:04 10240 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… 日本')).toBe(true);
    expect([...row].length).toBeLessThan(90);
    expect(row.endsWith('…')).toBe(true);
    expect(table([shown({ commandLine: 'y'.repeat(50) })], { columns: 20 })[1]).toContain(`${'y'.repeat(15)}…`);
    expect(table([wide])[1]).toContain('日本'.repeat(40));
  });

  it('is one line for each process, whatever the guest has written', () => {
    const hostile = '\u001b]0;owned\u0007\n\u202e99999 root';
    const lines = table([shown({ name: hostile, commandLine: hostile, unit: hostile }), shown({ name: hostile, commandLine: null, userUnit: hostile })]);
    expect(lines).toHaveLength(4);
    expect(lines[1]?.endsWith('\\e]0;owned\\x07\\n\\u{202e}99999 root')).toBe(true);
    expect(/\p{C}/u.test(lines.join(''))).toBe(false);
  });
});

it('is sorted by a key, then by pid; what is not known comes last', () => {
  const processes = [shown({ pid: 3, cpuSeconds: 1, residentBytes: 5, startSeconds: 9, name: 'b' }), shown({ pid: 1, cpuSeconds: null, residentBytes: 7, startSeconds: 9, name: 'c' }), shown({ pid: 2, cpuSeconds: 8, residentBytes: null, startSeconds: 10, name: 'b' })];
  const order = (key: Parameters<typeof sorted>[1]): number[] => sorted(processes, key).map(({ pid }) => pid);
  expect([order('pid'), order('cpu'), order('rss'), order('start'), order('name')]).toEqual([[1, 2, 3], [2, 3, 1], [1, 3, 2], [2, 1, 3], [2, 3, 1]]);
});
