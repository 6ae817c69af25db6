import { describe, expect, it } from 'vitest';
import { shownProcess } from './shown-process.ts';
import { sampleProcess } from './testing/sample-apps.ts';

const line = (more: Parameters<typeof sampleProcess>[0], show = false): string | null => shownProcess(sampleProcess(more), show).commandLine;

describe('the command line of a process', () => {
  it('is by default the name of the executable and the number of arguments, and holds nothing that was given to it', () => {
    expect(line({})).toBe('nginx [2 arguments]');
    expect(line({ commandLine: ['nginx', '--password=secret'] })).toBe('nginx [1 argument]');
    expect(line({ commandLine: ['nginx'] })).toBe('nginx');
    expect(line({ commandLine: ['nginx', 'a'], commandLineCut: true })).toBe('nginx [more than 1 arguments]');
  });

  it('does not hold the first argument either: programs write into it what they are at', () => {
    const shown = shownProcess(sampleProcess({ executable: '/usr/lib/postgresql/15/bin/postgres', commandLine: ['postgres: ann bank 10.0.0.7 SELECT secret'] }), false);
    expect(shown.commandLine).toBe('postgres');
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect(line({ executable: null, name: 'worker', commandLine: ['secret'] })).toBe('worker');
    expect(line({ executable: '/', name: 'odd', commandLine: ['secret'] })).toBe('odd');
  });

  it('is whole where that is allowed', () => {
    expect(line({}, true)).toBe('nginx -g daemon off;');
    expect(line({ commandLine: ['a', 'b'], commandLineCut: true }, true)).toBe('a b…');
    expect(line({ commandLine: ['x'.repeat(100_000)] }, true)).toHaveLength(4097);
  });

  it('is null of what has none, or where it is not known', () => {
    for (const show of [true, false]) expect(line({ commandLine: null }, show)).toBeNull();
    expect(shownProcess(sampleProcess({ commandLine: null }), false).argumentCount).toBeNull();
  });
});

it('has times in seconds, and null where they are not known', () => {
  expect(shownProcess(sampleProcess({ startTimeNanoseconds: 1.5e9, userNanoseconds: 2e9, systemNanoseconds: 5e8 }), false)).toMatchObject({ startSeconds: 1.5, cpuSeconds: 2.5 });
  expect(shownProcess(sampleProcess({ userNanoseconds: null }), false).cpuSeconds).toBeNull();
});
