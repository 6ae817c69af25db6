import { moveCursor, MOVES, type Cursor } from './cursor';
import { indexLane } from './laneIndex';
import { testItem, testLane } from './testItems';

const RANGE = { fromMs: 0, toMs: 1000 };
const rows = [[100, 200, 300], [], [190, 900], [5000]].map((starts) =>
  indexLane(testLane(starts.map((startMs) => testItem({ startMs, endMs: startMs + 10 }))))
);
const press = (cursor: Cursor | null, key: string) => moveCursor(rows, cursor, MOVES[key] ?? 'next', RANGE);

test('a first key enters at the newest of the first lane that has one', () => {
  expect(press(null, 'ArrowDown')).toEqual({ lane: 0, item: 2 });
});

test.each([
  ['ArrowLeft', { lane: 0, item: 1 }, { lane: 0, item: 0 }],
  ['ArrowLeft', { lane: 0, item: 0 }, { lane: 0, item: 0 }],
  ['ArrowRight', { lane: 0, item: 1 }, { lane: 0, item: 2 }],
  ['ArrowRight', { lane: 0, item: 2 }, { lane: 0, item: 2 }],
  ['Home', { lane: 0, item: 2 }, { lane: 0, item: 0 }],
  ['End', { lane: 0, item: 0 }, { lane: 0, item: 2 }],
  ['ArrowDown', { lane: 0, item: 1 }, { lane: 2, item: 0 }],
  ['ArrowUp', { lane: 2, item: 1 }, { lane: 0, item: 2 }],
  ['ArrowUp', { lane: 0, item: 1 }, { lane: 0, item: 1 }],
  ['ArrowDown', { lane: 2, item: 0 }, { lane: 2, item: 0 }],
])('%s from %j leads to %j', (key, from, to) => {
  expect(press(from, key)).toEqual(to);
});

test('a cursor that new data left behind enters anew; with nothing in the range there is none', () => {
  expect(press({ lane: 9, item: 9 }, 'ArrowLeft')).toEqual({ lane: 0, item: 2 });
  expect(moveCursor(rows, null, 'next', { fromMs: 2000, toMs: 3000 })).toBeNull();
});
