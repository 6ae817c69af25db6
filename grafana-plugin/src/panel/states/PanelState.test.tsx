import React from 'react';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { PanelModel } from '../model/types';
import { itemOf, itemsOf, modelOf, START_MS } from '../table/testItems';
import type { PanelStateProps } from '../types';
import { notesOf, PanelNotes } from './PanelNotes';
import { PanelState } from './PanelState';

const NOW_MS = START_MS + 3_700_000;

function propsOf(given: Partial<PanelStateProps> = {}, model: Partial<PanelModel> = {}): PanelStateProps {
  return {
    model: modelOf([], model),
    loading: false,
    error: null,
    nowMs: NOW_MS,
    timeZone: 'utc',
    onZoom: jest.fn(),
    ...given,
  };
}

describe('nothing in the range', () => {
  it('tells the last recovery, and goes there', async () => {
    const props = propsOf({}, { last: itemOf({ domain: 'web-3' }) });
    render(<PanelState {...props} />);
    expect(screen.getByRole('status')).toHaveTextContent('All quiet in this range1 hour ago web-3 recovered in 4.2 s.');
    expect(screen.getByText(/web-3/)).toHaveAttribute('title', '2026-11-22 03:00:00');
    await userEvent.click(screen.getByRole('button', { name: 'Show that time' }));
    expect(props.onZoom).toHaveBeenCalledWith(START_MS - 30_000, START_MS + 34_200);
  });

  it.each([
    ['failed', /did not end well.*the recovery of web-0 failed after 4.2 s/],
    ['escalated', /did not end well.*web-0 was handed over to a person/],
    ['interrupted', /did not end well.*was interrupted/],
    ['suppressed', /All quiet.*no action was wanted/],
    ['dry_run', /All quiet.*would have been recovered/],
    ['ended', /All quiet.*a fault of web-0 ended after 4.2 s/],
  ] as const)('says of %s what is true', (status, expected) => {
    render(<PanelState {...propsOf({}, { last: itemOf({ status }) })} />);
    expect(screen.getByRole('status')).toHaveTextContent(expected);
  });

  it('names the application, or the host where there is no domain', () => {
    const { rerender } = render(<PanelState {...propsOf({}, { last: itemOf({ app: 'nginx' }) })} />);
    expect(screen.getByRole('status')).toHaveTextContent('nginx (web-0) recovered');
    rerender(<PanelState {...propsOf({}, { last: itemOf({ domain: '' }) })} />);
    expect(screen.getByRole('status')).toHaveTextContent('host-a recovered');
  });

  it.each([
    ['api', /No recovery has been recorded yet.*as soon as virtmedic sees a fault/],
    ['samples', /No fault in this range/],
    ['none', /returned no recoveries.*choose its query/],
  ] as const)('explains emptiness of the source %s', (source, expected) => {
    render(<PanelState {...propsOf({}, { source })} />);
    expect(screen.getByRole('status')).toHaveTextContent(expected);
  });

  it('does not take unreadable rows for quiet', () => {
    render(<PanelState {...propsOf({}, { skipped: { count: 2, why: 'no time' } })} />);
    expect(screen.getByRole('status')).toHaveTextContent('Nothing here could be read');
    expect(screen.getByRole('note')).toHaveTextContent('2 rows could not be read. The first: no time');
    expect(screen.queryByText(/recorded yet/)).not.toBeInTheDocument();
  });

  it('shows foreign names as text, cut', () => {
    const { container } = render(
      <PanelState {...propsOf({}, { last: itemOf({ domain: `<b>&${'x'.repeat(1_000_000)}` }) })} />
    );
    expect(container.querySelector('b')).toBeNull();
    expect(screen.getByRole('status')).toHaveTextContent('<b>&xxx');
    expect(container.innerHTML.length).toBeLessThan(5000);
  });
});

describe('an error', () => {
  it('is told, before all else', () => {
    render(
      <PanelState {...propsOf({ error: 'The token <b> was not accepted.', loading: true }, { last: itemOf() })} />
    );
    expect(screen.getByRole('alert')).toHaveTextContent('No recoveries can be shownThe token <b> was not accepted.');
    expect(screen.queryByRole('status')).not.toBeInTheDocument();
  });
});

describe('loading', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());
  const pass = (ms: number): void => act(() => jest.advanceTimersByTime(ms));

  it('shows nothing of a fast load, then a skeleton, then that it is slow', () => {
    render(<PanelState {...propsOf({ loading: true })} />);
    pass(250);
    expect(screen.queryByTestId('skeleton')).not.toBeInTheDocument();
    expect(screen.getByRole('status')).toBeEmptyDOMElement();
    pass(100);
    expect(screen.getAllByTestId('skeleton').length).toBeGreaterThan(1);
    expect(screen.getByRole('status')).toHaveTextContent('Loading recoveries…');
    pass(10_000);
    expect(screen.getByRole('status')).toHaveTextContent('Still loading.');
  });

  it('begins anew with the next load', () => {
    const { rerender } = render(<PanelState {...propsOf({ loading: true })} />);
    pass(11_000);
    rerender(<PanelState {...propsOf()} />);
    rerender(<PanelState {...propsOf({ loading: true })} />);
    pass(1000);
    expect(screen.getByRole('status')).toHaveTextContent('Loading recoveries…');
  });
});

describe('PanelNotes', () => {
  it('says what is not shown, and nothing where all is', () => {
    expect(notesOf(modelOf(itemsOf(3)))).toEqual([]);
    expect(
      notesOf(
        modelOf(itemsOf(3), {
          truncated: true,
          skipped: { count: 1, why: '<i>no time</i>' },
          corrected: { count: 2, why: 'ends before it starts' },
        })
      )
    ).toEqual([
      'There are more than the newest 3 shown; narrow the time range to see the others.',
      'One row could not be read: <i>no time</i>',
      '2 rows are not shown as they were given. The first: ends before it starts',
    ]);
    const { container } = render(<PanelNotes model={modelOf([])} />);
    expect(container).toBeEmptyDOMElement();
  });
});
