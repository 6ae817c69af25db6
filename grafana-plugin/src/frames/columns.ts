import { createDataFrame, FieldType, type DataFrame, type FieldConfig, type QueryResultMeta } from '@grafana/data';

/** One field of a table made from items: where its values come from, and how they are shown unless the user says otherwise. */
export interface Column<T> {
  name: string;
  /** For people. */
  title: string;
  type: FieldType;
  value: (item: T) => string | number | boolean | null;
  config?: FieldConfig;
}

export const text = <T>(name: string, title: string, value: (item: T) => string | null): Column<T> => ({
  name,
  title,
  type: FieldType.string,
  value,
});

export const time = <T>(name: string, title: string, value: (item: T) => number | null): Column<T> => ({
  name,
  title,
  type: FieldType.time,
  value,
});

export const flag = <T>(name: string, title: string, value: (item: T) => boolean): Column<T> => ({
  name,
  title,
  type: FieldType.boolean,
  value,
});

export const number = <T>(
  name: string,
  title: string,
  value: (item: T) => number | null,
  config: FieldConfig = {}
): Column<T> => ({ name, title, type: FieldType.number, value, config });

/** A row an item. */
export function tableFrame<T>(
  items: readonly T[],
  columns: ReadonlyArray<Column<T>>,
  { name, refId, meta }: { name: string; refId: string; meta: QueryResultMeta }
): DataFrame {
  return createDataFrame({
    name,
    refId,
    meta: { preferredVisualisationType: 'table', ...meta },
    fields: columns.map(({ name, title, type, value, config }) => ({
      name,
      type,
      config: { displayNameFromDS: title, ...config },
      values: items.map(value),
    })),
  });
}
