/**
 * The regular expressions of silences come from other people, and JavaScript's own engine can be made to run for hours. This
 * one follows all ways through the expression at once (Thompson's construction), so its time grows with length of expression
 * times length of text. It takes the common part of RE2's syntax, which Alertmanager uses; anything else is refused, never
 * guessed.
 */

export class UnsupportedPatternError extends Error {
  override name = 'UnsupportedPatternError';
}

const MAX_PATTERN_LENGTH = 2048;
const MAX_INSTRUCTIONS = 2000;
const MAX_NESTING = 50;
const MAX_REPEAT = 1000;
const MAX_TEXT_LENGTH = 1024;

type CharacterTest = (character: string) => boolean;

type Node =
  | { kind: 'character'; test: CharacterTest }
  | { kind: 'begin' | 'end' }
  | { kind: 'sequence' | 'choice'; parts: Node[] }
  | { kind: 'repeat'; part: Node; least: number; most: number };

type Instruction =
  | { kind: 'character'; test: CharacterTest }
  | { kind: 'begin' | 'end' | 'accept' }
  | { kind: 'fork'; to: number[] };

/**
 * Compiles `pattern` to a function that tells whether it matches the whole text. Throws UnsupportedPatternError where it is
 * outside the supported syntax or too large; so does the function for a text of more than 1024 characters.
 */
export function compile(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) throw new UnsupportedPatternError(`longer than ${MAX_PATTERN_LENGTH} characters`);
  const ignoreCase = pattern.startsWith('(?i)');
  const source = Array.from(ignoreCase ? pattern.slice(4) : pattern);
  if (ignoreCase && source.some((character) => character > '\x7f')) throw new UnsupportedPatternError('`(?i)` with characters outside ASCII');
  const parser = new Parser(source, ignoreCase);
  const program: Instruction[] = [];
  emit(parser.parse(), program);
  add(program, { kind: 'accept' });
  return (text) => {
    if (text.length > MAX_TEXT_LENGTH) throw new UnsupportedPatternError(`a value longer than ${MAX_TEXT_LENGTH} characters`);
    return run(program, Array.from(text));
  };
}

class Parser {
  private at = 0;
  private depth = 0;
  private readonly source: readonly string[];
  private readonly ignoreCase: boolean;

  constructor(source: readonly string[], ignoreCase: boolean) {
    this.source = source;
    this.ignoreCase = ignoreCase;
  }

  parse(): Node {
    const node = this.choice();
    if (this.at < this.source.length) throw new UnsupportedPatternError('a `)` without `(`');
    return node;
  }

  private choice(): Node {
    this.depth += 1;
    if (this.depth > MAX_NESTING) throw new UnsupportedPatternError(`groups nested deeper than ${MAX_NESTING}`);
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    this.depth -= 1;
    return { kind: 'choice', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.source.length && this.source[this.at] !== '|' && this.source[this.at] !== ')') parts.push(this.repeated());
    return { kind: 'sequence', parts };
  }

  private repeated(): Node {
    const part = this.atom();
    const times = this.times();
    if (times === null) return part;
    this.take('?');
    if (this.times() !== null) throw new UnsupportedPatternError('a repetition of a repetition');
    return { kind: 'repeat', part, ...times };
  }

  private times(): { least: number; most: number } | null {
    if (this.take('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.take('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.take('?')) return { least: 0, most: 1 };
    if (this.source[this.at] !== '{') return null;
    const match = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.source.slice(this.at, this.at + 12).join(''));
    if (match === null) throw new UnsupportedPatternError('a `{` that is no count');
    this.at += match[0].length;
    const least = Number(match[1]);
    const most = match[2] === undefined ? least : match[3] ? Number(match[3]) : Number.POSITIVE_INFINITY;
    if (least > MAX_REPEAT || (most > MAX_REPEAT && Number.isFinite(most)) || most < least) throw new UnsupportedPatternError('a count out of range');
    return { least, most };
  }

  private atom(): Node {
    const character = this.next();
    switch (character) {
      case '.':
        return { kind: 'character', test: (found) => found !== '\n' };
      case '^':
        return { kind: 'begin' };
      case '$':
        return { kind: 'end' };
      case '(':
        return this.group();
      case '[':
        return { kind: 'character', test: this.characterClass() };
      case '\\':
        return { kind: 'character', test: this.escape() };
      case '*':
      case '+':
      case '?':
      case '{':
        throw new UnsupportedPatternError(`\`${character}\` with nothing before it`);
      default:
        return { kind: 'character', test: this.literal(character) };
    }
  }

  private group(): Node {
    if (this.take('?') && !this.take(':')) throw new UnsupportedPatternError('a group that begins with `(?`');
    const node = this.choice();
    if (!this.take(')')) throw new UnsupportedPatternError('a `(` without `)`');
    return node;
  }

  private literal(character: string): CharacterTest {
    return this.range(character, character);
  }

  private range(from: string, to: string): CharacterTest {
    const low = from.codePointAt(0) ?? 0;
    const high = to.codePointAt(0) ?? 0;
    const within = (character: string): boolean => {
      const code = character.codePointAt(0) ?? -1;
      return code >= low && code <= high;
    };
    return this.ignoreCase ? (character) => within(lower(character)) || within(upper(character)) : within;
  }

  private escape(): CharacterTest {
    const character = this.next();
    const named = CLASSES[character];
    if (named !== undefined) return named;
    return this.literal(this.escaped(character));
  }

