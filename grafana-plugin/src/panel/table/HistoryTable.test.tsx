import React, { useState } from 'react';
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { RecoveryItem } from '../model/types';
import type { HistoryTableProps } from '../types';
import { HistoryTable } from './HistoryTable';
import { itemOf, itemsOf, modelOf, START_MS } from './testItems';

const NOW_MS = START_MS + 3_600_000;

function propsOf(given: Partial<HistoryTableProps> & { items: RecoveryItem[] }): HistoryTableProps {
  return {
    model: modelOf(given.items),
    nowMs: NOW_MS,
    width: 1200,
    height: 400,
    timeZone: 'utc',
    pageSize: 25,
    selectedId: null,
    onSelect: jest.fn(),
    onZoom: jest.fn(),
    onFilter: jest.fn(),
    loadDetail: null,
    ...given,
  };
}

/** The selection is the panel's. */
function Selecting(props: HistoryTableProps): React.ReactElement {
  const [selectedId, setSelectedId] = useState(props.selectedId);
  return <HistoryTable {...props} selectedId={selectedId} onSelect={setSelectedId} />;
}

const rows = (): HTMLElement[] => screen.getAllByRole('row').slice(1);
const shownIds = (): Array<string | undefined> => rows().map(({ dataset }) => dataset.recovery);
const details = (name: string): HTMLElement => screen.getByLabelText(`Details of ${name}`);

describe('HistoryTable', () => {
  it('shows what happened to whom, when, what was done and how long it took', () => {
    const item = itemOf({
      domain: 'web-3',
      app: 'nginx',
      actions: 'start, relocate',
      fromHost: 'host-a',
      toHost: 'host-b',
      text: 'running for 5 s',
    });
    render(<HistoryTable {...propsOf({ items: [item] })} />);
    const cells = within(rows()[0]!)
      .getAllByRole('cell')
      .map(({ textContent }) => textContent);
    expect(cells).toEqual([
      '',
      'Recovered',
      '2026-11-22 03:00:00',
      'web-3',
      'Killed or crashed',
      'start, relocate · host-a → host-b',
      'host-a',
      'nginx',
      '4.2 s',
      'running for 5 s',
    ]);
  });

  it('marks what was only forecast, and says what was done in words', () => {
    const items = [
      itemOf({ fault: 'domain_failing', actions: 'notify, migrate' }),
      itemOf({ fault: 'domain_crashed' }, 1),
    ];
    render(<HistoryTable {...propsOf({ items })} />);
    const failing = screen.getByRole('button', { name: 'Failure forecast' });
    const crashed = screen.getByRole('button', { name: 'Killed or crashed' });
    expect([failing, crashed].map((button) => button.querySelector('svg') !== null)).toEqual([true, false]);
    expect(screen.getByText('notify, migrate live')).toBeInTheDocument();
  });

  it('names an application with its domain where there is no room for its column', async () => {
    const props = propsOf({ items: [itemOf({ app: 'nginx', fault: 'app_down' })], width: 700 });
    render(<HistoryTable {...props} />);
    const [, , , cell, fault] = within(rows()[0]!).getAllByRole('cell');
    expect(cell).toHaveTextContent('web-0/nginx');
    expect(details('web-0/nginx')).toBeInTheDocument();
    expect(fault?.querySelector('svg')).not.toBeNull();
    for (const name of ['nginx', 'web-0', 'Application down']) {
      await userEvent.click(screen.getByRole('button', { name }));
    }
    expect((props.onFilter as jest.Mock).mock.calls).toEqual([
      ['app', 'nginx'],
      ['domain', 'web-0'],
      ['fault', 'app_down'],
    ]);
  });

  it('tells times in the zone of the dashboard', () => {
    render(<HistoryTable {...propsOf({ items: [itemOf()], timeZone: 'Asia/Tokyo' })} />);
    const cell = screen.getByRole('cell', { name: '2026-11-22 12:00:00' });
    expect(cell).toHaveAttribute('title', expect.stringContaining('1 hour ago'));
  });

  it('has what is in progress on top, then the newest', () => {
    render(
      <HistoryTable
        {...propsOf({ items: [itemOf({}, 0), itemOf({ status: 'in_progress', endMs: null }, 1), itemOf({}, 2)] })}
      />
    );
    expect(shownIds()).toEqual(['recovery-1', 'recovery-2', 'recovery-0']);
  });

  it('filters by what is clicked, and opens no row by that', async () => {
    const props = propsOf({ items: [itemOf({ app: 'nginx' })] });
    render(<HistoryTable {...props} />);
    for (const name of ['Recovered', 'web-0', 'host-a', 'nginx', 'Killed or crashed']) {
      await userEvent.click(screen.getByRole('button', { name }));
    }
    expect((props.onFilter as jest.Mock).mock.calls).toEqual([
      ['status', 'recovered'],
      ['domain', 'web-0'],
      ['host', 'host-a'],
      ['app', 'nginx'],
      ['fault', 'domain_crashed'],
    ]);
    expect(props.onSelect).not.toHaveBeenCalled();
  });

  it('names the host where the incident is about it', async () => {
    const props = propsOf({ items: [itemOf({ domain: '', host: 'kvm-1' })], width: 500 });
    render(<HistoryTable {...props} />);
    await userEvent.click(screen.getByRole('button', { name: 'kvm-1' }));
    expect(props.onFilter).toHaveBeenCalledWith('host', 'kvm-1');
  });

  it('says when nothing matches', () => {
    render(<HistoryTable {...propsOf({ items: [] })} />);
    expect(screen.getByText('No recovery matches search and filters.')).toBeInTheDocument();
  });
});

