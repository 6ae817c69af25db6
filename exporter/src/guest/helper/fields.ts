/** A value that is not what it has to be: where it is, and what is allowed. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], text: string) {
    super(text);
    this.path = path;
  }
}

/** Reads the members of an object that somebody else made. Every method throws FieldError for a value that is not allowed. */
export interface Fields {
  readonly path: readonly (string | number)[];
  has(name: string): boolean;
  /** It is given, as null. */
  isNull(name: string): boolean;
  /** Text of at most `most` characters that fits `pattern`; `allowed` says in words what does. */
  text(name: string, rule: TextRule): string;
  /** A whole number between the two, both included. */
  integer(name: string, least: number, most: number): number;
  /** true or false; `fallback` where it is left out. */
  flag(name: string, fallback: boolean): boolean;
  choice<T extends string>(name: string, allowed: readonly T[]): T;
  /** The members of an object in it. */
  object(name: string): Fields;
  /** Each element of a list of `least` to `most` with its path. */
  list<T>(name: string, least: number, most: number, read: (element: unknown, path: readonly (string | number)[]) => T): T[];
  /** Nothing else is in it. */
  done(): void;
}

export interface TextRule {
  most: number;
  pattern: RegExp;
  allowed: string;
}

const SHOWN_CHARACTERS = 60;

/** @throws FieldError where `value` is no object */
export function readFields(value: unknown, path: readonly (string | number)[] = []): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FieldError(path, `expected an object, found ${shown(value)}`);
  const given = new Map<string, unknown>(Object.entries(value));
  const asked = new Set<string>();
  const take = (name: string): unknown => {
    asked.add(name);
    return given.get(name);
  };
  const fail = (name: string, expected: string): never => {
    throw new FieldError([...path, name], `expected ${expected}, found ${shown(given.get(name))}`);
  };
  return {
    path,
    has(name) {
      asked.add(name);
      return given.get(name) !== undefined;
    },
    isNull: (name) => take(name) === null,
    text: (name, rule) => readText(take(name), [...path, name], rule),
    integer(name, least, most) {
      const found = take(name);
      return typeof found === 'number' && Number.isSafeInteger(found) && found >= least && found <= most ? found : fail(name, `a whole number from ${least} to ${most}`);
    },
    flag(name, fallback) {
      const found = take(name) ?? fallback;
      return typeof found === 'boolean' ? found : fail(name, 'true or false');
    },
    choice(name, allowed) {
      const found = take(name);
      return allowed.find((one) => one === found) ?? fail(name, `one of ${allowed.join(', ')}`);
    },
    object: (name) => readFields(take(name), [...path, name]),
    list(name, least, most, read) {
      const found = take(name);
      if (!Array.isArray(found) || found.length < least || found.length > most) return fail(name, `a list of ${least} to ${most}`);
      return found.map((element, index) => read(element, [...path, name, index]));
    },
    done() {
      const unknown = [...given.keys()].find((name) => !asked.has(name));
      if (unknown !== undefined) throw new FieldError([...path, unknown.slice(0, SHOWN_CHARACTERS)], `there is no such option; known are ${[...asked].join(', ')}`);
    },
  };
}

/** @throws FieldError where `value` is not text as the rule has it */
export function readText(value: unknown, path: readonly (string | number)[], { most, pattern, allowed }: TextRule): string {
  if (typeof value === 'string' && value.length <= most && pattern.test(value)) return value;
  throw new FieldError(path, `expected ${allowed}, found ${shown(value)}`);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return JSON.stringify(typeof value === 'string' ? value.slice(0, SHOWN_CHARACTERS) : value) ?? typeof value;
}
