import type { z } from 'zod';
import { CorruptRecordError } from '../store.ts';
import type { Row, Sql } from './sql.ts';

/** What the functions of every subject work with. */
export interface Context {
  sql: Sql;
  newId(nowMs: number): string;
  /** A record that a listing had to leave out. */
  onCorrupt(error: CorruptRecordError): void;
}

/** How rows of one table become records. */
export interface Reader<T> {
  table: string;
  /** Columns that name a row in an error. */
  key: readonly string[];
  schema: z.ZodType<T>;
}

/** Throws CorruptRecordError naming table, key and what is wrong. */
export function readRow<T>(reader: Reader<T>, row: Row): T {
  const result = reader.schema.safeParse(row);
  if (result.success) return result.data;
  const key = reader.key.map((column) => String(row[column])).join(' ');
  const wrong = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new CorruptRecordError(`stored record ${reader.table} ${key} cannot be read: ${wrong.join('; ')}`);
}

/** Leaves out what cannot be read and reports it. */
export function readRows<T>(context: Context, reader: Reader<T>, rows: readonly Row[]): T[] {
  return keepReadable(context, rows, (row) => readRow(reader, row));
}

export function keepReadable<From, To>(context: Context, items: readonly From[], read: (item: From) => To): To[] {
  return items.flatMap((item) => {
    try {
      return [read(item)];
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      context.onCorrupt(error);
      return [];
    }
  });
}
