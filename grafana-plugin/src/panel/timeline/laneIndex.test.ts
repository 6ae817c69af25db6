import fc from 'fast-check';
import { indexLane, itemAt, lowerBound, nearestItem, touching } from './laneIndex';
import { testItem, testLane } from './testItems';

type Span = [startMs: number, endMs: number | null];

function indexOf(spans: Span[]) {
  const items = spans.map(([startMs, endMs], i) => testItem({ id: String(i), startMs, endMs }));
  return indexLane(testLane(items.sort((a, b) => a.startMs - b.startMs)));
}

const spans = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 200 }), fc.option(fc.integer({ min: 0, max: 60 })))
    .map(([start, length]): Span => [start, length === null ? null : start + length]),
  { maxLength: 30 }
);

test('property: lowerBound is where the value would be put in', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ max: 20, min: 0 })),
      fc.integer({ max: 22, min: -2 }),
      fc.boolean(),
      (numbers, value, above) => {
        const sorted = Float64Array.from(numbers).sort();
        expect(lowerBound(sorted, value, above)).toBe(
          [...sorted].filter((n) => n < value || (above && n === value)).length
        );
      }
    )
  );
});

test('property: everything that touches the range is within the indices', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 80 }), (given, fromMs, lengthMs) => {
      const index = indexOf(given);
      const range = { fromMs, toMs: fromMs + lengthMs };
      const [first, end] = touching(index, range);
      index.items.forEach((item, i) => {
        if (item.startMs <= range.toMs && (item.endMs ?? Infinity) >= fromMs) {
          expect(i).toBeGreaterThanOrEqual(first);
          expect(i).toBeLessThan(end);
        }
      });
    })
  );
});

test('property: what is at a time is found, and only that', () => {
  fc.assert(
    fc.property(
      spans,
      fc.integer({ min: 0, max: 260 }),
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 0, max: 5 }),
      (given, atMs, minMs, tolerance) => {
        const index = indexOf(given);
        const reaches = (by: number) =>
          index.items.some(
            ({ startMs, endMs }) => atMs >= startMs - by && atMs <= Math.max(endMs ?? Infinity, startMs + minMs) + by
          );
        const found = index.items[itemAt(index, atMs, minMs, tolerance)];
        expect(found !== undefined).toBe(reaches(tolerance));
        if (found && reaches(0)) {
          expect(atMs).toBeGreaterThanOrEqual(found.startMs);
        }
      }
    )
  );
});

test('of overlapping ones the worse is found, whichever came first', () => {
  const failed = testItem({ id: 'failed', status: 'failed', startMs: 10, endMs: 12 });
  const recovered = testItem({ id: 'recovered', startMs: 11, endMs: 13 });
  const index = indexLane(testLane([failed, recovered]));
  expect(index.items[itemAt(index, 11.5, 1, 0)]?.id).toBe('failed');
  expect(index.items[itemAt(index, 12.8, 1, 0)]?.id).toBe('recovered');
});

test('the nearest of a range; none outside of it', () => {
  const index = indexOf([
    [10, 20],
    [50, 60],
    [90, 95],
  ]);
  expect(nearestItem(index, 60, { fromMs: 0, toMs: 100 })).toBe(1);
  expect(nearestItem(index, 60, { fromMs: 70, toMs: 100 })).toBe(2);
  expect(nearestItem(index, 60, { fromMs: 30, toMs: 40 })).toBe(-1);
});
