import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DomainReading } from '../../../exporter/src/prediction/observation/reading.ts';
import { COLUMNS, NUMBER_FIELDS, decodeColumn, encodeColumn } from './columns.ts';
import { TraceError, decodeTrace, encodeTrace } from './file.ts';
import type { Trace } from './trace.ts';

const counter = fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), { nil: null });

/** A trace whose times go up and whose other values are anything that the type allows. */
const traces: fc.Arbitrary<Trace> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.boolean(), fc.array(counter, { minLength: NUMBER_FIELDS.length, maxLength: NUMBER_FIELDS.length })), { maxLength: 20 })
  .map((ticks) => {
    let atMs = 1_700_000_000_000;
    const readings = ticks.map(([afterMs, running, values]) => {
      atMs += afterMs;
      return { atMs, running, ...Object.fromEntries(NUMBER_FIELDS.map((name, index) => [name, values[index] ?? null])) } as DomainReading;
    });
    return { kind: 'disk-full', seed: 17, tickMs: 5000, about: 'écrit "à" la\nmain', labels: [{ atMs, kind: 'decline', detail: '{}' }], readings };
  });

const sample = fc.sample(traces.filter(({ readings }) => readings.length > 3), { numRuns: 1, seed: 1 })[0] as Trace;

/** The sample's file with its text changed. */
function changed(change: (lines: string[]) => void): Buffer {
  const lines = gunzipSync(encodeTrace(sample)).toString().split('\n');
  change(lines);
  return gzipSync(lines.join('\n'));
}

/** With other values in its header. */
function withHeader(values: Record<string, unknown>): Buffer {
  return changed((lines) => {
    lines[0] = JSON.stringify({ ...(JSON.parse(lines[0] ?? '') as object), ...values });
  });
}

describe('a trace file', () => {
  it('gives back what was written', () => {
    fc.assert(fc.property(traces, (trace) => { expect(decodeTrace(encodeTrace(trace))).toEqual(trace); }), { numRuns: 50 });
  });

  it.each([
    ['nothing', Buffer.alloc(0), /gzip/],
    ['no gzip', Buffer.from('virtmedic-trace'), /gzip/],
    ['half a file', encodeTrace(sample).subarray(0, 80), /gzip/],
    ['a bomb', gzipSync(Buffer.alloc(100 * 1024 * 1024)), /too large/],
    ['other JSON', gzipSync('[]\n'), /lines/],
    ['a line too many', changed((lines) => lines.push('')), /lines/],
    ['a header that is no object', changed((lines) => { lines[0] = 'null'; }), /first line/],
    ['another format', withHeader({ format: 'x' }), /format/],
    ['another version', withHeader({ version: 1 }), /version 1/],
    ['other columns', withHeader({ columns: [...COLUMNS].reverse() }), /columns/],
    ['an unknown kind', withHeader({ kind: '__proto__' }), /unknown kind/],
    ['a kind that is inherited', withHeader({ kind: 'constructor' }), /unknown kind/],
    ['a seed of no split', withHeader({ seed: 99_999 }), /seed 99999/],
    ['a test kind with a training seed', withHeader({ kind: 'fork-bomb' }), /no split/],
    ['a long text', withHeader({ about: 'x'.repeat(1_000_000) }), /about/],
    ['too many ticks', withHeader({ ticks: 1e9 }), /ticks/],
    ['ticks that are not there', withHeader({ ticks: 1 }), /column atMs/],
    ['labels that are no list', withHeader({ labels: { length: 1 } }), /labels/],
    ['an unknown label', withHeader({ labels: [[1, 'cured', '']] }), /label 0/],
    ['labels in the wrong order', withHeader({ labels: [[2, 'failed', ''], [1, 'restarted', '']] }), /label 1/],
    ['a null time', changed((lines) => { lines[1] = lines[1]?.replace(/ -?\d+/, ' ~') ?? ''; }), /tick 0/],
    ['times that stand', changed((lines) => { lines[1] = `1 ${Array<number>(sample.readings.length).fill(0).join(' ')}`; }), /tick 1/],
    ['running 2', changed((lines) => { lines[2] = `1 2 ${Array<number>(sample.readings.length - 1).fill(0).join(' ')}`; }), /tick 0: running/],
    ['a value that is no number', changed((lines) => { lines[4] = lines[4]?.replace(/ -?[\d~]+/, ' 1e9') ?? ''; }), /column cpuNanoseconds/],
  ])('is refused: %s', (_what, file, message) => {
    expect(() => decodeTrace(file)).toThrow(TraceError);
    expect(() => decodeTrace(file)).toThrow(message);
  });

  it('is refused or read, whatever bytes are changed', () => {
    const file = encodeTrace(sample);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(file);
        damaged[at] = byte;
        try {
          decodeTrace(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(TraceError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a column', () => {
  it('holds differences in the greatest common unit', () => {
    expect(encodeColumn([4096, 8192, null, 8192, 4096])).toBe('4096 1 1 ~ 0 -1');
    expect(encodeColumn([])).toBe('1');
    expect(encodeColumn([null, 0])).toBe('1 ~ 0');
  });

  it.each([['1 -1', 1], ['9007199254740991 1 1', 2], ['0 1', 1], ['-1 1', 1], ['1 0x1', 1], ['1  1', 1], ['1 99999999999999999', 1]])('is refused: %s', (line, count) => {
    expect(() => decodeColumn(line, count)).toThrow();
  });
});