  private escaped(character: string): string {
    const control = CONTROLS[character];
    if (control !== undefined) return control;
    if (!/^[!-/:-@[-`{-~]$/.test(character)) throw new UnsupportedPatternError(`the escape \`\\${character}\``);
    return character;
  }

  private characterClass(): CharacterTest {
    const inverted = this.take('^');
    const tests: CharacterTest[] = [];
    for (let first = true; first || this.source[this.at] !== ']'; first = false) {
      if (this.source[this.at] === '[' && this.source[this.at + 1] === ':') throw new UnsupportedPatternError('a class such as `[:alpha:]`');
      const named = this.source[this.at] === '\\' ? CLASSES[this.source[this.at + 1] ?? ''] : undefined;
      if (named !== undefined) {
        this.at += 2;
        tests.push(named);
        continue;
      }
      const from = this.classCharacter();
      const isRange = this.source[this.at] === '-' && this.source[this.at + 1] !== ']';
      if (isRange) this.at += 1;
      const to = isRange ? this.classCharacter() : from;
      if ((from.codePointAt(0) ?? 0) > (to.codePointAt(0) ?? 0)) throw new UnsupportedPatternError('a range that runs backwards');
      tests.push(this.range(from, to));
    }
    this.at += 1;
    return (character) => tests.some((test) => test(character)) !== inverted;
  }

  private classCharacter(): string {
    const character = this.next();
    return character === '\\' ? this.escaped(this.next()) : character;
  }

  private take(character: string): boolean {
    if (this.source[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private next(): string {
    const character = this.source[this.at];
    if (character === undefined) throw new UnsupportedPatternError('it ends too soon');
    this.at += 1;
    return character;
  }
}

const isDigit: CharacterTest = (character) => /^[0-9]$/.test(character);
const isWord: CharacterTest = (character) => /^[0-9A-Za-z_]$/.test(character);
const isSpace: CharacterTest = (character) => /^[\t\n\f\r ]$/.test(character);
const CLASSES: Partial<Record<string, CharacterTest>> = {
  d: isDigit,
  D: (character) => !isDigit(character),
  w: isWord,
  W: (character) => !isWord(character),
  s: isSpace,
  S: (character) => !isSpace(character),
};
const CONTROLS: Partial<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v', a: '\x07' };

const lower = (character: string): string => (/^[A-Z]$/.test(character) ? character.toLowerCase() : character);
const upper = (character: string): string => (/^[a-z]$/.test(character) ? character.toUpperCase() : character);

function add(program: Instruction[], instruction: Instruction): number {
  if (program.length >= MAX_INSTRUCTIONS) throw new UnsupportedPatternError('too large once its repetitions are written out');
  return program.push(instruction) - 1;
}

function emit(node: Node, program: Instruction[]): void {
  switch (node.kind) {
    case 'character':
    case 'begin':
    case 'end':
      add(program, node);
      return;
    case 'sequence':
      for (const part of node.parts) emit(part, program);
      return;
    case 'choice':
      emitChoice(node.parts, program);
      return;
    case 'repeat':
      emitRepeat(node, program);
  }
}

function emitChoice(parts: readonly Node[], program: Instruction[]): void {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return emit(only, program);
  const fork: number[] = [];
  add(program, { kind: 'fork', to: fork });
  const ends = parts.map((part) => {
    fork.push(program.length);
    emit(part, program);
    const to: number[] = [];
    add(program, { kind: 'fork', to });
    return to;
  });
  for (const to of ends) to.push(program.length);
}

function emitRepeat(node: Extract<Node, { kind: 'repeat' }>, program: Instruction[]): void {
  for (let time = 0; time < node.least; time += 1) emit(node.part, program);
  if (node.most === Number.POSITIVE_INFINITY) {
    const to: number[] = [];
    const loop = add(program, { kind: 'fork', to });
    to.push(loop + 1);
    emit(node.part, program);
    add(program, { kind: 'fork', to: [loop] });
    to.push(program.length);
    return;
  }
  const skips: number[][] = [];
  for (let time = node.least; time < node.most; time += 1) {
    const to = [program.length + 1];
    add(program, { kind: 'fork', to });
    skips.push(to);
    emit(node.part, program);
  }
  for (const to of skips) to.push(program.length);
}

function run(program: readonly Instruction[], text: readonly string[]): boolean {
  let current = follow(program, [0], 0, text.length);
  for (let position = 0; position < text.length && current.length > 0; position += 1) {
    const character = text[position] ?? '';
    const next = current.filter((index) => {
      const instruction = program[index];
      return instruction?.kind === 'character' && instruction.test(character);
    });
    current = follow(program, next.map((index) => index + 1), position + 1, text.length);
  }
  return current.some((index) => program[index]?.kind === 'accept');
}

/** Every instruction that takes a character, or accepts, and can be reached from `starts` without taking one. */
function follow(program: readonly Instruction[], starts: readonly number[], position: number, length: number): number[] {
  const seen = new Uint8Array(program.length);
  const waiting = [...starts];
  const reached: number[] = [];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const instruction = program[index];
    if (instruction === undefined || seen[index] === 1) continue;
    seen[index] = 1;
    if (instruction.kind === 'fork') waiting.push(...instruction.to);
    else if (instruction.kind === 'begin' || instruction.kind === 'end') {
      if (position === (instruction.kind === 'begin' ? 0 : length)) waiting.push(index + 1);
    } else reached.push(index);
  }
  return reached;
}
