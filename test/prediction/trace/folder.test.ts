import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdings, listTraces, readTrace, seedsFor, writeTrace } from './folder.ts';
import { KINDS, KIND_NAMES, SEEDS, splitOf } from './kinds.ts';
import type { Trace } from './trace.ts';

const trace = (kind: Trace['kind'], seed: number): Trace => ({
  kind, seed, tickMs: 5000, about: '', labels: kind === 'idle' ? [] : [{ atMs: 5, kind: 'failed', detail: 'silent' }], readings: [],
});

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'virtmedic-traces-')); });
afterEach(() => rmSync(folder, { recursive: true }));

describe('kinds', () => {
  it('keeps at least two failing kinds wholly out of training', () => {
    const hidden = KIND_NAMES.filter((kind) => KINDS[kind].health === 'failing' && KINDS[kind].testOnly);
    expect(hidden).toEqual(['fork-bomb', 'slow-hang']);
    for (const kind of hidden) expect(splitOf(kind, SEEDS.training.first)).toBeUndefined();
  });

  it('gives each seed to one split', () => {
    expect([0, 1, 4999, 5000, 9999, 10_000, 1.5, Number.NaN].map((seed) => splitOf('idle', seed))).toEqual([
      undefined, 'training', 'training', 'test', 'test', undefined, undefined, undefined,
    ]);
  });
});

describe('a folder of traces', () => {
  it('is resumed with seeds that are not taken', () => {
    writeTrace(folder, trace('idle', 1));
    writeTrace(folder, trace('idle', 5000));
    const next = seedsFor(folder);
    expect([next('idle', 'training'), next('idle', 'training'), next('idle', 'test'), next('kill', 'training')]).toEqual([2, 3, 5001, 1]);
    expect(() => next('slow-hang', 'training')).toThrow('no seed left');
  });

  it('keeps what is there', () => {
    writeTrace(folder, trace('idle', 1));
    expect(() => writeTrace(folder, trace('idle', 1))).toThrow('exists already');
    expect(() => writeTrace(folder, trace('fork-bomb', 1))).toThrow('no split');
  });

  it('lists a split, passes other files over, sums up', () => {
    writeTrace(folder, trace('idle', 1));
    writeTrace(folder, trace('disk-full', 5003));
    writeFileSync(join(folder, 'test', 'notes.txt'), '');
    writeFileSync(join(folder, 'test', 'unknown-5000.trace.gz'), '');
    expect(listTraces(folder, ['test']).map(({ kind, seed }) => [kind, seed])).toEqual([['disk-full', 5003]]);
    expect(listTraces(join(folder, 'absent'))).toEqual([]);
    expect(holdings(folder).map(({ split, kind, traces, failures }) => [split, kind, traces, failures])).toEqual([['training', 'idle', 1, 0], ['test', 'disk-full', 1, 1]]);
  });

  it('lets no test seed into training, and no header say another thing than the name', () => {
    const path = writeTrace(folder, trace('idle', 1));
    renameSync(path, join(folder, 'training', 'idle-2.trace.gz'));
    expect(() => listTraces(folder).map(readTrace)).toThrow('another kind or seed');
    renameSync(join(folder, 'training', 'idle-2.trace.gz'), join(folder, 'training', 'idle-5000.trace.gz'));
    expect(() => listTraces(folder)).toThrow('do not belong to training');
  });
});
