import type { TokenTable } from './token-table.ts';

/** `kallsyms_names`: each name is its number of tokens (one byte, or two from 128 on) and then its tokens. */
export interface NameTable {
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/** More symbols than any kernel has. */
export const MOST_SYMBOLS = 1_000_000;
const PER_MARKER = 256;
const MOST_MARKERS = Math.ceil(MOST_SYMBOLS / PER_MARKER);
/** Bytes of 256 names: no name has less than two (its length and its type); on average none comes near 140. */
const LEAST_STEP = 2 * PER_MARKER;
const MOST_STEP = 140 * PER_MARKER;

/** Steps that are left for finding names: memory may be made so that everything nearly fits. */
export interface Effort {
  steps: number;
}

const alignedUp = (value: number): number => Math.ceil(value / 8) * 8;

/**
 * The names that belong to a token table. Before it lie, in this order, their number, the names, a marker for each 256 names, and in some
 * kernels a table of their alphabetical order (`kallsyms_seqs_of_names`, 6.2 to 6.4 and where it was backported). Nothing tells which
 * it is, or how long these are: the markers are looked for in every place where they would fit, and are proven by the names.
 */
export function findNames(image: Buffer, table: TokenTable, effort: Effort): NameTable | null {
  for (const { markers, count } of markerPlaces(image, table.start, effort)) {
    const names = namesBefore(image, { markers, count, effort });
    if (names !== null) return names;
    if (effort.steps <= 0) return null;
  }
  return null;
}

/** A place where markers may begin, and how many they are. */
function* markerPlaces(image: Buffer, tableStart: number, effort: Effort): Generator<{ markers: number; count: number }> {
  for (const padding of [0, 4]) {
    const found = descendingBefore(image, tableStart - padding);
    if (found !== null) yield found;
  }
  for (const width of [3, 4]) {
    const longest = Math.min(tableStart, alignedUp(MOST_SYMBOLS * width));
    for (let gap = 8; gap <= longest; gap += 8) {
      const most = Math.ceil(Math.floor(gap / width) / PER_MARKER);
      const least = Math.max(1, Math.ceil((Math.floor((gap - 8) / width) + 1) / PER_MARKER));
      if (--effort.steps <= 0) return;
      for (let count = least; count <= most; count++) {
        const markers = tableStart - gap - alignedUp(4 * count);
        if (beginsLikeMarkers(image, markers, count)) yield { markers, count };
      }
    }
  }
}

/** Markers that end at `end`, found backwards: each is less than the one after it, the first is 0. */
function descendingBefore(image: Buffer, end: number): { markers: number; count: number } | null {
  let next = Infinity;
  for (let at = Math.max(0, end - 4); end - at <= 4 * MOST_MARKERS && at >= 0; at -= 4) {
    const value = image.readUInt32LE(at);
    if (value >= next || next - value > (next === Infinity ? Infinity : MOST_STEP)) return null;
    if (value === 0) return { markers: at, count: (end - at) / 4 };
    next = value;
  }
  return null;
}

function beginsLikeMarkers(image: Buffer, at: number, count: number): boolean {
  if (at < 16 || image.readUInt32LE(at) !== 0) return false;
  let previous = 0;
  for (let index = 1; index < count; index++) {
    const step = image.readUInt32LE(at + 4 * index) - previous;
    if (step < LEAST_STEP || step > MOST_STEP) return false;
    previous += step;
  }
  return true;
}

/** The names that end before `markers` and that these `count` markers are of. */
function namesBefore(image: Buffer, { markers, count, effort }: { markers: number; count: number; effort: Effort }): NameTable | null {
  const last = image.readUInt32LE(markers + 4 * (count - 1));
  const highest = Math.floor((markers - last) / 8) * 8;
  const lowest = Math.max(8, highest - MOST_STEP - 16);
  for (let start = highest; start >= lowest; start -= 8) {
    const symbols = image.readUInt32LE(start - 8);
    if (Math.ceil(symbols / PER_MARKER) !== count || image.readUInt32LE(start - 4) !== 0) continue;
    const end = endOfNames(image, { start, symbols, markers, effort });
    if (end !== null && alignedUp(end) === markers) return { count: symbols, start, end };
  }
  return null;
}

/** Goes over all names; null where a marker says something else. */
function endOfNames(image: Buffer, { start, symbols, markers, effort }: { start: number; symbols: number; markers: number; effort: Effort }): number | null {
  let at = start;
  for (let symbol = 0; symbol < symbols; symbol++) {
    if (symbol % PER_MARKER === 0 && image.readUInt32LE(markers + (symbol / PER_MARKER) * 4) !== at - start) return null;
    const first = image[at] ?? 0;
    const length = first < 0x80 ? first : (first & 0x7f) | ((image[at + 1] ?? 0) << 7);
    if (length === 0 || --effort.steps <= 0) return null;
    at += length + (first < 0x80 ? 1 : 2);
    if (at > markers) return null;
  }
  return at;
}
