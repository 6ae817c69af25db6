/** Layouts of the symbols' tables, by the kernel that brought them. `6.1+order` is 6.1 with the table of alphabetical order backported. */
export const KALLSYMS_LAYOUTS = ['6.1', '6.1+order', '6.5', '6.15', 'place'] as const;
export type KallsymsLayout = (typeof KALLSYMS_LAYOUTS)[number];

/** A symbol: `offset` is its place in the kernel's map, or with `absolute` its address (of a per-CPU variable). */
export interface BuiltSymbol {
  name: string;
  type: string;
  offset: number;
  absolute?: boolean;
}

const KERNEL_MAP = 0xffff_ffff_8000_0000n;
const WORDS = ['Tfn_', 'Dinit_', 'linux_', 'task', 'base', '_page', 'start_', 'Rfiller_', 'banner'];

/** 256 tokens: all characters of names as themselves, some words, and fillers for the rest. */
function buildTokens(): string[] {
  let word = 0;
  return Array.from({ length: 256 }, (_, code) => {
    if (code >= 0x21 && code <= 0x7e) return String.fromCharCode(code);
    return WORDS[word++] ?? `~${code}~`;
  });
}

/** Words first, else characters, which are their own tokens. */
function compress(tokens: readonly string[], text: string): Buffer {
  const codes: number[] = [];
  for (let at = 0; at < text.length; ) {
    const word = WORDS.find((one) => text.startsWith(one, at));
    codes.push(word === undefined ? text.charCodeAt(at) : tokens.indexOf(word));
    at += word?.length ?? 1;
  }
  const length = codes.length < 0x80 ? [codes.length] : [(codes.length & 0x7f) | 0x80, codes.length >> 7];
  return Buffer.from([...length, ...codes]);
}

const aligned = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
const words = (values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeInt32LE(value | 0, 4 * index));
  return aligned(bytes);
};

/**
 * The tables of a kernel's symbols, as `scripts/kallsyms.c` of that kernel lays them out.
 *
 * @param place of the tables in the kernel's map, a multiple of 8
 */
export function buildKallsyms(symbols: readonly BuiltSymbol[], layout: KallsymsLayout, place: number): Buffer {
  const key = (symbol: BuiltSymbol): number => (symbol.absolute === true ? symbol.offset - 2 ** 32 : symbol.offset);
  const sorted = [...symbols].sort((a, b) => key(a) - key(b));
  const tokens = buildTokens();
  const names = sorted.map(({ type, name }) => compress(tokens, type + name));
  const markers: number[] = [];
  let length = 0;
  names.forEach((name, index) => {
    if (index % 256 === 0) markers.push(length);
    length += name.length;
  });
  const order = sorted.map((_, index) => index).sort((a, b) => ((sorted[a]?.name ?? '') < (sorted[b]?.name ?? '') ? -1 : 1));
  const orderTable = aligned(Buffer.from(order.flatMap((index) => [index >> 16, (index >> 8) & 255, index & 255])));
  const index = Buffer.alloc(512);
  let tokenAt = 0;
  tokens.forEach((token, code) => {
    index.writeUInt16LE(tokenAt, 2 * code);
    tokenAt += token.length + 1;
  });

  const base = Math.min(...sorted.filter((symbol) => symbol.absolute !== true).map(({ offset }) => offset));
  const baseTable = Buffer.alloc(8);
  baseTable.writeBigUInt64LE(KERNEL_MAP + BigInt(base));
  const nameTables = [words([sorted.length]), aligned(Buffer.concat(names)), words(markers)];
  const tokenTables = [aligned(Buffer.from(tokens.map((token) => `${token}\0`).join(''), 'latin1')), index];
  const signed = words(sorted.map(({ offset, absolute }) => (absolute === true ? offset : base - 1 - offset)));

  if (layout === '6.1') return Buffer.concat([signed, baseTable, ...nameTables, ...tokenTables]);
  if (layout === '6.1+order') return Buffer.concat([signed, baseTable, ...nameTables, orderTable, ...tokenTables]);
  if (layout === '6.5') return Buffer.concat([...nameTables, ...tokenTables, signed, baseTable, orderTable]);
  if (layout === '6.15') return Buffer.concat([...nameTables, ...tokenTables, words(sorted.map(({ offset }) => offset - base)), baseTable, orderTable]);
  const before = Buffer.concat([...nameTables, ...tokenTables]);
  return Buffer.concat([before, words(sorted.map(({ offset }, at) => offset - (place + before.length + 4 * at))), orderTable]);
}
