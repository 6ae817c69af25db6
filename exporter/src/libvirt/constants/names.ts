type CodeTable = Readonly<Record<string, number>>;

/** A name of the table, or `code N` for a number that a newer libvirt may send. */
export type NameOf<T extends CodeTable> = Extract<keyof T, string> | `code ${number}`;

const inverses = new WeakMap<CodeTable, Map<number, string>>();

/** The name of `code` in one of the tables of this folder. */
export function nameOf<T extends CodeTable>(table: T, code: number): NameOf<T> {
  let inverse = inverses.get(table);
  if (inverse === undefined) {
    inverse = new Map(Object.entries(table).map(([name, value]) => [value, name]));
    inverses.set(table, inverse);
  }
  return (inverse.get(code) ?? `code ${code}`) as NameOf<T>;
}
