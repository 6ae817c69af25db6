import { createTheme } from '@grafana/data';
import { DEFAULT_OPTIONS } from '../options';
import type { RecoveryItem } from '../model/types';
import { statusLook } from '../status/statusLook';
import { indexLane } from './laneIndex';
import { makeLook } from './look';
import { MIN_BAR_WIDTH, type Plot } from './paint';
import { chooseRoom, paintBars } from './paintBars';
import { testItem, testLane } from './testItems';

const theme = createTheme();
const PLOT: Plot = {
  width: 1000,
  height: 100,
  laneHeight: 30,
  scrollTop: 0,
  range: { fromMs: 0, toMs: 1_000_000 },
  nowMs: 900_000,
};

interface Filled {
  color: unknown;
  x: number;
  width: number;
}

/** Writes down the rectangles that are filled, in order; chart and canvas together are seen by the tests in a browser. */
function recorder() {
  const filled: Filled[] = [];
  const texts: string[] = [];
  const context = new Proxy<Record<string | symbol, unknown>>(
    {
      fillRect: (x: number, _y: number, width: number) => filled.push({ color: context.fillStyle, x, width }),
      measureText: (text: string) => ({ width: text.length * 6 }),
      fillText: (text: string) => texts.push(text),
    },
    { get: (target, key) => (key in target ? target[key] : () => undefined) }
  );
  return { context: context as unknown as CanvasRenderingContext2D, filled, texts };
}

beforeAll(() => {
  Object.assign(globalThis, { Path2D: class {} });
});

function paint(items: RecoveryItem[], plot = PLOT) {
  const { context, filled, texts } = recorder();
  const look = makeLook(theme, { ...DEFAULT_OPTIONS, showPhases: true }, 100);
  paintBars(context, plot, look, indexLane(testLane(items)), 0);
  const of = (status: RecoveryItem['status']) => statusLook(theme, status).color;
  return { filled, texts, of };
}

test('a recovery of seconds in a long range can be seen', () => {
  const { filled } = paint([testItem({ startMs: 500_000, endMs: 500_001 })]);
  expect(filled[0]).toMatchObject({ x: 500, width: MIN_BAR_WIDTH });
});

test('a failed one is drawn above those that recovered, whichever came first', () => {
  const items = [
    testItem({ status: 'failed', startMs: 500_000, endMs: 500_100 }),
    testItem({ startMs: 500_050, endMs: 504_000 }),
  ];
  const { filled, of } = paint(items);
  expect(filled.map(({ color }) => color)).toEqual([of('recovered'), of('failed')]);
});

test('what would be drawn in the same place is drawn once, and never instead of another status', () => {
  const many = Array.from({ length: 5000 }, (_, i) => testItem({ startMs: 500_000 + i / 10, endMs: 500_001 + i / 10 }));
  const { filled, of } = paint([...many, testItem({ status: 'escalated', startMs: 500_499, endMs: 500_500 })]);
  expect(filled.length).toBeLessThan(10);
  expect(filled.at(-1)?.color).toBe(of('escalated'));
});

test('phases are parts of a wide bar', () => {
  const phases = [
    { name: 'detect' as const, startMs: 100_000, endMs: 150_000 },
    { name: 'execute' as const, startMs: 150_000, endMs: 190_000 },
  ];
  const { filled } = paint([testItem({ startMs: 100_000, endMs: 200_000, phases })]);
  expect(filled.map(({ x, width }) => [x, width])).toEqual([
    [100, 50],
    [150, 40],
    [190, 10],
  ]);
});

test('one in progress ends now and says what it is at, before the bar where there is no room behind', () => {
  const { filled, texts } = paint([
    testItem({ status: 'in_progress', state: 'verifying', startMs: 800_000, endMs: null }),
  ]);
  expect(filled[0]).toMatchObject({ x: 800, width: 100 });
  expect(texts).toEqual(['Killed or crashed · being verified']);
});

test('what lies outside the range is not drawn', () => {
  const { filled } = paint([testItem({ startMs: 5_000_000, endMs: 5_000_001 })]);
  expect(filled).toEqual([]);
});

describe('room for a label', () => {
  const wanted = { sign: 16, text: 50 };
  test.each([
    ['behind the bar', { from: 10, to: 100 }, null, false, { x: 10, withText: true }],
    ['before it', { from: 90, to: 100 }, { from: 0, to: 80 }, false, { x: 14, withText: true }],
    ['the sign alone', { from: 10, to: 40 }, null, false, { x: 10, withText: false }],
    ['nowhere', { from: 10, to: 12 }, null, false, null],
    ['nowhere, but it has to be said', { from: 10, to: 12 }, null, true, { x: 10, withText: false }],
  ])('%s', (_, behind, before, always, expected) => {
    expect(chooseRoom(wanted, behind, before, always)).toEqual(expected);
  });
});
