import React from 'react';
import { dateTimeFormat, EventBusSrv, DataHoverEvent } from '@grafana/data';
import { PanelContextProvider } from '@grafana/ui';
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { DEFAULT_OPTIONS } from '../options';
import type { TimelineProps } from '../types';
import { testItem, testLane } from './testItems';
import { Timeline } from './Timeline';

const web1 = testItem({ id: 'a', lane: 'web-1', startMs: 400_000, endMs: 410_000 });
const web1Later = testItem({
  id: 'b',
  lane: 'web-1',
  startMs: 700_000,
  endMs: 800_000,
  status: 'failed',
  fault: 'domain_hung',
  text: '<img src=x onerror=alert(1)>',
});
const web2 = testItem({ id: 'c', lane: 'web-2', domain: 'web-2', host: 'h2', startMs: 390_000, endMs: 395_000 });

/** Pointers are on whole pixels. */
const about = (ms: number): unknown => expect.closeTo(ms, -4);

function setup(more: Partial<TimelineProps> = {}) {
  const calls = { onSelect: jest.fn(), onZoom: jest.fn(), onFilter: jest.fn() };
  const props: TimelineProps = {
    lanes: [
      testLane([web1, web1Later], { key: 'web-1' }),
      testLane([web2], { key: 'web-2', host: 'h2', domain: 'web-2' }),
    ],
    fromMs: 0,
    toMs: 1_000_000,
    nowMs: 1_000_000,
    width: 1000,
    height: 200,
    timeZone: 'utc',
    options: DEFAULT_OPTIONS,
    selectedId: null,
    ...calls,
    ...more,
  };
  const eventBus = new EventBusSrv();
  const view = (now: TimelineProps) => (
    <PanelContextProvider value={{ eventBus, eventsScope: 'test' }}>
      <Timeline {...now} />
    </PanelContextProvider>
  );
  const { rerender } = render(view(props));
  const chart = screen.getByRole('application');
  const overlay = chart.querySelectorAll('canvas')[1];
  if (!overlay) {
    throw new Error('no overlay');
  }
  const plotWidth = parseFloat(overlay.style.width);
  const pointer = (type: string, ms: number, lane: number, init: MouseEventInit = {}) =>
    act(() => {
      overlay.dispatchEvent(
        new MouseEvent(type, {
          bubbles: true,
          cancelable: true,
          clientX: (ms / 1_000_000) * plotWidth,
          clientY: lane * 28 + 14,
          ...init,
        })
      );
    });
  return {
    ...calls,
    chart,
    overlay,
    pointer,
    eventBus,
    rerender: (changed: Partial<TimelineProps>) => rerender(view({ ...props, ...changed })),
  };
}

describe('names of lanes', () => {
  test('filter when they are clicked', async () => {
    const { onFilter } = setup();
    await userEvent.click(screen.getByRole('button', { name: 'web-2' }));
    await userEvent.click(screen.getByRole('button', { name: 'h2' }));
    expect(onFilter.mock.calls).toEqual([
      ['domain', 'web-2'],
      ['host', 'h2'],
    ]);
  });

  test('of an application have its domain before them, and each filters', async () => {
    const nginx = testItem({ id: 'n', lane: 'nginx', app: 'nginx', fault: 'app_down', startMs: 1000, endMs: 2000 });
    const lanes = [
      testLane([web1], { key: 'web-1' }),
      testLane([nginx], { key: 'nginx', app: 'nginx' }),
      testLane([web2], { key: 'web-2', domain: 'web-2' }),
    ];
    const { onFilter } = setup({ lanes });
    const own = screen.getByRole('button', { name: 'nginx' });
    const lane = own.closest<HTMLElement>('[data-lane-name]');
    expect(lane).toHaveTextContent('web-1/nginx');
    await userEvent.click(own);
    await userEvent.click(within(lane ?? document.body).getByRole('button', { name: 'web-1' }));
    expect(onFilter.mock.calls).toEqual([
      ['app', 'nginx'],
      ['domain', 'web-1'],
    ]);
    // The arrows go on from the lane, whichever of its names was clicked.
    await userEvent.keyboard('{ArrowDown}');
    expect(screen.getByRole('button', { name: 'web-2' })).toHaveFocus();
    await userEvent.keyboard('{ArrowUp}');
    expect(own).toHaveFocus();
  });

  test('are one stop of the tab key, with arrows between them', async () => {
    setup();
    await userEvent.tab();
    expect(screen.getByRole('button', { name: 'web-1' })).toHaveFocus();
    await userEvent.keyboard('{ArrowDown}');
    expect(screen.getByRole('button', { name: 'web-2' })).toHaveFocus();
    await userEvent.tab();
    expect(screen.getByRole('application')).toHaveFocus();
  });

  test('only those that can be seen are rendered', () => {
    const lanes = Array.from({ length: 500 }, (_, i) => testLane([], { key: `k${i}`, domain: `vm-${i}` }));
    setup({ lanes });
    expect(screen.getAllByRole('button').length).toBeLessThan(30);
  });
});

