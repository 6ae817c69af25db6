import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TraceError, decodeTrace, encodeTrace } from './file.ts';
import { KIND_NAMES, SEEDS, SPLITS, isKindName, splitOf } from './kinds.ts';
import type { KindName, Split } from './kinds.ts';
import { timeOf } from './trace.ts';
import type { Trace } from './trace.ts';

const FILE_PATTERN = /^([a-z-]+)-(\d{1,4})\.trace\.gz$/;
const DAY_MS = 86_400_000;

/** A trace file by its name: `<folder>/<split>/<kind>-<seed>.trace.gz`. */
export interface TraceFile {
  path: string;
  kind: KindName;
  seed: number;
  split: Split;
  bytes: number;
}

/** Other files are passed over; a split's folder that holds a seed of the other one is an error. @throws TraceError */
export function listTraces(folder: string, splits: readonly Split[] = SPLITS): TraceFile[] {
  return splits.flatMap((split) => {
    const place = join(folder, split);
    return existsSync(place) ? readdirSync(place).sort().flatMap((name) => fileOf(join(place, name), split)) : [];
  });
}

function fileOf(path: string, split: Split): TraceFile[] {
  const match = FILE_PATTERN.exec(basename(path));
  const kind = match?.[1] ?? '';
  const seed = Number(match?.[2]);
  if (!isKindName(kind)) return [];
  if (splitOf(kind, seed) !== split) throw new TraceError(`${path}: kind and seed do not belong to ${split}`);
  return [{ path, kind, seed, split, bytes: statSync(path).size }];
}

/** @throws TraceError that names the file */
export function readTrace(file: TraceFile): Trace {
  try {
    const trace = decodeTrace(readFileSync(file.path));
    if (trace.kind !== file.kind || trace.seed !== file.seed) throw new TraceError('its header says another kind or seed than its name');
    return trace;
  } catch (error) {
    throw new TraceError(`${file.path}: ${(error as Error).message}`);
  }
}

/** Whole or not at all: written under another name first. Returns the path. @throws where it exists already */
export function writeTrace(folder: string, trace: Trace): string {
  const split = splitOf(trace.kind, trace.seed);
  if (split === undefined) throw new TraceError(`seed ${trace.seed} is of no split that may hold ${trace.kind}`);
  const path = join(folder, split, `${trace.kind}-${trace.seed}.trace.gz`);
  if (existsSync(path)) throw new TraceError(`${path} exists already`);
  mkdirSync(join(folder, split), { recursive: true });
  writeFileSync(`${path}.new`, encodeTrace(trace));
  renameSync(`${path}.new`, path);
  return path;
}

/** Gives each seed of a kind out once, the lowest first that neither a file nor a run of this process has. */
export function seedsFor(folder: string): (kind: KindName, split: Split) => number {
  const taken = new Set(listTraces(folder).map(({ kind, seed }) => `${kind}-${seed}`));
  return (kind, split) => {
    for (let seed = SEEDS[split].first; seed <= SEEDS[split].last; seed += 1) {
      if (splitOf(kind, seed) !== split) break;
      if (taken.has(`${kind}-${seed}`)) continue;
      taken.add(`${kind}-${seed}`);
      return seed;
    }
    throw new TraceError(`no seed left for ${kind} in ${split}`);
  };
}

export interface Holding {
  split: Split;
  kind: KindName;
  traces: number;
  days: number;
  /** Traces whose guest failed. */
  failures: number;
  bytes: number;
}

/** What a folder holds, by split and kind; reads every file. @throws TraceError */
export function holdings(folder: string): Holding[] {
  const files = listTraces(folder);
  return SPLITS.flatMap((split) => KIND_NAMES.map((kind) => {
    const ours = files.filter((file) => file.split === split && file.kind === kind);
    const traces = ours.map(readTrace);
    return {
      split, kind, traces: traces.length,
      days: traces.reduce((sum, { readings, tickMs }) => sum + (readings.length * tickMs) / DAY_MS, 0),
      failures: traces.filter((trace) => timeOf(trace, 'failed') !== null).length,
      bytes: ours.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  })).filter(({ traces }) => traces > 0);
}