describe('columns', () => {
  it.each([
    [1200, ['Details', 'Outcome', 'When', 'Domain', 'What failed', 'What was done', 'Host', 'Took', 'Why']],
    [500, ['Details', 'Outcome', 'When', 'Domain', 'Took']],
    [300, ['Details', 'Outcome', 'Domain', 'Took']],
  ])('at %p pixels', (width, expected) => {
    render(<HistoryTable {...propsOf({ items: [itemOf()], width })} />);
    const header = within(screen.getAllByRole('row')[0]!);
    expect(
      header
        .getAllByRole('columnheader')
        .map((head) => head.querySelector('button')?.getAttribute('aria-label') ?? head.textContent)
    ).toEqual(expected);
    expect(screen.getByRole('button', { name: 'Recovered' })).toBeInTheDocument();
  });

  it('sorts by a click on a name, and says so', async () => {
    render(
      <HistoryTable
        {...propsOf({ items: [itemOf({ domain: 'b' }, 0), itemOf({ domain: 'c' }, 1), itemOf({ domain: 'a' }, 2)] })}
      />
    );
    expect(screen.getByRole('columnheader', { name: 'When' })).toHaveAttribute('aria-sort', 'descending');
    await userEvent.click(screen.getByRole('button', { name: 'Domain' }));
    expect(screen.getByRole('columnheader', { name: 'Domain' })).toHaveAttribute('aria-sort', 'ascending');
    expect(screen.getByRole('columnheader', { name: 'When' })).not.toHaveAttribute('aria-sort');
    expect(shownIds()).toEqual(['recovery-2', 'recovery-0', 'recovery-1']);
    await userEvent.click(screen.getByRole('button', { name: 'Domain' }));
    expect(shownIds()).toEqual(['recovery-1', 'recovery-0', 'recovery-2']);
  });
});

describe('rows', () => {
  it('open and close by keyboard', async () => {
    render(<Selecting {...propsOf({ items: itemsOf(3) })} />);
    const button = details('web-2');
    expect(button).toHaveAttribute('aria-expanded', 'false');
    button.focus();
    await userEvent.keyboard('{Enter}');
    expect(button).toHaveAttribute('aria-expanded', 'true');
    expect(document.getElementById(button.getAttribute('aria-controls') ?? '')).toHaveTextContent('Show this time');
    await userEvent.keyboard(' ');
    expect(button).toHaveAttribute('aria-expanded', 'false');
  });

  it('hand the focus on with the arrow keys', async () => {
    render(<Selecting {...propsOf({ items: itemsOf(3) })} />);
    details('web-2').focus();
    await userEvent.keyboard('{ArrowDown}');
    expect(details('web-1')).toHaveFocus();
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowUp}');
    expect(details('web-1')).toHaveFocus();
  });

  it('open by a click beside the labels, and select', async () => {
    const props = propsOf({ items: itemsOf(2) });
    render(<HistoryTable {...props} />);
    await userEvent.click(screen.getAllByRole('cell', { name: '4.2 s' })[0]!);
    expect(props.onSelect).toHaveBeenCalledWith('recovery-1');
    expect(details('web-1')).toHaveAttribute('aria-expanded', 'true');
  });

  it('stay open when another is opened', async () => {
    render(<Selecting {...propsOf({ items: itemsOf(3) })} />);
    await userEvent.click(details('web-2'));
    await userEvent.click(details('web-0'));
    expect(details('web-2')).toHaveAttribute('aria-expanded', 'true');
    expect(document.querySelectorAll('[aria-current="true"]')).toHaveLength(1);
    expect(document.querySelector('[aria-current="true"]')).toHaveAttribute('data-recovery', 'recovery-0');
  });

  it('open by a selection from outside, are scrolled to, and close when it goes', () => {
    const scrollBy = jest.fn();
    Object.assign(Element.prototype, { scrollBy });
    jest
      .spyOn(HTMLTableRowElement.prototype, 'getBoundingClientRect')
      .mockReturnValue({ top: 900, bottom: 930, height: 30 } as DOMRect);
    const props = propsOf({ items: itemsOf(20) });
    const { rerender } = render(<HistoryTable {...props} />);
    expect(scrollBy).not.toHaveBeenCalled();
    rerender(<HistoryTable {...props} selectedId="recovery-3" />);
    expect(details('web-3')).toHaveAttribute('aria-expanded', 'true');
    expect(scrollBy).toHaveBeenCalledTimes(1);
    rerender(<HistoryTable {...props} selectedId={null} />);
    expect(details('web-3')).toHaveAttribute('aria-expanded', 'false');
    jest.restoreAllMocks();
    Reflect.deleteProperty(Element.prototype, 'scrollBy');
  });
});

