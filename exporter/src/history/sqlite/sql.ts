import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { StoreRequestError } from '../store.ts';

export type SqlValue = string | number | null;
/** By the bare name of the parameter. Times (`…Ms`) are rounded to whole milliseconds. */
export type Parameters = Record<string, SqlValue>;
/** Column names in camel case: `opened_at_ms` is `openedAtMs`. */
export type Row = Record<string, unknown>;

/** Runs SQL text, prepared once for each text. Texts are constants of the code, never made of data. */
export class Sql {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #names = new Map<string, string>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(text: string, parameters: Parameters = {}): Row | undefined {
    const row = this.#prepared(text).get(bind(parameters));
    return row && this.#camel(row);
  }

  all(text: string, parameters: Parameters = {}): Row[] {
    return this.#prepared(text)
      .all(bind(parameters))
      .map((row) => this.#camel(row));
  }

  /** Returns how many rows were changed. */
  run(text: string, parameters: Parameters = {}): number {
    return Number(this.#prepared(text).run(bind(parameters)).changes);
  }

  #prepared(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  #camel(row: Record<string, unknown>): Row {
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [this.#camelName(name), value]));
  }

  #camelName(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    this.#names.set(name, camel);
    return camel;
  }
}

function bind(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, checked(name, value)]));
}

function checked(name: string, value: SqlValue): SqlValue {
  if (typeof value !== 'number') return value;
  if (!Number.isSafeInteger(Math.round(value))) throw new StoreRequestError(`${name} is ${value}: expected a whole number`);
  return name.endsWith('Ms') ? Math.round(value) : value;
}