describe('keyboard', () => {
  test('moves between recoveries, says where it is, selects and clears', async () => {
    const { onSelect, chart, rerender } = setup();
    act(() => chart.focus());
    await userEvent.keyboard('{ArrowRight}');
    expect(
      screen.getByText(/^web-1 on h1: Hung. Failed, .* took 1 min 40 s. 2 of 2 in this lane.$/)
    ).toBeInTheDocument();
    await userEvent.keyboard('{ArrowLeft}');
    expect(screen.getByText(/^web-1 on h1: Killed or crashed. Recovered, .* 1 of 2/)).toBeInTheDocument();
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(onSelect).toHaveBeenLastCalledWith('c');
    rerender({ selectedId: 'c' });
    await userEvent.keyboard('{Escape}');
    expect(onSelect).toHaveBeenLastCalledWith(null);
  });

  test('zooms', async () => {
    const { onZoom, chart } = setup();
    act(() => chart.focus());
    await userEvent.keyboard('+');
    expect(onZoom).toHaveBeenLastCalledWith(250_000, 750_000);
  });

  test('leaves other keys alone', () => {
    const { chart } = setup();
    expect(fireEvent.keyDown(chart, { key: 'Tab' })).toBe(true);
    expect(fireEvent.keyDown(chart, { key: 'ArrowDown', ctrlKey: true })).toBe(true);
    expect(fireEvent.keyDown(chart, { key: 'ArrowDown' })).toBe(false);
  });
});

describe('pointer', () => {
  test('shows a card over a bar and none beside it; markup stays text', () => {
    const { pointer } = setup();
    pointer('pointermove', 750_000, 0);
    expect(screen.getByRole('tooltip')).toHaveTextContent('web-1 on h1');
    expect(screen.getByRole('tooltip')).toHaveTextContent(dateTimeFormat(700_000, { timeZone: 'utc' }));
    expect(screen.getByRole('tooltip')).toHaveTextContent('<img src=x onerror=alert(1)>');
    expect(document.querySelector('img')).toBeNull();
    pointer('pointermove', 600_000, 0);
    expect(screen.queryByRole('tooltip')).toBeNull();
  });

  test('a drag zooms, in either direction; a click selects and no drag does', () => {
    const { pointer, onZoom, onSelect } = setup();
    pointer('pointerdown', 600_000, 0);
    pointer('pointermove', 200_000, 0);
    pointer('pointerup', 200_000, 0);
    pointer('click', 200_000, 0);
    expect(onZoom).toHaveBeenCalledTimes(1);
    expect(onZoom).toHaveBeenCalledWith(about(200_000), about(600_000));
    expect(onSelect).not.toHaveBeenCalled();
    pointer('pointerdown', 750_000, 0);
    pointer('pointerup', 750_000, 0);
    pointer('click', 750_000, 0);
    expect(onSelect).toHaveBeenCalledWith('b');
  });

  test('a drag with shift pans', () => {
    const { pointer, onZoom } = setup();
    pointer('pointerdown', 600_000, 0, { shiftKey: true });
    pointer('pointermove', 500_000, 0, { shiftKey: true });
    pointer('pointerup', 500_000, 0);
    expect(onZoom).toHaveBeenCalledWith(about(100_000), about(1_100_000));
  });

  test('a double click shows the time of a recovery', () => {
    const { pointer, onZoom } = setup();
    pointer('dblclick', 750_000, 0);
    const [from, to] = onZoom.mock.calls[0] ?? [];
    expect(from).toBeLessThan(700_000);
    expect(to).toBeGreaterThan(800_000);
  });

  test('the wheel zooms with ctrl, once it rests, and scrolls without', () => {
    jest.useFakeTimers();
    const { overlay, onZoom } = setup();
    expect(fireEvent.wheel(overlay, { deltaY: 100 })).toBe(true);
    expect(fireEvent.wheel(overlay, { deltaY: -100, ctrlKey: true, clientX: 0 })).toBe(false);
    fireEvent.wheel(overlay, { deltaY: -100, ctrlKey: true, clientX: 0 });
    jest.runOnlyPendingTimers();
    expect(onZoom.mock.calls).toEqual([[0, 640_000]]);
    jest.useRealTimers();
  });

  test('its time is told to other panels', () => {
    const { pointer, eventBus } = setup();
    const heard: unknown[] = [];
    eventBus.getStream(DataHoverEvent).subscribe(({ payload }) => heard.push(payload.point.time));
    pointer('pointermove', 500_000, 1);
    expect(heard).toEqual([about(500_000)]);
  });
});

test('without a table the selected one is shown in a card that can be closed', async () => {
  const { onSelect, onZoom } = setup({ selectedId: 'b', options: { ...DEFAULT_OPTIONS, view: 'timeline' } });
  await userEvent.click(screen.getByRole('button', { name: 'Show this time' }));
  expect(onZoom).toHaveBeenCalledTimes(1);
  await userEvent.click(screen.getByRole('button', { name: 'Close' }));
  expect(onSelect).toHaveBeenCalledWith(null);
});
