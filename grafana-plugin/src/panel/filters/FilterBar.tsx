import React from 'react';
import type { FilterBarProps } from '../types';

export { applyFilters, toggleFilter } from './applyFilters';

/** Search, status and the filters that are set. */
export function FilterBar({ search, onSearch }: FilterBarProps): React.ReactElement {
  return <input value={search} onChange={(event) => onSearch(event.currentTarget.value)} />;
}
