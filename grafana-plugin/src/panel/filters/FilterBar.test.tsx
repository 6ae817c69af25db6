import React, { useState } from 'react';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { Filters } from '../model/types';
import { itemOf } from '../table/testItems';
import type { FilterBarProps } from '../types';
import { applyFilters, FilterBar } from './FilterBar';

const ITEMS = [
  itemOf({ status: 'failed', host: 'host-a' }, 0),
  itemOf({ status: 'recovered', host: 'host-a' }, 1),
  itemOf({ status: 'recovered', host: '<b>host-b</b>' }, 2),
];

function propsOf(given: Partial<FilterBarProps> = {}): FilterBarProps {
  return {
    filters: {},
    search: '',
    shown: 3,
    total: 3,
    items: ITEMS,
    width: 1000,
    onChange: jest.fn(),
    onSearch: jest.fn(),
    ...given,
  };
}

/** As the panel composes it. */
function Filtering({ filters: first = {}, width = 1000 }: { filters?: Filters; width?: number }): React.ReactElement {
  const [filters, setFilters] = useState(first);
  const [search, setSearch] = useState('');
  const shown = applyFilters(ITEMS, filters, search).length;
  return <FilterBar {...propsOf({ filters, search, shown, width })} onChange={setFilters} onSearch={setSearch} />;
}

const count = (): string | null => screen.getByRole('status').textContent;

describe('FilterBar', () => {
  it('counts all, and what search and filters leave', async () => {
    render(<Filtering />);
    expect(count()).toBe('3 recoveries');
    await userEvent.type(screen.getByRole('textbox'), 'web-1');
    expect(count()).toBe('1 of 3');
    expect(screen.getByRole('button', { name: 'Failed 0' })).toBeInTheDocument();
  });

  it('says one recovery of one', () => {
    render(<FilterBar {...propsOf({ shown: 1, total: 1 })} />);
    expect(count()).toBe('1 recovery');
  });

  it('filters by status, with counts, the worst first', async () => {
    render(<Filtering />);
    const group = screen.getByRole('group', { name: 'Filter by outcome' });
    expect(group).toHaveTextContent(/^Failed 1Recovered 2$/);
    await userEvent.click(screen.getByRole('button', { name: 'Failed 1' }));
    expect(screen.getByRole('button', { name: 'Failed 1' })).toHaveAttribute('aria-pressed', 'true');
    expect(screen.getByRole('button', { name: 'Recovered 2' })).toHaveAttribute('aria-pressed', 'false');
    expect(count()).toBe('1 of 3');
    await userEvent.click(screen.getByRole('button', { name: 'Failed 1' }));
    expect(count()).toBe('3 recoveries');
  });

  it('shows set filters as text, and takes them out one by one or all', async () => {
    const { container } = render(
      <Filtering filters={{ host: ['<b>host-b</b>', 'host-a'], fault: ['domain_crashed'] }} />
    );
    expect(container.querySelector('b')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Remove the filter Host: host-a' }));
    expect(count()).toBe('1 of 3');
    expect(screen.getByRole('button', { name: 'Remove the filter Host: <b>host-b</b>' })).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Remove the filter What failed: Killed or crashed' })
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Clear all' }));
    expect(count()).toBe('3 recoveries');
    expect(screen.queryByRole('button', { name: /Remove|Clear/ })).not.toBeInTheDocument();
  });

  it('clears the search too', async () => {
    render(<Filtering />);
    await userEvent.type(screen.getByRole('textbox'), 'nothing');
    expect(count()).toBe('0 of 3');
    await userEvent.click(screen.getByRole('button', { name: 'Clear all' }));
    expect(screen.getByRole('textbox')).toHaveValue('');
    expect(count()).toBe('3 recoveries');
  });

  it('shows statuses as chips where it knows no items', async () => {
    const props = propsOf({ items: undefined, filters: { status: ['failed'] } });
    render(<FilterBar {...props} />);
    await userEvent.click(screen.getByRole('button', { name: 'Remove the filter Outcome: Failed' }));
    expect(props.onChange).toHaveBeenCalledWith({});
  });

  it('hides the search behind a button where it is narrow', async () => {
    render(<Filtering width={400} />);
    expect(screen.queryByRole('textbox')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Search' }));
    expect(screen.getByRole('textbox')).toHaveFocus();
    await userEvent.keyboard('web-2');
    expect(count()).toBe('1 of 3');
    expect(screen.getByRole('button', { name: 'Failed 0' })).toBeInTheDocument();
  });

  it('bears values without end and such as are no status', () => {
    const { container } = render(
      <FilterBar {...propsOf({ filters: { host: ['x'.repeat(1_000_000)], status: ['constructor'] }, items: [] })} />
    );
    expect(container.innerHTML.length).toBeLessThan(20_000);
  });
});
