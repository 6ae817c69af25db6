/** Words that the names of symbols are written with; index 0…255. */
export interface TokenTable {
  /** Where the table begins and where the index of its tokens, which follows it, ends. */
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly Buffer[];
}

const TOKENS = 256;
const DIGIT_ZERO = 0x30;
const INDEX_BYTES = TOKENS * 2;
/** The index has 16 bits for a place in the table. */
const LONGEST_TABLE = 0x1_0000;
/** Rows of digits that are looked at: kernels have two or three. */
const MOST_ROWS = 1000;
/** Digits are in names and so are always tokens of their own, in their own places: they find the table. */
const DIGITS = Buffer.from([...'0123456789'].flatMap((digit) => [digit.charCodeAt(0), 0]));

/**
 * Every `kallsyms_token_table` with its `kallsyms_token_index` in a piece of the kernel. Each is proven by all the 256 places
 * that its index has. (`scripts/kallsyms.c`: tokens end with NUL; tables begin at multiples of 8.)
 */
export function* findTokenTables(image: Buffer): Generator<TokenTable> {
  for (let at = image.indexOf(DIGITS), rows = 0; at >= 0 && rows < MOST_ROWS; at = image.indexOf(DIGITS, at + 1), rows++) {
    const table = tokenTableAround(image, at);
    if (table !== null) yield table;
  }
}

function tokenTableAround(image: Buffer, digits: number): TokenTable | null {
  let last = digits;
  for (let token = DIGIT_ZERO; token < TOKENS; token++) {
    last = image.indexOf(0, last) + 1;
    if (last === 0 || last - digits > LONGEST_TABLE) return null;
  }
  const index = (last + 7) & ~7;
  if (index + INDEX_BYTES > image.length) return null;
  const start = digits - image.readUInt16LE(index + 2 * DIGIT_ZERO);
  if (start < 0 || last - start > LONGEST_TABLE) return null;
  const tokens: Buffer[] = [];
  for (let token = 0, at = start; token < TOKENS; token++) {
    if (image.readUInt16LE(index + 2 * token) !== at - start) return null;
    const end = image.indexOf(0, at);
    tokens.push(Buffer.from(image.subarray(at, end)));
    at = end + 1;
  }
  return { start, end: index + INDEX_BYTES, tokens };
}
