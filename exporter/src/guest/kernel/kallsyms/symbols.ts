import { hashOf, HASH_BASE } from '../hash.ts';
import { distanceOf, type AddressRule } from './addresses.ts';
import type { Kallsyms } from './find.ts';

const TOKENS = 256;
/** Longest name that is written out (KSYM_NAME_LEN). */
const LONGEST_NAME = 512;
/** Symbols of one hash that are compared: more are no accident. */
const MOST_CANDIDATES = 4096;

/** A symbol's address: a distance from the table's base, or an address of its own (`absolute`). */
export interface SymbolPlace {
  readonly distance: number;
  readonly absolute: boolean;
}

/** The symbols of a kernel, wherever it was loaded: shared by all guests that run it. */
export interface Symbols {
  readonly count: number;
  readonly rule: AddressRule;
  /** 'missing' where there is none, 'ambiguous' where there are several with different addresses. */
  find(name: string): SymbolPlace | 'missing' | 'ambiguous';
  /** Names that begin with `prefix`, sorted, at most `limit`. */
  like(prefix: string, limit: number): string[];
  /** Every symbol in the order of addresses, for comparisons and tests. */
  all(): Generator<{ name: string; type: string } & SymbolPlace>;
}

/**
 * Makes symbols findable by name. Names stay compressed: each has a hash, computed from those of its tokens; only those with the right
 * hash are ever written out. Keeps copies, nothing of `image`.
 */
export function indexSymbols(image: Buffer, { names, table, addresses }: Kallsyms): Symbols {
  const { count } = names;
  const compressed = Buffer.from(image.subarray(names.start, names.end));
  const values = new Int32Array(count);
  for (let index = 0; index < count; index++) values[index] = image.readInt32LE(addresses.start + 4 * index);
  const tokens = table.tokens.map((token) => token.toString('latin1'));
  const { starts, hashes } = hashNames(compressed, count, table.tokens);
  const withHash = chains(hashes);

  const place = (index: number): SymbolPlace => {
    const value = values[index] ?? 0;
    const distance = distanceOf(value, index, addresses.rule);
    return distance === null ? { distance: value, absolute: true } : { distance, absolute: false };
  };
  /** Type and name, as far as `longest` characters. */
  const expand = (index: number, longest: number): string => {
    const { first, end } = nameBounds(compressed, starts[index] ?? 0);
    let text = '';
    for (let at = first; at < end && text.length <= longest; at++) text += tokens[compressed[at] ?? 0] ?? '';
    return text;
  };

  return {
    count,
    rule: addresses.rule,
    find(name) {
      const hash = hashOf(Buffer.from(name, 'latin1'));
      let found: SymbolPlace | null = null;
      let compared = 0;
      for (const index of withHash(hash)) {
        if (++compared > MOST_CANDIDATES) return 'ambiguous';
        if (expand(index, LONGEST_NAME).slice(1) !== name) continue;
        const other = place(index);
        if (found !== null && (found.distance !== other.distance || found.absolute !== other.absolute)) return 'ambiguous';
        found = other;
      }
      return found ?? 'missing';
    },
    like(prefix, limit) {
      const found = new Set<string>();
      for (let index = 0; index < count && found.size < limit; index++) {
        if (expand(index, prefix.length).startsWith(prefix, 1)) found.add(expand(index, LONGEST_NAME).slice(1));
      }
      return [...found].sort();
    },
    *all() {
      for (let index = 0; index < count; index++) {
        const text = expand(index, LONGEST_NAME);
        yield { type: text.slice(0, 1), name: text.slice(1), ...place(index) };
      }
    },
  };
}

/** Gives all places of a hash, ascending. */
function chains(hashes: Int32Array): (hash: number) => Generator<number> {
  const mask = 2 ** Math.ceil(Math.log2(hashes.length + 1)) - 1;
  const slotOf = (hash: number): number => (hash ^ (hash >>> 15)) & mask;
  const first = new Int32Array(mask + 1).fill(-1);
  const next = new Int32Array(hashes.length);
  for (let index = hashes.length - 1; index >= 0; index--) {
    const slot = slotOf(hashes[index] ?? 0);
    next[index] = first[slot] ?? -1;
    first[slot] = index;
  }
  return function* (hash) {
    for (let index = first[slotOf(hash)] ?? -1; index >= 0; index = next[index] ?? -1) if (hashes[index] === hash) yield index;
  };
}

function nameBounds(compressed: Buffer, start: number): { first: number; end: number } {
  const length = compressed[start] ?? 0;
  if (length < 0x80) return { first: start + 1, end: start + 1 + length };
  return { first: start + 2, end: start + 2 + ((length & 0x7f) | ((compressed[start + 1] ?? 0) << 7)) };
}

/** The hash of a name without its first character, which is its type. */
function hashNames(compressed: Buffer, count: number, tokens: readonly Buffer[]): { starts: Uint32Array; hashes: Int32Array } {
  const whole = new Int32Array(TOKENS);
  const tail = new Int32Array(TOKENS);
  const power = new Int32Array(TOKENS);
  tokens.forEach((token, index) => {
    whole[index] = hashOf(token);
    tail[index] = hashOf(token.subarray(1));
    power[index] = token.reduce((product) => Math.imul(product, HASH_BASE), 1);
  });
  const starts = new Uint32Array(count);
  const hashes = new Int32Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    starts[index] = at;
    const { first, end } = nameBounds(compressed, at);
    let hash = tail[compressed[first] ?? 0] ?? 0;
    for (at = first + 1; at < end; at++) {
      const token = compressed[at] ?? 0;
      hash = (Math.imul(hash, power[token] ?? 1) + (whole[token] ?? 0)) | 0;
    }
    hashes[index] = hash;
  }
  return { starts, hashes };
}
