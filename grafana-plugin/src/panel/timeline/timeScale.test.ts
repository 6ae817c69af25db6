import fc from 'fast-check';
import { MIN_RANGE_MS, panBy, rangeBetween, timeAt, xOf, zoomAround } from './timeScale';

const ranges = fc
  .tuple(fc.integer({ min: 1, max: 2e12 }), fc.integer({ min: MIN_RANGE_MS, max: 1e11 }))
  .map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length }));

test('property: place and time are each other’s inverse', () => {
  fc.assert(
    fc.property(
      ranges,
      fc.integer({ min: 1, max: 4000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (range, width, share) => {
        expect(xOf(timeAt(share * width, range, width), range, width)).toBeCloseTo(share * width, 2);
      }
    )
  );
});

test('property: zooming keeps the time under the pointer where it is', () => {
  fc.assert(
    fc.property(
      ranges,
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (range, factor, share) => {
        const anchorMs = timeAt(share * 1000, range, 1000);
        const next = zoomAround(range, anchorMs, factor);
        expect(next.toMs - next.fromMs).toBeGreaterThanOrEqual(MIN_RANGE_MS);
        expect(Math.abs(timeAt(share * 1000, next, 1000) - anchorMs)).toBeLessThanOrEqual(1);
      }
    )
  );
});

test('panning moves, a drag to the left is one too', () => {
  expect(panBy({ fromMs: 1000, toMs: 3000 }, 0.5)).toEqual({ fromMs: 2000, toMs: 4000 });
  expect(rangeBetween(9000, 4000)).toEqual({ fromMs: 4000, toMs: 9000 });
  expect(rangeBetween(4000, 4001)).toEqual({ fromMs: 4000, toMs: 5000 });
});