describe('pages', () => {
  // Within the pages alone: to compute the names of all buttons of the rows takes seconds.
  const page = (name: string): HTMLElement => within(document.querySelector('nav')!).getByRole('button', { name });
  const turn = (name: string): Promise<void> => userEvent.click(page(name));

  it('render one page of 10,000 recoveries and turn', async () => {
    render(<Selecting {...propsOf({ items: itemsOf(10_000), pageSize: 50 })} />);
    expect(document.querySelectorAll('tbody tr')).toHaveLength(50);
    expect(screen.getByText('1–50 of 10000')).toBeInTheDocument();
    await turn('Next page');
    expect(screen.getByText('51–100 of 10000')).toBeInTheDocument();
    expect(document.querySelector('tbody tr')).toHaveAttribute('data-recovery', 'recovery-9949');
    await turn('Last page');
    expect(screen.getByText('9951–10000 of 10000')).toBeInTheDocument();
    expect(page('Next page')).toHaveAttribute('aria-disabled', 'true');
    await turn('Next page');
    expect(page('Next page')).toHaveFocus();
    expect(screen.getByText('9951–10000 of 10000')).toBeInTheDocument();
    await turn('First page');
    expect(screen.getByText('1–50 of 10000')).toBeInTheDocument();
  });

  it('are no matter where one holds all', () => {
    render(<HistoryTable {...propsOf({ items: itemsOf(25) })} />);
    expect(screen.queryByRole('navigation')).not.toBeInTheDocument();
  });

  it('turn to the selection, and stay with it when newer ones come', () => {
    const items = itemsOf(60);
    const props = propsOf({ items, selectedId: 'recovery-10' });
    const { rerender } = render(<HistoryTable {...props} />);
    expect(screen.getByText('26–50 of 60')).toBeInTheDocument();
    const newer = Array.from({ length: 5 }, (_, index) => itemOf({}, 100 + index));
    rerender(<HistoryTable {...props} items={[...items, ...newer]} />);
    expect(screen.getByText('51–65 of 65')).toBeInTheDocument();
    expect(details('web-10')).toHaveAttribute('aria-expanded', 'true');
  });

  it('may be turned away from the selection, and stay where they are when it is closed', async () => {
    render(<Selecting {...propsOf({ items: itemsOf(100), selectedId: 'recovery-40' })} />);
    expect(screen.getByText('51–75 of 100')).toBeInTheDocument();
    await userEvent.click(details('web-40'));
    expect(screen.getByText('51–75 of 100')).toBeInTheDocument();
    await userEvent.click(details('web-41'));
    await turn('First page');
    expect(screen.getByText('1–25 of 100')).toBeInTheDocument();
  });

  it('shrink with the items', async () => {
    const props = propsOf({ items: itemsOf(100) });
    const { rerender } = render(<HistoryTable {...props} />);
    await turn('Last page');
    rerender(<HistoryTable {...props} items={itemsOf(30)} />);
    expect(screen.getByText('26–30 of 30')).toBeInTheDocument();
  });
});

describe('hostile items', () => {
  it('are text, cut, and break nothing', async () => {
    const html = '<img src=x onerror=alert(1)>';
    const hostile = itemOf({
      domain: html,
      host: 'h'.repeat(1_000_000),
      text: 't'.repeat(1_000_000),
      fault: `<b>${'f'.repeat(1_000_000)}`,
      actions: null as unknown as string,
      endMs: START_MS - 60_000,
    });
    const { container } = render(
      <Selecting {...propsOf({ items: [hostile, itemOf({ startMs: NaN, endMs: NaN }, 1)] })} />
    );
    expect(container.querySelector('img, b')).toBeNull();
    expect(screen.getByRole('button', { name: html })).toBeInTheDocument();
    expect(screen.getByText('−1 min')).toBeInTheDocument();
    await act(async () => details(html).click());
    expect(container.innerHTML.length).toBeLessThan(60_000);
  });
});
